/*
 * The files of the config disk.  Pure: facts in, bytes out.  What cannot work
 * in the guest is refused here, on the host, where somebody reads the message:
 * in the guest a wrong daemon.json or CA file only means an appliance that
 * never becomes ready.
 */
#include "core/injection.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/sha256.h"
#include "base/str.h"
#include "core/proxy.h"
#include "core/runner_toml.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define SLICE "jobs.slice" /* all of docker's containers, where they are capped */

void
rc_injection_add(
    struct rc_injection *injection, const char *path, const char *bytes, size_t size, mode_t mode)
{
	struct rc_injected_file *file;

	injection->files =
	    rc_grow(injection->files, injection->count + 1, sizeof(*injection->files));
	file = &injection->files[injection->count++];
	*file = (struct rc_injected_file){
		.path = rc_strdup(path),
		.bytes = rc_alloc(size, 1),
		.size = size,
		.mode = mode,
	};
	if (size > 0)
		memcpy(file->bytes, bytes, size);
}

void
rc_injection_release(struct rc_injection *injection)
{
	for (size_t i = 0; i < injection->count; i++) {
		rc_wipe(injection->files[i].bytes, injection->files[i].size);
		free(injection->files[i].bytes);
		free(injection->files[i].path);
	}
	free(injection->files);
	*injection = (struct rc_injection){ 0 };
}

/*
 * mke2fs gives a small file system one inode for 4 or 8 KiB, so a file counts
 * as 8 KiB at least; a quarter and half a MiB on top pay for the tables.
 */
uint64_t
rc_injection_disk_size(const struct rc_injection *injection)
{
	uint64_t size = 0;

	for (size_t i = 0; i < injection->count; i++)
		size += injection->files[i].size + 8 * KIB;
	size += size / 4 + MIB / 2;
	return (size + MIB - 1) / MIB * MIB;
}

static void
add_text(struct rc_injection *injection, const char *path, const char *text, mode_t mode)
{
	rc_injection_add(injection, path, text, strlen(text), mode);
}

/* One DNS label: letters, digits and inner hyphens, 1 to 63 of them. */
static bool
is_label(const char *s, size_t length)
{
	return length > 0 && length <= 63 && strspn(s, LETTERS DIGITS "-") >= length &&
	       s[0] != '-' && s[length - 1] != '-';
}

/* Labels with dots between; Linux keeps 64 bytes of a host name. */
static bool
is_hostname(const char *s)
{
	size_t length = strlen(s);

	while (is_label(s, strcspn(s, "."))) {
		s += strcspn(s, ".");
		if (!*s)
			return length <= 64;
		s++;
	}
	return false;
}

/* gitlab-runner throws away a file that does not match ^[sr]_[0-9a-zA-Z]{12}$, and makes its own.
 */
static bool
is_system_id(const char *s)
{
	return (s[0] == 's' || s[0] == 'r') && s[1] == '_' && strlen(s + 2) == 12 &&
	       strspn(s + 2, LETTERS DIGITS) == 12;
}

/* As dockerd has it, which does not start with a mirror it does not like: no user, path or query.
 */
static bool
is_mirror(const char *s)
{
	const char *host = rc_str_starts(s, "https://")  ? s + 8
			   : rc_str_starts(s, "http://") ? s + 7
							 : "";
	size_t length = strspn(host, LETTERS DIGITS ".-:[]");

	return length > 0 && (!host[length] || strcmp(host + length, "/") == 0);
}

/* The file is readable by every job in the guest: a key in it would be given away. */
static int
check_ca(const char *pem, size_t size, struct rc_error *err)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----", key[] = "PRIVATE KEY-----";

	if (memmem(pem, size, key, sizeof(key) - 1)) {
		rc_fail(err, RC_USAGE, "the CA file holds a private key");
		return rc_hint(err, "give a file with certificates only");
	}
	if (!memmem(pem, size, begin, sizeof(begin) - 1) || memchr(pem, '\0', size)) {
		rc_fail(err, RC_USAGE, "the CA file holds no certificate in PEM form");
		return rc_hint(err, "convert a DER file with: openssl x509 -inform der -in FILE");
	}
	return 0;
}

static int
check_wish(const struct rc_guest_wish *wish, struct rc_error *err)
{
	if (!is_hostname(wish->hostname))
		return rc_fail(err, RC_USAGE, "'%s' is not a host name", wish->hostname);
	if (!is_system_id(wish->system_id))
		return rc_fail(err, RC_USAGE, "gitlab-runner does not take '%s' as system_id",
		    wish->system_id);
	if (wish->registry_mirror && !is_mirror(wish->registry_mirror)) {
		rc_fail(err, RC_USAGE, "docker does not take '%s' as a registry mirror",
		    wish->registry_mirror);
		return rc_hint(err, "write http:// or https:// and a host, without path, user "
				    "name or query");
	}
	if (wish->ca_pem && check_ca(wish->ca_pem, wish->ca_size, err) < 0)
		return rc_within(err, "[gitlab] ca-file");
	if (wish->more_ca_pem && check_ca(wish->more_ca_pem, wish->more_ca_size, err) < 0)
		return rc_within(err, "[runner] ca-file");
	return 0;
}

/* cJSON gives NULL only for want of memory. */
static void
must(const void *made)
{
	if (!made)
		abort();
}

/*
 * The file takes the place of the image's own, so it repeats the storage
 * driver: without one, docker falls back silently to copying whole layers.
 * Its garbage collection of build caches is off unless asked for.
 */
static char *
daemon_json(const struct rc_guest_wish *wish)
{
	cJSON *root = cJSON_CreateObject(), *options, *mirrors, *builder, *gc;
	char *text;

	must(cJSON_AddStringToObject(root, "storage-driver", "overlay2"));
	must(cJSON_AddStringToObject(root, "log-driver", "local"));
	must(options = cJSON_AddObjectToObject(root, "log-opts"));
	must(cJSON_AddStringToObject(options, "max-size", "10m"));
	must(cJSON_AddStringToObject(options, "max-file", "2"));
	must(builder = cJSON_AddObjectToObject(root, "builder"));
	must(gc = cJSON_AddObjectToObject(builder, "gc"));
	must(cJSON_AddTrueToObject(gc, "enabled"));
	if (wish->processes)
		must(cJSON_AddStringToObject(root, "cgroup-parent", SLICE));
	if (wish->registry_mirror) {
		must(mirrors = cJSON_CreateStringArray(&wish->registry_mirror, 1));
		cJSON_AddItemToObject(root, "registry-mirrors", mirrors);
	}
	must(text = cJSON_Print(root));
	cJSON_Delete(root);
	return text;
}

static int
add_config(struct rc_injection *injection, const struct rc_guest_wish *wish, struct rc_error *err)
{
	scoped(rc_secret_release) char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int result;

	must(out);
	result = rc_runner_toml_write(out, wish, err);
	if (fclose(out) != 0 && result == 0)
		result = rc_fail(err, RC_FAILED, "cannot write config.toml");
	if (result == 0)
		rc_injection_add(injection, "/config.toml", text, size, 0600);
	return result;
}

/* Lines for systemd, which gives them to docker and to the runner. */
static void
add_proxy(struct rc_injection *injection, const struct rc_guest_wish *wish)
{
	scoped(rc_strv_release) struct rc_strv variables = { 0 };
	scoped(rc_secret_release) char *text = NULL;

	rc_proxy_variables(&variables, wish);
	if (variables.count == 0)
		return;
	rc_strv_add(&variables, ""); /* the last line ends, too */
	text = rc_strv_join(&variables, "\n");
	add_text(injection, "/proxy", text, 0600);
	for (size_t i = 0; i < variables.count; i++)
		rc_wipe(variables.items[i], strlen(variables.items[i]));
}

/*
 * systemd's unit of the cgroup that docker is told to put all containers into, those
 * that builds make included.  By default it would be stopped when the machine goes off,
 * and the containers with it, before the jobs in them are finished.
 */
static void
add_slice(struct rc_injection *injection, const struct rc_guest_wish *wish)
{
	scoped(rc_str_release) char *text =
	    rc_format("# Written by runnerctl.\n[Unit]\nDefaultDependencies=no\n"
		      "[Slice]\nTasksMax=%" PRIu64 "\n",
		wish->processes);

	if (wish->processes)
		add_text(injection, "/" SLICE, text, 0644);
}

/*
 * The guest's scripts `read` hostname and drain-timeout, which wants a line;
 * gitlab-runner takes the system_id to the last byte of its file.
 */
int
rc_injection_build(struct rc_injection *ret, const struct rc_guest_wish *wish, struct rc_error *err)
{
	scoped(rc_injection_release) struct rc_injection made = { 0 };
	scoped(rc_str_release) char *hostname = NULL, *drain = NULL, *daemon = NULL;

	if (check_wish(wish, err) < 0 || add_config(&made, wish, err) < 0)
		return rc_within(err, "configuration of the guest");
	hostname = rc_format("%s\n", wish->hostname);
	drain = rc_format("%" PRId64 "\n", wish->drain_timeout);
	daemon = daemon_json(wish);
	add_text(&made, "/runner_system_id", wish->system_id, 0600);
	add_text(&made, "/hostname", hostname, 0644);
	add_text(&made, "/drain-timeout", drain, 0644);
	add_text(&made, "/daemon.json", daemon, 0644);
	add_slice(&made, wish);
	if (wish->resolvers && *wish->resolvers)
		add_text(&made, "/resolvers", wish->resolvers, 0644);
	if (wish->ipv6)
		add_text(&made, "/ipv6", wish->ipv6, 0644);
	if (wish->ca_pem)
		rc_injection_add(&made, "/ca/runnerctl.crt", wish->ca_pem, wish->ca_size, 0644);
	if (wish->more_ca_pem)
		rc_injection_add(
		    &made, "/ca/more.crt", wish->more_ca_pem, wish->more_ca_size, 0644);
	add_proxy(&made, wish);
	*ret = made;
	made = (struct rc_injection){ 0 };
	return 0;
}

char *
rc_system_id(char buf[16], const char *uuid)
{
	scoped(rc_str_release) char *text = rc_format("runnerctl system_id %s", uuid);
	char hex[RC_SHA256_HEX];

	rc_sha256_of(hex, text, strlen(text));
	snprintf(buf, 16, "s_%.12s", hex);
	return buf;
}
