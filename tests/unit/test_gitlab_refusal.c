/* What GitLab means by an answer that is no success; and the hostile bodies, for all of core's
 * readers. */
#include <dirent.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "core/gitlab_msg.h"
#include "core/gitlab_refusal.h"

#define JSON "application/json"
#define MARKER "runnerctl:0f7a3c1e-1111-4222-8333-444455556666"

static const struct {
	const char *why, *body, *type, *words;
} shapes[] = {
	{ "render_api_error!", "{\"message\":\"403 Forbidden - Insufficient permissions\"}", JSON,
	    "403 Forbidden - Insufficient permissions" },
	{ "render_validation_error!",
	    "{\"message\":{\"tags_list\":[\"is long\",\"is bad\"],\"x\":[\"y\"]}}", JSON,
	    "tags_list: is long; is bad; x: y" },
	{ "the rate limiter", "{\"message\":{\"error\":\"Try again later.\"}}", JSON,
	    "error: Try again later." },
	{ "Grape", "{\"error\":\"runner_type is missing\"}", JSON, "runner_type is missing" },
	{ "OAuth", "{\"error\":\"invalid_token\",\"error_description\":\"Token is expired.\"}",
	    JSON, "invalid_token: Token is expired." },
	{ "an error as object", "{\"error\":{\"code\":17}}", JSON, "code: 17" },
	{ "message counts more than error", "{\"error\":\"b\",\"message\":\"a\"}", JSON, "a" },
	{ "JSON without its content type", "{\"message\":\"a\"}", "text/plain", "a" },
	{ "JSON that says nothing", "{\"status\":\"bad\"}", JSON, "JSON without an explanation" },
	{ "JSON that is cut off", "{\"message\":\"a", JSON,
	    "something that is neither JSON nor text" },
	{ "JSON of another kind may be secret", "\"glrt-hostile\"", JSON,
	    "something that is neither JSON nor text" },
	{ "Rack::Attack", "Retry later\n", "text/plain", "Retry later" },
	{ "text without a content type", "Retry later", "", "Retry later" },
	{ "nginx", "<html>\r\n<head><title>502 Bad Gateway</title></head></html>", "text/html",
	    "a web page titled \"502 Bad Gateway\"" },
	{ "a page by its look", "\n <!DOCTYPE html><TITLE> Sign in\n</TITLE>", "",
	    "a web page titled \"Sign in \"" },
	{ "a page by its type", "", "text/html; charset=utf-8", "a web page" },
	{ "a page without a title", "<p>x", "text/html", "a web page" },
	{ "nothing", "", "", "" },
	{ "blanks", " \n", "text/plain", "" },
	{ "a NUL", NULL, JSON, "something that is neither JSON nor text" },
	{ "control characters", "a\x01z", "text/plain", "something that is neither JSON nor text" },
	{ "UTF-8 survives", "{\"message\":\"gr\xc3\xbc\xc3\x9f\x65\"}", JSON,
	    "gr\xc3\xbc\xc3\x9f\x65" },
	{ "a lone C1 byte", "a\x9bz", "text/plain", "a?z" },
	{ "C1 in UTF-8", "a\xc2\x9bz", "text/plain", "a??z" },
	{ "an overlong C1", "a\xe0\x80\x9bz", "text/plain", "a???z" },
	{ "a line turned around", "a\xe2\x80\xaez", "text/plain", "a???z" },
};

static void
test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(shapes); i++) {
		struct rc_gitlab_answer answer = {
			.status = 400, .body = shapes[i].body, .content_type = shapes[i].type
		};
		char words[300];

		rc_gitlab_error_words(words, sizeof(words), &answer);
		if (strcmp(words, shapes[i].words) != 0)
			fail_msg("%s: \"%s\"", shapes[i].why, words);
	}
}

static const struct rc_gitlab_route access_route = { "POST /user/runners", "create_runner",
	"an Owner", RC_CREDENTIAL_ACCESS };
static const struct rc_gitlab_route runner_route = { .name = "DELETE /runners",
	.credential = RC_CREDENTIAL_RUNNER };
static const struct rc_gitlab_route legacy_route = { .name = "POST /runners",
	.credential = RC_CREDENTIAL_REGISTRATION };

static const struct {
	const char *why;
	const struct rc_gitlab_route *route;
	long status;
	const char *body, *type;
	int64_t retry_after;
	const char *text, *hint; /* the text whole, a part of the hint */
} refusals[] = {
	{ "a bad access token", &access_route, 401, "{\"message\":\"401 Unauthorized\"}", JSON, 0,
	    "GitLab answers POST /user/runners with 401 Unauthorized", "make a new one" },
	{ "a bad token in the body", &runner_route, 401, "{\"message\":\"401 Unauthorized\"}", JSON,
	    0, "GitLab answers DELETE /runners with 401 Unauthorized", "wrong or expired" },
	{ "a scope that lacks", &access_route, 403,
	    "{\"error\":\"insufficient_scope\",\"error_description\":\"More.\"}", JSON, 0,
	    "GitLab answers POST /user/runners with 403 Forbidden: insufficient_scope: More.",
	    "scope create_runner" },
	{ "a scope that a runner token cannot lack", &runner_route, 403,
	    "{\"error\":\"insufficient_scope\"}", JSON, 0,
	    "GitLab answers DELETE /runners with 403 Forbidden: insufficient_scope",
	    "wrong or expired" },
	{ "a role too low", &access_route, 403,
	    "{\"message\":\"403 Forbidden - Insufficient permissions\"}", JSON, 0,
	    "GitLab answers POST /user/runners with 403 Forbidden - Insufficient permissions",
	    "needs to be an Owner" },
	{ "a dead runner token", &runner_route, 403, "{\"message\":\"403 Forbidden\"}", JSON, 0,
	    "GitLab answers DELETE /runners with 403 Forbidden", "create a new one" },
	{ "a bad registration token", &legacy_route, 403,
	    "{\"message\":\"403 Forbidden - invalid token supplied\"}", JSON, 0,
	    "GitLab answers POST /runners with 403 Forbidden - invalid token supplied",
	    "create_runner" },
	{ "registration tokens are over", &legacy_route, 410, "{\"message\":\"410 Gone - no\"}",
	    JSON, 0, "GitLab answers POST /runners with 410 Gone - no", "give its glrt- token" },
	{ "not there", &access_route, 404, "{\"error\":\"404 Not Found\"}", JSON, 0,
	    "GitLab answers POST /user/runners with 404 Not Found", "does not exist" },
	{ "no GitLab there", &access_route, 404, "<html><title>Nothing</title>", "text/html", 0,
	    "GitLab answers POST /user/runners with 404 Not Found: a web page titled \"Nothing\"",
	    "`url`" },
	{ "bad parameters", &access_route, 400, "{\"error\":\"group_id is missing\"}", JSON, 0,
	    "GitLab answers POST /user/runners with 400 Bad Request: group_id is missing",
	    "group or project" },
	{ "a lock", &access_route, 409, "{\"message\":\"409 Conflict: Resource lock\"}", JSON, 0,
	    "GitLab answers POST /user/runners with 409 Conflict: Resource lock", "try again" },
	{ "an orphan", &access_route, 422, "{\"error\":\"needs a project\"}", JSON, 0,
	    "GitLab answers POST /user/runners with 422 Unprocessable Content: needs a project",
	    "lost its project" },
	{ "a limit with its time", &access_route, 429, "Retry later\n", "text/plain", 60,
	    "GitLab answers POST /user/runners with 429 Too Many Requests: Retry later",
	    "in 60 s" },
	{ "a limit without", &access_route, 429, "", "", 0,
	    "GitLab answers POST /user/runners with 429 Too Many Requests", "some minutes" },
	{ "an accident", &access_route, 500, "{\"message\":\"500 Internal Server Error\"}", JSON, 0,
	    "GitLab answers POST /user/runners with 500 Internal Server Error", "in trouble" },
	{ "a proxy without its GitLab", &access_route, 502, "<title>x</title>", "text/html", 0,
	    "GitLab answers POST /user/runners with 502 Bad Gateway: a web page titled \"x\"",
	    "in trouble" },
	{ "a status of its own", &access_route, 418, "", "", 0,
	    "GitLab answers POST /user/runners with 418", "" },
	{ "a login page", &access_route, 200, "<title>Sign in</title>", "text/html", 0,
	    "GitLab answers POST /user/runners with 200 OK: a web page titled \"Sign in\"",
	    "login page" },
	{ "a success that is none", &access_route, 200, "{\"id\":7,\"token\":\"glrt-hostile\"}",
	    JSON, 0,
	    "GitLab answers POST /user/runners with 200 OK (application/json) where it never "
	    "should",
	    "`url`" },
	{ "a success of no type", &access_route, 201, "x", "", 0,
	    "GitLab answers POST /user/runners with 201 Created (no content type) where it never "
	    "should",
	    "`url`" },
	{ "a type that wants to be seen", &access_route, 201, "x", "\x1b[2J\x9b", 0,
	    "GitLab answers POST /user/runners with 201 Created (?[2J?) where it never should",
	    "`url`" },
};

static void
test_refusal(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(refusals); i++) {
		struct rc_gitlab_answer answer = { refusals[i].status, refusals[i].body,
			refusals[i].type, refusals[i].retry_after };
		struct rc_error err = { 0 };

		assert_int_equal(rc_gitlab_refused(&answer, refusals[i].route, &err), -1);
		assert_int_equal(err.code, RC_GITLAB);
		if (strcmp(err.text, refusals[i].text) != 0 || !strstr(err.hint, refusals[i].hint))
			fail_msg("%s: \"%s\" (%s)", refusals[i].why, err.text, err.hint);
		/* A hint that does not fit is a hint nobody finishes reading. */
		assert_null(strstr(err.hint, "..."));
	}
}

static void
test_error_is(void **state)
{
	(void)state;
	assert_true(rc_gitlab_error_is("{\"error\":\"insufficient_scope\"}", "insufficient_scope"));
	assert_false(rc_gitlab_error_is("{\"error\":\"invalid_token\"}", "insufficient_scope"));
	assert_false(
	    rc_gitlab_error_is("{\"message\":\"insufficient_scope\"}", "insufficient_scope"));
	assert_false(rc_gitlab_error_is("insufficient_scope", "insufficient_scope"));
	assert_false(rc_gitlab_error_is(NULL, "insufficient_scope"));
}

/* One line that no terminal obeys, in UTF-8 that is whole, and without the corpus's token. */
static void
assert_harmless(const char *why, const char *text)
{
	size_t size = mbstowcs(NULL, text, 0);
	wchar_t *wide;

	if (size == (size_t)-1 || strstr(text, "glrt-hostile"))
		fail_msg("%s: \"%s\"", why, text);
	wide = rc_alloc(size + 1, sizeof(*wide));
	mbstowcs(wide, text, size + 1);
	for (size_t i = 0; i < size; i++) {
		wchar_t c = wide[i];

		if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
		    (c >= 0x2066 && c <= 0x2069))
			fail_msg("%s: U+%04X in \"%s\"", why, (unsigned)c, text);
	}
	free(wide);
}

/* What nobody may read anything out of. */
static void
assert_unreadable(const char *why, const char *body)
{
	scoped(rc_runner_grant_release) struct rc_runner_grant grant = { 0 };
	struct rc_token_scopes scopes = { 0 };
	struct rc_manager *managers = NULL;
	struct rc_error errors[5] = { 0 };
	bool paused = false;
	size_t count = 0;
	int64_t id = 0;

	if (rc_gitlab_read_grant(&grant, body, &errors[0]) == 0)
		fail_msg("%s: a grant of %lld", why, (long long)grant.id);
	if (rc_gitlab_read_scopes(&scopes, body, &errors[1]) == 0)
		fail_msg("%s: scopes %s", why, scopes.names);
	if (rc_gitlab_read_managers(&managers, &count, body, &errors[2]) == 0)
		fail_msg("%s: %zu managers", why, count);
	if (rc_gitlab_read_paused(&paused, body, &errors[3]) == 0)
		fail_msg("%s: paused", why);
	if (rc_gitlab_find_marker(&id, body, MARKER, &errors[4]) == 0 && id != 0)
		fail_msg("%s: runner %lld", why, (long long)id);
	for (size_t i = 0; i < RC_COUNT(errors); i++)
		assert_harmless(why, errors[i].text);
}

static void
assert_explained(const char *why, const char *body)
{
	static const char *const types[] = { JSON, "text/plain", "text/html", "" };
	static const long statuses[] = { 200, 403, 502 };

	for (size_t i = 0; i < RC_COUNT(types) * RC_COUNT(statuses); i++) {
		struct rc_gitlab_answer answer = { statuses[i / RC_COUNT(types)], body,
			types[i % RC_COUNT(types)], 0 };
		struct rc_error err = { 0 };

		rc_gitlab_refused(&answer, &access_route, &err);
		assert_harmless(why, err.text);
		assert_harmless(why, err.hint);
	}
}

static void
test_hostile(void **state)
{
	DIR *folder = opendir(RC_TESTS "/hostile/gitlab");
	size_t count = 0;

	(void)state;
	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder));) {
		scoped(rc_str_release) char *path =
		    rc_format("%s/hostile/gitlab/%s", RC_TESTS, entry->d_name);
		scoped(rc_str_release) char *body = NULL;
		struct rc_error err = { 0 };

		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "README.md") == 0)
			continue;
		assert_int_equal(rc_file_read(&body, NULL, path, 1 << 20, &err), 0);
		assert_unreadable(entry->d_name, body);
		assert_explained(entry->d_name, body);
		count++;
	}
	closedir(folder);
	assert_true(count > 40);
}

/* A megabyte that opens and never closes must not cost the stack. */
static void
test_deep(void **state)
{
	static const char *const openings[] = { "[", "{\"message\":", "[{\"a\":" };

	(void)state;
	for (size_t i = 0; i < RC_COUNT(openings); i++) {
		size_t size = strlen(openings[i]), count = (1 << 20) / size;
		scoped(rc_str_release) char *body = rc_alloc(count * size + 1, 1);

		for (size_t n = 0; n < count; n++)
			memcpy(body + n * size, openings[i], size);
		assert_unreadable(openings[i], body);
		assert_explained(openings[i], body);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_error_is),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_deep),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
