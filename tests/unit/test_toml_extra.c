/* Keys that are added to config.toml: which are taken, and that gitlab-runner has them, of that
 * type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "core/toml_extra.h"

#define SECRET "kept-to-itself"

/* Where the fields of gitlab-runner's structs stand in the file. */
static const struct {
	const char *structure, *table;
} places[] = {
	{ "Config", "" },
	{ "Config", "runners.cache" }, /* two structs of this name */
	{ "SessionServer", "session_server" },
	{ "RunnerConfig", "runners" },
	{ "RunnerCredentials", "runners" },
	{ "RunnerSettings", "runners" },
	{ "ArtifactConfig", "runners.artifact" },
	{ "CustomBuildDir", "runners.custom_build_dir" },
	{ "CacheS3Config", "runners.cache.s3" },
	{ "CacheGCSConfig", "runners.cache.gcs" },
	{ "CacheGCSCredentials", "runners.cache.gcs" },
	{ "CacheAzureConfig", "runners.cache.azure" },
	{ "CacheAzureCredentials", "runners.cache.azure" },
	{ "DockerConfig", "runners.docker" },
	{ "Credentials", "runners.docker" },
};

/* Of these structs, what is for others: files that are not in the guest, and tables of tables. */
static const char *const left_out[] = { "runners.tls-cert-file", "runners.tls-key-file",
	"runners.cache.gcs.CredentialsFile", "labels", "runners.labels", "experimental", "machine",
	"runners", "runners.cache.s3", "runners.cache.gcs", "runners.cache.azure",
	"runners.experimental", "runners.autoscaler", "runners.custom", "runners.instance",
	"runners.kubernetes", "runners.machine", "runners.monitoring", "runners.parallels",
	"runners.referees", "runners.ssh", "runners.virtualbox", "runners.docker.services",
	"runners.docker.services_devices", "session_server", "runners.artifact",
	"runners.custom_build_dir", "runners.cache", "runners.docker", "s3", "gcs", "azure" };

static bool
is_left_out(const char *key)
{
	for (size_t i = 0; i < RC_COUNT(left_out); i++)
		if (strcmp(left_out[i], key) == 0)
			return true;
	return false;
}

/* A value that fits gitlab-runner's type, and one that does not. */
static const struct {
	const char *type, *fits, *other;
} values[] = {
	{ "string", "any", "\xff" },
	{ "*string", "any", "\xff" },
	{ "S3AuthType", "iam", "\xff" },
	{ "bool", "true", "1" },
	{ "*bool", "false", "no" },
	{ "int", "7", "seven" },
	{ "*int", "0", "1.5" },
	{ "int64", "-1", "" },
	{ "time.Duration", "1h30m", "90" },
	{ "*time.Duration", "1.5s", "s" },
	{ "[]string", "a, b", " , " },
	{ "[]DockerPullPolicy", "always", "" },
};

static int
try(const char *key, const char *text, struct rc_error *err)
{
	scoped(rc_toml_extras_release) struct rc_toml_extras extras = { 0 };

	return rc_toml_extras_add(&extras, key, text, err);
}

/* One row of gitlab-runner's list as a key of that table. */
static unsigned
check_row(const char *table, const char *name, const char *type)
{
	scoped(rc_str_release) char *key = rc_format("%s%s%s", table, *table ? "." : "", name);
	struct rc_error err = { 0 };

	if (rc_str_starts(type, "map[string]") || strcmp(type, "DockerSysCtls") == 0) {
		scoped(rc_str_release) char *within = rc_format("%s.FF_ANY", key);

		if (!is_left_out(key) && try(within, "true", &err) < 0)
			fail_msg("%s: %s", within, err.text);
		return 1;
	}
	for (size_t i = 0; i < RC_COUNT(values); i++) {
		if (strcmp(values[i].type, type) != 0)
			continue;
		if (try(key, values[i].fits, &err) == 0) {
			if (try(key, values[i].other, &err) == 0)
				fail_msg("%s, %s: '%s' was taken", key, type, values[i].other);
			return 1;
		}
		/* Of the two structs called Config each has only some. */
		return strstr(err.text, "for runnerctl to write") != NULL || is_left_out(key);
	}
	return is_left_out(key) ||
	       (try(key, "any", &err) < 0 && strstr(err.text, "for runnerctl to write"));
}

/* Each key of gitlab-runner's structs is taken with its type, is ours, or is left out on purpose.
 */
static void
test_all_of_gitlab_runners(void **state)
{
	scoped(rc_strv_release) struct rc_strv rows = { 0 };
	scoped(rc_str_release) char *list = NULL;
	struct rc_error err = { 0 };
	unsigned seen = 0;

	(void)state;
	if (rc_file_read(&list, NULL, RC_TESTS "/fake/config-toml-keys.tsv", 1 << 20, &err) < 0)
		fail_msg("%s", err.text);
	rc_strv_split(&rows, list, '\n');
	for (size_t i = 1; i < rows.count; i++) {
		scoped(rc_strv_release) struct rc_strv cells = { 0 };
		unsigned homes = 0, places_of = 0;

		rc_strv_split(&cells, rows.items[i], '\t');
		for (size_t j = 0; j < RC_COUNT(places); j++)
			if (strcmp(places[j].structure, cells.items[0]) == 0) {
				places_of++;
				homes += check_row(places[j].table, cells.items[1], cells.items[2]);
			}
		if (places_of && !homes)
			fail_msg("%s of %s has no place", cells.items[1], cells.items[0]);
		seen += homes > 0;
	}
	assert_true(seen > 160);
}

static void
test_refusals(void **state)
{
	static const struct {
		const char *why, *key, *text, *says, *hint;
	} cases[] = {
		{ "a letter is missing", "runners.docker.memor", "2g", "has no key",
		    "did you mean 'runners.docker.memory'?" },
		{ "another letter", "runners.docker.privilegd", "true", "has no key", NULL },
		{ "without its table", "memory", "2g", "has no key", NULL },
		{ "another executor's", "runners.kubernetes.namespace", "x", "has no key", NULL },
		{ "a table", "runners.docker", "x", "has no key", NULL },
		{ "nothing in a table", "runners.docker.sysctls.", "x", "has no key", NULL },
		{ "two names", "runners.docker.memory memory_swap", "2g", "has no key", NULL },
		{ "nothing", "", "x", "has no key", NULL },
		{ "longer than anything",
		    "runners.docker.disable_entrypoint_overwrite_for_ever_and_ever", "true",
		    "has no key", NULL },
		{ "the token", "runners.token", SECRET, "for runnerctl",
		    "set [gitlab] token-file" },
		{ "who rotates it", "runners.feature_flags.FF_DISABLE_AUTOMATIC_TOKEN_ROTATION",
		    "false", "for runnerctl", NULL },
		{ "a key of its own", "runners.docker.privileged", "true", "for runnerctl",
		    "set [runner] docker" },
		{ "no flag", "runners.feature_flags.USE_FASTZIP", "true", "called FF_", NULL },
		{ "no flag either", "runners.feature_flags.FF_use", "true", "called FF_", NULL },
		{ "no boolean", "runners.docker.volume_keep", SECRET, "neither true nor", NULL },
		{ "no number", "runners.limit", SECRET, "not a whole number", NULL },
		{ "octal?", "runners.limit", "010", "not a whole number", NULL },
		{ "too long a number", "runners.limit", "1000000000000000000", "not a whole",
		    NULL },
		{ "no time", "runners.prepare_timeout", SECRET, "not a time", NULL },
		{ "no list", "runners.docker.dns", ",", "not a list", NULL },
		{ "no text", "runners.cache.s3.SecretKey", SECRET "\xff", "not valid UTF-8", NULL },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_error err = { 0 };

		if (try(cases[i].key, cases[i].text, &err) == 0)
			fail_msg("%s: was taken", cases[i].why);
		assert_int_equal(err.code, RC_USAGE);
		if (!strstr(err.text, cases[i].says) || strstr(err.text, SECRET))
			fail_msg("%s: %s", cases[i].why, err.text);
		if (cases[i].hint && strcmp(err.hint, cases[i].hint) != 0)
			fail_msg("%s: hint '%s'", cases[i].why, err.hint);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_of_gitlab_runners),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
