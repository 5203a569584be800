/*
 * gitlab-runner's config.toml.  Every value from outside goes through
 * put_string(), so none can end its quotes, its line or its table.  Keys are
 * literals; gitlab-runner ignores one it does not know, so a test looks each
 * of them up in gitlab-runner's own list.
 */
#include "core/runner_toml.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/proxy.h"
#include "core/toml_extra.h"

#define BARE "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
#define LISTEN_ADDRESS "127.0.0.1:9252"     /* the guest's status unit asks there */
#define CA_FILE "/run/gitlab-runner/ca.pem" /* the guest's config unit puts it there */
#define LAST_SECOND INT64_C(253402300799)   /* of the year 9999: TOML has four digits */

static const char *const policies[] = { "always", "if-not-present", "never" };

/* One broken value and gitlab-runner refuses the whole file.  The token is never repeated. */
static int
check_text(const char *key, const char *value, bool expanded, struct rc_error *err)
{
	if (!value || !*value)
		return rc_fail(err, RC_USAGE, "config.toml: there is no %s", key);
	if (!rc_str_is_utf8(value))
		return rc_fail(err, RC_USAGE, "config.toml: the %s is not valid UTF-8", key);
	if (expanded && strchr(value, '$'))
		return rc_fail(err, RC_USAGE,
		    "config.toml: the %s holds a '$', which gitlab-runner would expand", key);
	return 0;
}

static bool
is_policy(const char *policy)
{
	for (size_t i = 0; i < RC_COUNT(policies); i++)
		if (strcmp(policy, policies[i]) == 0)
			return true;
	return false;
}

static int
check(const struct rc_guest_wish *wish, struct rc_error *err)
{
	if (check_text("url", wish->url, true, err) < 0 ||
	    check_text("token", wish->token, true, err) < 0 ||
	    check_text("name", wish->runner_name, false, err) < 0 ||
	    check_text("image", wish->docker_image, false, err) < 0)
		return -1;
	if (wish->pull_policy && !is_policy(wish->pull_policy))
		return rc_fail(err, RC_USAGE,
		    "config.toml: the pull policy is neither always, if-not-present nor never");
	if (wish->runner_id <= 0)
		return rc_fail(err, RC_USAGE, "config.toml: the runner's id is not known");
	if (wish->concurrent < 1)
		return rc_fail(err, RC_USAGE, "config.toml: no job may run (concurrent is 0)");
	if (wish->drain_timeout < 1)
		return rc_fail(err, RC_USAGE, "config.toml: the drain timeout is less than 1 s");
	if (wish->token_obtained < 1 || wish->token_obtained > LAST_SECOND ||
	    wish->token_expires < 0 || wish->token_expires > LAST_SECOND)
		return rc_fail(err, RC_USAGE, "config.toml: a time of the token is not known");
	return 0;
}

static void
put_string(FILE *out, const char *value)
{
	putc('"', out);
	for (const unsigned char *c = (const unsigned char *)value; *c; c++) {
		if (*c == '"' || *c == '\\')
			fprintf(out, "\\%c", *c);
		else if (*c < 0x20 || *c == 0x7f)
			fprintf(out, "\\u%04X", *c);
		else
			putc(*c, out);
	}
	putc('"', out);
}

static void
put_text(FILE *out, const char *key, const char *value)
{
	fprintf(out, "%s = ", key);
	put_string(out, value);
	putc('\n', out);
}

/* A TOML datetime, not a string: gitlab-runner decodes into Go's time.Time, whose zero means never.
 */
static void
put_time(FILE *out, const char *key, int64_t seconds)
{
	char text[32] = "0001-01-01T00:00:00Z";
	struct tm tm;
	time_t time = seconds;

	if (seconds > 0 && gmtime_r(&time, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	fprintf(out, "%s = %s\n", key, text);
}

static void
put_list(FILE *out, const char *key, const struct rc_strv *items)
{
	fprintf(out, "%s = [", key);
	for (size_t i = 0; i < items->count; i++) {
		fputs(i ? ", " : "", out);
		put_string(out, items->items[i]);
	}
	fputs("]\n", out);
}

/* What the operator adds to a list of ours. */
static void
extend(struct rc_strv *list, const struct rc_guest_wish *wish, const char *table, const char *name)
{
	const struct rc_toml_extras *extras = wish->extras;

	for (size_t i = 0; extras && i < extras->count; i++)
		if (strcmp(extras->items[i].table, table) == 0 &&
		    strcmp(extras->items[i].name, name) == 0)
			for (size_t j = 0; j < extras->items[i].list.count; j++)
				rc_strv_add(list, extras->items[i].list.items[j]);
}

/* Names of labels and the like are any text; such a key stands between quotes. */
static void
put_extra(FILE *out, const struct rc_toml_extra *extra)
{
	if (extra->name[strspn(extra->name, BARE)])
		put_string(out, extra->name);
	else
		fputs(extra->name, out);
	fputs(" = ", out);
	if (extra->type == RC_TOML_STRING || extra->type == RC_TOML_DURATION)
		put_string(out, extra->text);
	else
		fputs(extra->text, out);
	putc('\n', out);
}

/* What the operator adds to a table, but for what extends a list of ours. */
static void
put_extras(FILE *out, const struct rc_guest_wish *wish, const char *table)
{
	const struct rc_toml_extras *extras = wish->extras;

	for (size_t i = 0; extras && i < extras->count; i++) {
		const struct rc_toml_extra *extra = &extras->items[i];

		if (strcmp(extra->table, table) != 0 || strcmp(extra->name, "environment") == 0 ||
		    strcmp(extra->name, "volumes") == 0)
			continue;
		if (extra->type == RC_TOML_LIST) {
			put_list(out, extra->name, &extra->list);
			continue;
		}
		put_extra(out, extra);
	}
}

/* Tables that only the operator has something for. */
static void
put_more_tables(FILE *out, const struct rc_guest_wish *wish)
{
	static const char *const written[] = { "", "runners", "runners.feature_flags",
		"runners.docker" };
	const char *last = "";

	for (size_t i = 0; wish->extras && i < wish->extras->count; i++) {
		const char *table = wish->extras->items[i].table;
		bool known = strcmp(table, last) == 0;

		for (size_t j = 0; j < RC_COUNT(written); j++)
			known |= strcmp(table, written[j]) == 0;
		last = table;
		if (known)
			continue;
		fprintf(out, "\n[%s]\n", table);
		put_extras(out, wish, table);
	}
}

/*
 * A pull policy of "always" gives a job the registry's present image, as is
 * GitLab's default; where the registry cannot be reached, the preloaded or
 * last pulled one serves.  /certs/client is where a job and its docker:dind
 * service exchange TLS keys (GitLab's documented set-up).
 */
static void
put_docker(FILE *out, const struct rc_guest_wish *wish)
{
	const char *policy = wish->pull_policy ? wish->pull_policy : policies[0];
	scoped(rc_strv_release) struct rc_strv volumes = { 0 }, pull = { 0 };

	rc_strv_add(&volumes, "/cache");
	rc_strv_add(&volumes,
	    wish->docker_socket ? "/var/run/docker.sock:/var/run/docker.sock" : "/certs/client");
	extend(&volumes, wish, "runners.docker", "volumes");
	rc_strv_add(&pull, policy);
	if (strcmp(policy, "always") == 0)
		rc_strv_add(&pull, "if-not-present");

	fputs("\n[runners.docker]\n", out);
	put_text(out, "image", wish->docker_image);
	fprintf(out, "privileged = %s\n", wish->docker_socket ? "false" : "true");
	put_list(out, "volumes", &volumes);
	put_list(out, "pull_policy", &pull);
	put_extras(out, wish, "runners.docker");
}

/* Of jobs: the proxy by all names that programs know it by, and what the operator adds. */
static void
put_environment(FILE *out, const struct rc_guest_wish *wish)
{
	scoped(rc_strv_release) struct rc_strv environment = { 0 };

	rc_proxy_variables(&environment, wish);
	extend(&environment, wish, "runners", "environment");
	if (environment.count > 0)
		put_list(out, "environment", &environment);
	for (size_t i = 0; i < environment.count; i++)
		rc_wipe(environment.items[i], strlen(environment.items[i]));
}

int
rc_runner_toml_write(FILE *out, const struct rc_guest_wish *wish, struct rc_error *err)
{
	if (check(wish, err) < 0)
		return -1;
	fputs("# Written by runnerctl.\n", out);
	fprintf(out, "concurrent = %u\n", wish->concurrent);
	fputs("check_interval = 3\n", out);
	fprintf(out, "shutdown_timeout = %" PRId64 "\n", wish->drain_timeout);
	put_text(out, "listen_address", LISTEN_ADDRESS);
	put_extras(out, wish, "");

	fputs("\n[[runners]]\n", out);
	put_text(out, "name", wish->runner_name);
	put_text(out, "url", wish->url);
	fprintf(out, "id = %" PRId64 "\n", wish->runner_id);
	put_text(out, "token", wish->token);
	put_time(out, "token_obtained_at", wish->token_obtained);
	put_time(out, "token_expires_at", wish->token_expires);
	put_text(out, "executor", "docker");
	/* A file of the image's own place holds GitLab's alone. */
	if (wish->ca_pem || (wish->more_ca_pem && !wish->ca_file))
		put_text(out, "tls-ca-file", wish->ca_file ? wish->ca_file : CA_FILE);
	put_environment(out, wish);
	put_extras(out, wish, "runners");

	/* The host owns the token: a runner that renewed it here would lock the host's copy out. */
	fputs("\n[runners.feature_flags]\n", out);
	fputs("FF_DISABLE_AUTOMATIC_TOKEN_ROTATION = true\n", out);
	put_extras(out, wish, "runners.feature_flags");
	put_docker(out, wish);
	put_more_tables(out, wish);
	return ferror(out) ? rc_fail(err, RC_FAILED, "cannot write config.toml") : 0;
}
