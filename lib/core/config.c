/*
 * The configuration file, read with libinih.  Each key is one row of a table;
 * an unknown section or key is an error, because a misspelt limit that is
 * silently ignored is a limit that is not there.  libinih forgives too much for
 * that: it cuts lines at 200 bytes, takes an indented line for another value of
 * the key above, drops what stands behind a ']'.  So it gets its lines from
 * next_line(), which refuses all this.
 */
#include "core/config.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/config_value.h"
#include "core/limits.h"
#include "core/name.h"
#include "core/network_xml.h"
#include "core/proxy.h"

#define GiB (UINT64_C(1) << 30)
#define KEYS_HINT "runnerctl.conf(5) lists all keys"

/* 2 CPUs capped at 1.5: a build is quick, and the host always keeps something. */
static const struct rc_limits default_limits = {
	.cpus = 2, .cpu_cap = 150, .cpu_weight = 20, .memory = 2 * GiB, .disk = 20 * GiB
};

static const struct key {
	const char *section, *name;
	enum rc_value kind;
	size_t offset;
} keys[] = {
#define KEY(section, name, kind, field)                                                            \
	{                                                                                          \
		section, name, kind, offsetof(struct rc_config, field)                             \
	}
	KEY("host", "connect", RC_VALUE_TEXT, connect),
	KEY("host", "accel", RC_VALUE_ACCEL, accel),
	KEY("host", "pool-path", RC_VALUE_PATH, pool_path),
	KEY("host", "templates", RC_VALUE_PATH, templates),
	KEY("host", "address", RC_VALUE_ADDRESS, address),
	KEY("host", "reserve-memory", RC_VALUE_RESERVE, reserve_memory),
	KEY("host", "reserve-disk", RC_VALUE_RESERVE, reserve_disk),
	KEY("host", "cpu-overcommit", RC_VALUE_RATIO, cpu_overcommit),
	KEY("gitlab", "url", RC_VALUE_TEXT, url),
	KEY("gitlab", "token-file", RC_VALUE_PATH, token_file),
	KEY("gitlab", "ca-file", RC_VALUE_PATH, ca_file),
	KEY("gitlab", "tags", RC_VALUE_TAGS, tags),
	KEY("gitlab", "group", RC_VALUE_ID, group),
	KEY("gitlab", "project", RC_VALUE_ID, project),
	KEY("gitlab", "run-untagged", RC_VALUE_BOOLEAN, run_untagged),
	KEY("gitlab", "maximum-timeout", RC_VALUE_SECONDS, maximum_timeout),
	KEY("runner", "docker-image", RC_VALUE_TEXT, docker_image),
	KEY("runner", "docker", RC_VALUE_DOCKER, docker_socket),
	KEY("runner", "pull-policy", RC_VALUE_PULL, pull_policy),
	KEY("runner", "registry-mirror", RC_VALUE_TEXT, registry_mirror),
	KEY("runner", "http-proxy", RC_VALUE_PROXY, http_proxy),
	KEY("runner", "https-proxy", RC_VALUE_PROXY, https_proxy),
	KEY("runner", "no-proxy", RC_VALUE_NO_PROXY, no_proxy),
	KEY("runner", "ca-file", RC_VALUE_PATH, more_ca_file),
	KEY("runner", "concurrent", RC_VALUE_UNSIGNED, concurrent),
	KEY("runner", "drain-timeout", RC_VALUE_SECONDS, drain_timeout),
	KEY("rotation", "strategy", RC_VALUE_STRATEGY, strategy),
	KEY("rotation", "max-age", RC_VALUE_SECONDS, max_age),
	KEY("rotation", "max-unavailable", RC_VALUE_UNSIGNED, max_unavailable),
	KEY("rotation", "ready-timeout", RC_VALUE_SECONDS, ready_timeout),
	KEY("rotation", "patience", RC_VALUE_SECONDS, patience),
	KEY("rotation", "pressure", RC_VALUE_PERCENT, pressure),
	KEY("isolation", "allow", RC_VALUE_ALLOWS, allow),
	KEY("isolation", "deny", RC_VALUE_BLOCKS, deny),
	KEY("isolation", "dns", RC_VALUE_RESOLVERS, dns),
	KEY("isolation", "ipv6", RC_VALUE_SWITCH, ipv6),
	KEY("isolation", "exposed", RC_VALUE_EXPOSED, exposed_cut),
	KEY("appliance", "image", RC_VALUE_TEXT, image),
	KEY("appliance", "profile", RC_VALUE_TEXT, profile),
#undef KEY
};

struct reading {
	struct rc_config *config;
	const char *text;    /* what is still to be read */
	int line;            /* the one read last */
	struct rc_strv seen; /* "section\nkey" */
	struct rc_error *err;
	bool failed; /* in that line; nothing is read after it */
};

static bool
is_seen(const struct reading *reading, const char *key)
{
	for (size_t i = 0; i < reading->seen.count; i++)
		if (strcmp(reading->seen.items[i], key) == 0)
			return true;
	return false;
}

static struct rc_profile *
add_profile(struct rc_config *config, const char *name)
{
	struct rc_profile *profile;

	config->profiles =
	    rc_grow(config->profiles, config->profile_count + 1, sizeof(*config->profiles));
	profile = &config->profiles[config->profile_count++];
	*profile = (struct rc_profile){ .name = rc_strdup(name), .limits = default_limits };
	return profile;
}

void
rc_config_init(struct rc_config *config)
{
	*config = (struct rc_config){
		.connect = rc_strdup("qemu:///system"),
		.pool_path = rc_strdup("/var/lib/libvirt/runnerctl"),
		.address = rc_strdup("192.168.231.1/24"),
		.reserve_memory = { .bytes = GiB },
		.reserve_disk = { .percent = 5 },
		.cpu_overcommit = 400,
		.url = rc_strdup("https://gitlab.com"),
		.docker_image = rc_strdup("debian:bookworm-slim"),
		.pull_policy = rc_strdup("always"),
		.docker_socket = true,
		.concurrent = 1,
		.drain_timeout = 7200,
		.max_age = INT64_C(7) * 86400,
		.max_unavailable = 1,
		.ready_timeout = 600,
		.patience = 900,
		.pressure = 20,
		.allow = rc_strdup(""),
		.deny = rc_strdup(""),
		.dns = rc_strdup(""),
		.exposed_cut = true,
		.image = rc_strdup("appliance"),
		.profile = rc_strdup("default"),
	};
	add_profile(config, "default");
}

void
rc_config_release(struct rc_config *config)
{
	for (size_t i = 0; i < RC_COUNT(keys); i++)
		if (keys[i].kind <= RC_VALUE_LAST_TEXT)
			rc_secret_release((char **)((char *)config + keys[i].offset));
	rc_toml_extras_release(&config->extras);
	for (size_t i = 0; i < config->profile_count; i++)
		free(config->profiles[i].name);
	free(config->profiles);
	*config = (struct rc_config){ 0 };
}

bool
rc_config_is_secret(const struct rc_config *config)
{
	bool cache_key = false;

	for (size_t i = 0; i < config->extras.count; i++)
		cache_key |= rc_str_starts(config->extras.items[i].table, "runners.cache.");
	return cache_key || rc_proxy_has_password(config->http_proxy) ||
	       rc_proxy_has_password(config->https_proxy);
}

const struct rc_profile *
rc_config_profile(const struct rc_config *config, const char *name)
{
	for (size_t i = 0; i < config->profile_count; i++)
		if (strcmp(config->profiles[i].name, name) == 0)
			return &config->profiles[i];
	return NULL;
}

static int
set_profile_key(struct rc_limits *limits, const char *name, const char *text, struct rc_error *err)
{
	const struct rc_limit *limit = rc_limit_find(name);
	uint64_t value = 0;

	if (!limit) {
		rc_fail(err, RC_USAGE, "unknown key '%s' in a profile", name);
		return rc_hint(err, KEYS_HINT);
	}
	if (rc_limit_parse(&value, limit, text, err) < 0)
		return -1;
	rc_limit_put(limits, limit, limit->optional && value == RC_NO_LIMIT ? 0 : value);
	return 0;
}

static int
set_in_profile(struct rc_config *config, const char *profile, const char *name, const char *text,
    struct rc_error *err)
{
	struct rc_profile *into = NULL;

	for (size_t i = 0; i < config->profile_count; i++)
		if (strcmp(config->profiles[i].name, profile) == 0)
			into = &config->profiles[i];
	if (!into) {
		if (rc_name_check(profile, err) < 0)
			return rc_within(err, "the profile's name");
		into = add_profile(config, profile);
	}
	return set_profile_key(&into->limits, name, text, err);
}

static int
set_any(struct rc_config *config, const char *section, const char *name, const char *text,
    struct rc_error *err)
{
	bool section_known = false;

	if (strcmp(section, "config.toml") == 0)
		return rc_toml_extras_add(&config->extras, name, text, err);
	if (rc_str_starts(section, "profile "))
		return set_in_profile(config, section + strlen("profile "), name, text, err);
	for (size_t i = 0; i < RC_COUNT(keys); i++) {
		if (strcmp(keys[i].section, section) != 0)
			continue;
		section_known = true;
		if (strcmp(keys[i].name, name) == 0)
			return rc_value_set(
			    (char *)config + keys[i].offset, keys[i].kind, text, err);
	}
	rc_fail(err, RC_USAGE,
	    section_known ? "unknown key '%s' in [%s]" : "'%s' is in the unknown section [%s]",
	    name, section);
	return rc_hint(err, KEYS_HINT);
}

/* Is it a line that libinih reads as it stands?  room counts the NUL. */
static int
check_line(const char *line, size_t length, size_t room, struct rc_error *err)
{
	size_t blanks = strspn(line, " \t"), end = strcspn(line, "]\n");

	if (length >= room)
		return rc_fail(err, RC_USAGE, "the line is longer than %zu bytes", room - 1);
	for (size_t i = 0; i < length; i++)
		if (iscntrl((unsigned char)line[i]) && line[i] != '\t' &&
		    (line[i] != '\r' || i + 1 < length))
			return rc_fail(err, RC_USAGE, "the line holds a control character");
	if (blanks && !strchr(";#\r\n", line[blanks]))
		return rc_fail(err, RC_USAGE, "the line begins with a blank");
	end += line[end] == ']';
	end += strspn(line + end, " \t\r");
	if (line[0] == '[' && !strchr(";#\n", line[end]))
		return rc_fail(err, RC_USAGE, "there is something after the ']'");
	return 0;
}

/* A reader for libinih: fgets() over the text. */
static char *
next_line(char *buffer, int room, void *context)
{
	struct reading *reading = context;
	size_t length = strcspn(reading->text, "\n");

	if (reading->failed || !*reading->text)
		return NULL;
	reading->line++;
	if (check_line(reading->text, length, (size_t)room, reading->err) < 0) {
		reading->failed = true;
		return NULL;
	}
	memcpy(buffer, reading->text, length);
	buffer[length] = '\0';
	reading->text += length + (reading->text[length] == '\n');
	return buffer;
}

static int
on_key(void *context, const char *section, const char *name, const char *value)
{
	struct reading *reading = context;
	scoped(rc_str_release) char *key = rc_format("%s\n%s", section, name);

	if (is_seen(reading, key))
		reading->failed = rc_fail(reading->err, RC_USAGE, "'%s' is there twice in [%s]",
				      name, section) < 0;
	else
		reading->failed = set_any(reading->config, section, name, value, reading->err) < 0;
	rc_strv_add(&reading->seen, key);
	return !reading->failed;
}

/* Without a cap of its own, a profile keeps the default's share of each of its CPUs. */
static void
adjust_caps(struct reading *reading)
{
	for (size_t i = 0; i < reading->config->profile_count; i++) {
		struct rc_profile *profile = &reading->config->profiles[i];
		struct rc_limits *limits = &profile->limits;
		scoped(rc_str_release) char *key = rc_format("profile %s\ncpu-cap", profile->name);

		if (!is_seen(reading, key))
			limits->cpu_cap =
			    default_limits.cpu_cap * limits->cpus / default_limits.cpus;
	}
}

static int
check_whole(const struct rc_config *config, struct rc_error *err)
{
	if (config->group && config->project)
		return rc_fail(
		    err, RC_USAGE, "[gitlab] has a group and a project: give one of them");
	if (!rc_config_profile(config, config->profile))
		return rc_fail(err, RC_USAGE, "there is no [profile %s]", config->profile);
	if (config->maximum_timeout && config->maximum_timeout < 600)
		return rc_fail(err, RC_USAGE, "[gitlab] maximum-timeout: GitLab takes 10m or more");
	if (config->drain_timeout < 1)
		return rc_fail(err, RC_USAGE, "[runner] drain-timeout: use 1s or more");
	if (config->ready_timeout < 1)
		return rc_fail(err, RC_USAGE, "[rotation] ready-timeout: use 1s or more");
	if (!config->ipv6 && strchr(config->allow, '['))
		return rc_fail(err, RC_USAGE, "[isolation] allow: a hole for IPv6 needs ipv6 = on");
	for (size_t i = 0; i < config->profile_count; i++)
		if (rc_limits_check(&config->profiles[i].limits, err) < 0)
			return rc_within(err, "[profile %s]", config->profiles[i].name);
	return 0;
}

int
rc_config_parse(struct rc_config *ret, const char *text, const char *origin, struct rc_error *err)
{
	scoped(rc_config_release) struct rc_config config;
	struct reading reading = { .config = &config, .text = text, .err = err };
	int line;

	rc_config_init(&config);
	line = ini_parse_stream(next_line, &reading, on_key, &reading);
	adjust_caps(&reading);
	rc_strv_release(&reading.seen);
	if (line && (!reading.failed || line < reading.line)) {
		/* libinih goes on after a line that it cannot read. */
		rc_fail(err, RC_USAGE, "neither 'key = value' nor a [section]");
		return rc_within(err, "%s:%d", origin, line);
	}
	if (reading.failed)
		return rc_within(err, "%s:%d", origin, reading.line);
	if (check_whole(&config, err) < 0)
		return rc_within(err, "%s", origin);
	*ret = config;
	config = (struct rc_config){ 0 };
	return 0;
}
