/* GitLab's JSON: what we write, and what we believe of what comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/gitlab_msg.h"

#define UUID "0f7a3c1e-1111-4222-8333-444455556666"

static const struct {
	const char *why;
	struct rc_runner_wish wish;
	const char *body;
} wishes[] = {
	{ "an instance runner with defaults", { .run_untagged = true },
	    "{\"runner_type\":\"instance_type\",\"run_untagged\":true,\"locked\":false}" },
	{ "a group's, with tags and blanks around them",
	    { .group_id = 10, .tags = "docker, kvm ,", .locked = true, .maximum_timeout = 3600 },
	    "{\"runner_type\":\"group_type\",\"group_id\":10,\"tag_list\":[\"docker\",\"kvm\"],"
	    "\"run_untagged\":false,\"locked\":true,\"maximum_timeout\":3600}" },
	{ "a project's", { .project_id = 9007199254740991, .run_untagged = true },
	    "{\"runner_type\":\"project_type\",\"project_id\":9007199254740991,"
	    "\"run_untagged\":true,\"locked\":false}" },
	{ "text that wants to break out", { .description = "a\"},{\"x\":\"\\\n\x1b", .tags = "\"" },
	    "{\"runner_type\":\"instance_type\",\"description\":\"a\\\"},{\\\"x\\\":\\\"\\\\\\n"
	    "\\u001b\",\"tag_list\":[\"\\\"\"],\"run_untagged\":false,\"locked\":false}" },
};

static void
test_wish(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(wishes); i++) {
		scoped(rc_str_release) char *body = rc_gitlab_wish_body(&wishes[i].wish);

		assert_string_equal(body, wishes[i].body);
	}
}

/* The buffer is made for the worst: every byte escaped. */
static void
test_wish_long(void **state)
{
	char description[3000], tags[3000];
	struct rc_runner_wish wish = { .description = description, .tags = tags };
	scoped(rc_str_release) char *body = NULL;

	(void)state;
	memset(description, 1, sizeof(description) - 1);
	description[sizeof(description) - 1] = '\0';
	for (size_t i = 0; i < sizeof(tags); i++)
		tags[i] = i % 2 ? ',' : 'x';
	tags[sizeof(tags) - 1] = '\0';
	body = rc_gitlab_wish_body(&wish);
	assert_true(strlen(body) > 6 * sizeof(description));
}

static void
test_token_bodies(void **state)
{
	const struct rc_runner_wish wish = { .description = "d", .run_untagged = true };
	scoped(rc_secret_release) char *legacy = rc_gitlab_legacy_body(&wish, "GR1348941x");
	scoped(rc_secret_release) char *verify = rc_gitlab_token_body("glrt-x", "s_0123456789ab");
	scoped(rc_secret_release) char *delete = rc_gitlab_token_body("glrt-x", NULL);
	scoped(rc_str_release) char *pause = rc_gitlab_pause_body(true);

	(void)state;
	assert_string_equal(legacy, "{\"token\":\"GR1348941x\",\"description\":\"d\","
				    "\"run_untagged\":true,\"locked\":false}");
	assert_string_equal(verify, "{\"token\":\"glrt-x\",\"system_id\":\"s_0123456789ab\"}");
	assert_string_equal(delete, "{\"token\":\"glrt-x\"}");
	assert_string_equal(pause, "{\"paused\":true}");
}

#define GRANT(id, token, expires)                                                                  \
	"{\"id\":" id ",\"token\":" token ",\"token_expires_at\":" expires "}"

static const struct {
	const char *why, *body;
	int64_t id; /* 0: refused */
	int64_t expires;
	const char *says;
} grants[] = {
	{ "GitLab's own", GRANT("7", "\"glrt-x\"", "null"), 7, 0, NULL },
	{ "with an expiry", GRANT("7", "\"glrt-x\"", "\"2026-01-11T14:39:24.000Z\""), 7, 1768142364,
	    NULL },
	{ "without the key of new GitLabs", "{\"id\":7,\"token\":\"glrt-x\"}", 7, 0, NULL },
	{ "expired at the dawn of time", GRANT("7", "\"glrt-x\"", "\"1970-01-01\""), 7, 1, NULL },
	{ "unknown keys", "{\"a\":[{}],\"id\":7,\"token\":\"glrt-x\"}\n", 7, 0, NULL },
	{ "2^53", GRANT("9007199254740992", "\"glrt-x\"", "null"), 9007199254740992, 0, NULL },
	{ "an id as text, as GitLab's OpenAPI has it", GRANT("\"7\"", "\"glrt-x\"", "null"), 0, 0,
	    "as a text" },
	{ "no id", "{\"token\":\"glrt-x\"}", 0, 0, "no id" },
	{ "a key in other letters", "{\"ID\":7,\"token\":\"glrt-x\"}", 0, 0, "no id" },
	{ "id 0", GRANT("0", "\"glrt-x\"", "null"), 0, 0, "positive whole" },
	{ "a negative id", GRANT("-7", "\"glrt-x\"", "null"), 0, 0, "positive whole" },
	{ "half an id", GRANT("7.5", "\"glrt-x\"", "null"), 0, 0, "positive whole" },
	{ "beyond 2^53", GRANT("9007199254740994", "\"glrt-x\"", "null"), 0, 0, "positive whole" },
	{ "beyond everything", GRANT("1e999", "\"glrt-x\"", "null"), 0, 0, "positive whole" },
	{ "an id of bool", GRANT("true", "\"glrt-x\"", "null"), 0, 0, "no id" },
	{ "no token", "{\"id\":7}", 0, 0, "no token" },
	{ "a token of number", GRANT("7", "7", "null"), 0, 0, "no token" },
	{ "an empty token", GRANT("7", "\"\"", "null"), 0, 0, "empty" },
	{ "a token that gitlab-runner expands", GRANT("7", "\"glrt-$x\"", "null"), 0, 0,
	    "character" },
	{ "a token that leaves its quotes", GRANT("7", "\"glrt-\\\"x\"", "null"), 0, 0,
	    "character" },
	{ "a token with a line break", GRANT("7", "\"glrt-\\nx\"", "null"), 0, 0, "character" },
	{ "a token with a blank", GRANT("7", "\"glrt- x\"", "null"), 0, 0, "character" },
	{ "a token beyond ASCII", GRANT("7", "\"glrt-\xc3\xa4\"", "null"), 0, 0, "character" },
	{ "an expiry of number", GRANT("7", "\"glrt-x\"", "1768142364"), 0, 0, "not a text" },
	{ "an expiry of words", GRANT("7", "\"glrt-x\"", "\"tomorrow\""), 0, 0, "ISO 8601" },
	{ "cut off", "{\"id\":7,\"token\":\"glrt-x\"", 0, 0, "complete JSON" },
	{ "two documents", GRANT("7", "\"glrt-x\"", "null") "{}", 0, 0, "complete JSON" },
	{ "an array", "[" GRANT("7", "\"glrt-x\"", "null") "]", 0, 0, "not what was asked" },
	{ "text", "200", 0, 0, "not what was asked" },
	{ "nothing", "", 0, 0, "complete JSON" },
};

static void
test_grant(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(grants); i++) {
		scoped(rc_runner_grant_release) struct rc_runner_grant grant = { 0 };
		struct rc_error err = { 0 };
		int result = rc_gitlab_read_grant(&grant, grants[i].body, &err);

		if (result != (grants[i].id ? 0 : -1))
			fail_msg("%s: %d %s", grants[i].why, result, err.text);
		assert_int_equal(grant.id, grants[i].id);
		assert_int_equal(grant.expires, grants[i].expires);
		if (result == 0) {
			assert_string_equal(grant.token, "glrt-x");
			continue;
		}
		assert_null(grant.token);
		assert_int_equal(err.code, RC_GITLAB);
		if (!strstr(err.text, grants[i].says) || strstr(err.text, "glrt"))
			fail_msg("%s: %s", grants[i].why, err.text);
	}
}

/* Which scopes a body gives, as letters in the order of the struct. */
static const struct {
	const char *why, *body;
	const char *letters; /* NULL: refused */
	const char *names;
	int64_t expires;
} scopes[] = {
	{ "everything", "{\"scopes\":[\"api\",\"read_user\"],\"active\":true,\"expires_at\":null}",
	    "a+", "api, read_user", 0 },
	{ "the least",
	    "{\"scopes\":[\"create_runner\",\"manage_runner\",\"read_api\"],\"active\":true,"
	    "\"expires_at\":\"2026-01-11\"}",
	    "rcm+", "create_runner, manage_runner, read_api", 1768089600 },
	{ "admin mode", "{\"scopes\":[\"api\",\"admin_mode\"],\"active\":true}", "aM+",
	    "api, admin_mode", 0 },
	{ "fine-grained", "{\"scopes\":[\"granular\"],\"active\":true}", "g+", "granular", 0 },
	{ "expired", "{\"scopes\":[\"api\"],\"active\":false}", "a", "api", 0 },
	{ "revoked", "{\"scopes\":[\"api\"],\"active\":true,\"revoked\":true}", "a", "api", 0 },
	{ "no scope", "{\"scopes\":[],\"active\":true}", "+", "", 0 },
	{ "a scope with an escape sequence", "{\"scopes\":[\"\\u001b[2J\"],\"active\":true}", "+",
	    "?[2J", 0 },
	{ "letters matter", "{\"scopes\":[\"API\"],\"active\":true}", "+", "API", 0 },
	{ "no scopes", "{\"active\":true}", NULL, NULL, 0 },
	{ "scopes in one text", "{\"scopes\":\"api\",\"active\":true}", NULL, NULL, 0 },
	{ "a scope of number", "{\"scopes\":[1],\"active\":true}", NULL, NULL, 0 },
	{ "active of text", "{\"scopes\":[\"api\"],\"active\":\"true\"}", NULL, NULL, 0 },
	{ "a wrong date", "{\"scopes\":[],\"active\":true,\"expires_at\":\"soon\"}", NULL, NULL,
	    0 },
	{ "an array", "[]", NULL, NULL, 0 },
};

static void
test_scopes(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(scopes); i++) {
		struct rc_token_scopes got = { 0 };
		struct rc_error err = { 0 };
		char letters[8] = "";
		int result = rc_gitlab_read_scopes(&got, scopes[i].body, &err);

		if (result != (scopes[i].letters ? 0 : -1))
			fail_msg("%s: %d %s", scopes[i].why, result, err.text);
		if (result < 0) {
			assert_int_equal(err.code, RC_GITLAB);
			continue;
		}
		strcat(letters, got.api ? "a" : "");
		strcat(letters, got.read_api ? "r" : "");
		strcat(letters, got.create_runner ? "c" : "");
		strcat(letters, got.manage_runner ? "m" : "");
		strcat(letters, got.admin_mode ? "M" : "");
		strcat(letters, got.granular ? "g" : "");
		strcat(letters, got.active ? "+" : "");
		assert_string_equal(letters, scopes[i].letters);
		assert_string_equal(got.names, scopes[i].names);
		assert_int_equal(got.expires, scopes[i].expires);
	}
}

static const struct {
	const char *why;
	struct rc_token_scopes scopes;
	const char *objection, *advice; /* what they hold, or NULL */
} judgements[] = {
	{ "api", { .active = true, .api = true }, NULL, NULL },
	{ "the least privilege",
	    { .active = true, .create_runner = true, .manage_runner = true, .read_api = true },
	    NULL, NULL },
	{ "creates only", { .active = true, .create_runner = true }, NULL,
	    "manage_runner and read_api" },
	{ "cannot look", { .active = true, .create_runner = true, .manage_runner = true }, NULL,
	    "read_api" },
	{ "cannot pause", { .active = true, .create_runner = true, .read_api = true }, NULL,
	    "scope manage_runner" },
	{ "cannot create", { .active = true, .manage_runner = true, .read_api = true },
	    "create_runner", NULL },
	{ "nothing", { .active = true }, "create_runner", "manage_runner" },
	{ "expired", { .api = true }, "expired", NULL },
	{ "nobody knows", { .active = true, .granular = true }, NULL, "fine-grained" },
};

static void
test_judgement(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(judgements); i++) {
		const char *objection = rc_scopes_objection(&judgements[i].scopes);
		const char *advice = rc_scopes_advice(&judgements[i].scopes);

		if (!objection != !judgements[i].objection || !advice != !judgements[i].advice)
			fail_msg("%s: %s, %s", judgements[i].why, objection ? objection : "-",
			    advice ? advice : "-");
		if (objection)
			assert_non_null(strstr(objection, judgements[i].objection));
		if (advice)
			assert_non_null(strstr(advice, judgements[i].advice));
	}
}

static void
test_managers(void **state)
{
	scoped(rc_str_release) char *body = rc_strdup(
	    "[{\"id\":1,\"system_id\":\"s_1\",\"contacted_at\":\"2026-01-11T14:39:24.000Z\","
	    "\"job_execution_status\":\"active\"},"
	    "{\"id\":2,\"system_id\":\"<legacy>\\u001b\",\"contacted_at\":null,\"job_execution_"
	    "status\":\"idle\"}]");
	struct rc_manager *managers = NULL;
	struct rc_error err = { 0 };
	size_t count = 0;

	(void)state;
	assert_int_equal(rc_gitlab_read_managers(&managers, &count, body, &err), 0);
	assert_int_equal(count, 2);
	assert_string_equal(managers[0].system_id, "s_1");
	assert_int_equal(managers[0].contacted, 1768142364);
	assert_true(managers[0].busy);
	assert_string_equal(managers[1].system_id, "<legacy>?");
	assert_int_equal(managers[1].contacted, 0);
	assert_false(managers[1].busy);
	free(managers);
	assert_int_equal(rc_gitlab_read_managers(&managers, &count, "[]", &err), 0);
	assert_int_equal(count, 0);
	free(managers);
}

static void
test_managers_refused(void **state)
{
	static const char too_long[] =
	    "[{\"system_id\":\"0123456789012345678901234567890123456789012345678901234567890123\"}"
	    "]";
	static const char *const bodies[] = { "{}", "[1]", "[null]", "[{}]", "[{\"system_id\":1}]",
		"[{\"system_id\":\"s\",\"contacted_at\":1}]",
		"[{\"system_id\":\"s\"},{\"system_id\":\"s\",\"contacted_at\":\"x\"}]", too_long };

	(void)state;
	for (size_t i = 0; i < RC_COUNT(bodies); i++) {
		struct rc_manager *managers = NULL;
		struct rc_error err = { 0 };
		size_t count = 0;

		assert_int_equal(rc_gitlab_read_managers(&managers, &count, bodies[i], &err), -1);
		assert_int_equal(err.code, RC_GITLAB);
		assert_null(managers);
	}
}

static const struct {
	const char *why, *body;
	int64_t id; /* -1: refused */
} pages[] = {
	{ "an empty page", "[]", 0 },
	{ "other runners, one without a description",
	    "[{\"id\":1,\"description\":\"x\"},{\"id\":2,\"description\":null}]", 0 },
	{ "ours", "[{\"id\":1},{\"id\":2,\"description\":\"ci-1 (runnerctl:" UUID ")\"}]", 2 },
	{ "the first of two",
	    "[{\"id\":3,\"description\":\"runnerctl:" UUID
	    "\"},{\"id\":2,\"description\":\"runnerctl:" UUID "\"}]",
	    3 },
	{ "another's",
	    "[{\"id\":3,\"description\":\"runnerctl:00000000-1111-4222-8333-444455556666\"}]", 0 },
	{ "ours without an id", "[{\"description\":\"runnerctl:" UUID "\"}]", -1 },
	{ "no runner", "[7]", -1 },
	{ "no list", "{\"id\":3,\"description\":\"runnerctl:" UUID "\"}", -1 },
};

static void
test_marker(void **state)
{
	char marker[48], again[48];

	(void)state;
	assert_string_equal(rc_runner_marker(marker, UUID), "runnerctl:" UUID);
	assert_string_equal(rc_runner_marker_in(again, "ci-1 (runnerctl:" UUID ")"), marker);
	assert_string_equal(rc_runner_marker_in(again, "ci-1"), "");
	assert_string_equal(rc_runner_marker_in(again, NULL), "");
	for (size_t i = 0; i < RC_COUNT(pages); i++) {
		struct rc_error err = { 0 };
		int64_t id = -1;
		int result = rc_gitlab_find_marker(&id, pages[i].body, marker, &err);

		if (id != pages[i].id || result != (id < 0 ? -1 : 0))
			fail_msg("%s: %d %lld %s", pages[i].why, result, (long long)id, err.text);
	}
}

static void
test_paused(void **state)
{
	struct rc_error err = { 0 };
	bool paused = false;

	(void)state;
	assert_int_equal(rc_gitlab_read_paused(&paused, "{\"paused\":true}", &err), 0);
	assert_true(paused);
	assert_int_equal(rc_gitlab_read_paused(&paused, "{\"paused\":false}", &err), 0);
	assert_false(paused);
	assert_int_equal(rc_gitlab_read_paused(&paused, "{\"active\":true}", &err), -1);
	assert_int_equal(rc_gitlab_read_paused(&paused, "{\"paused\":\"yes\"}", &err), -1);
	assert_int_equal(rc_gitlab_read_paused(&paused, "[]", &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wish),
		cmocka_unit_test(test_wish_long),
		cmocka_unit_test(test_token_bodies),
		cmocka_unit_test(test_grant),
		cmocka_unit_test(test_scopes),
		cmocka_unit_test(test_judgement),
		cmocka_unit_test(test_managers),
		cmocka_unit_test(test_managers_refused),
		cmocka_unit_test(test_marker),
		cmocka_unit_test(test_paused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
