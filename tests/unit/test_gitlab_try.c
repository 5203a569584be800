/* Addresses, and the judging of one try of a request: facts in, decision out, no network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "base/str.h"
#include "host/gitlab_try.h"
#include "host/gitlab_url.h"

static const struct {
	const char *why, *url, *clean; /* NULL: refused */
	const char *says;
} urls[] = {
	{ "as people give it", "https://gitlab.example.com", "https://gitlab.example.com", NULL },
	{ "slashes at the end", "https://gitlab.example.com//", "https://gitlab.example.com",
	    NULL },
	{ "a relative root", "https://example.com/gitlab/", "https://example.com/gitlab", NULL },
	{ "a port", "http://localhost:8080", "http://localhost:8080", NULL },
	{ "IPv6", "http://[::1]:8080/", "http://[::1]:8080", NULL },
	{ "letters of any size", "HTTPS://GitLab.example.com", "HTTPS://GitLab.example.com", NULL },
	{ "no scheme", "gitlab.example.com", NULL, "not a URL" },
	{ "no host", "https://", NULL, "not a URL" },
	{ "no host, but a path", "https:///gitlab", NULL, "not a URL" },
	{ "one slash", "https:/gitlab.example.com", NULL, "not a URL" },
	{ "a path that climbs", "https://example.com/../x", NULL, "not a URL" },
	{ "a port that is none", "https://example.com:99999", NULL, "not a URL" },
	{ "nothing", "", NULL, "not a URL" },
	{ "another scheme", "ftp://example.com", NULL, "not by ftp" },
	{ "a file", "file:///etc/passwd", NULL, "not" },
	{ "a password", "https://u:hunter2@example.com", NULL, "a user name or a password" },
	{ "a query", "https://example.com/?private_token=hunter2", NULL, "a query" },
	{ "a fragment", "https://example.com/#hunter2", NULL, "a query or a fragment" },
	{ "gitlab-runner would expand it", "https://example.com/${HOME}", NULL, "'$'" },
	{ "a blank", "https://example.com/a b", NULL, "a blank" },
	{ "a line break", "https://example.com\r\nX: y", NULL, "a blank" },
	{ "beyond ASCII", "https://ex\xc3\xa4mple.com", NULL, "not ASCII" },
	{ "a quotation mark", "https://example.com/\"", NULL, "does not belong" },
	{ "percent signs", "https://exa%6dple.com", NULL, "does not belong" },
	{ "the API", "https://example.com/api/v4", NULL, "without /api" },
};

static void
test_url(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(urls); i++) {
		scoped(rc_str_release) char *clean = NULL;
		struct rc_error err = { 0 };
		int result = rc_gitlab_url_clean(&clean, urls[i].url, &err);

		if (result != (urls[i].clean ? 0 : -1))
			fail_msg("%s: %d %s", urls[i].why, result, err.text);
		if (result == 0) {
			assert_string_equal(clean, urls[i].clean);
			continue;
		}
		assert_int_equal(err.code, RC_USAGE);
		if (!strstr(err.text, urls[i].says) || strstr(err.text, "hunter2"))
			fail_msg("%s: %s", urls[i].why, err.text);
	}
}

static const struct {
	const char *url, *origin; /* NULL: none */
	bool in_clear;
} origins[] = {
	{ "https://GitLab.example.com/x", "https://gitlab.example.com", false },
	{ "http://gitlab.example.com", "http://gitlab.example.com", true },
	{ "HTTP://gitlab.example.com:8080", "http://gitlab.example.com:8080", true },
	{ "http://localhost:8080", "http://localhost:8080", false },
	{ "http://127.0.0.1", "http://127.0.0.1", false },
	{ "http://[::1]/", "http://[::1]", false },
	{ "http://127.0.0.1.example.com", "http://127.0.0.1.example.com", true },
	{ "http://localhost.example.com", "http://localhost.example.com", true },
	{ "/users/sign_in", NULL, false },
	{ "javascript:alert(1)", NULL, false },
};

static void
test_origin(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(origins); i++) {
		scoped(rc_str_release) char *origin = rc_url_origin(origins[i].url);

		if (origins[i].origin)
			assert_string_equal(origin, origins[i].origin);
		else
			assert_null(origin);
		assert_int_equal(rc_gitlab_url_in_clear(origins[i].url), origins[i].in_clear);
	}
}

#define NOW 1768142364 /* Sun, 11 Jan 2026 14:39:24 GMT */

static const struct {
	const char *why, *retry_after, *reset, *date;
	int64_t seconds;
} pauses[] = {
	{ "nothing is said", NULL, NULL, NULL, 0 },
	{ "seconds", "60", NULL, NULL, 60 },
	{ "none", "0", NULL, NULL, 0 },
	{ "a date", "Sun, 11 Jan 2026 14:39:34 GMT", NULL, NULL, 10 },
	{ "a date that has passed", "Sun, 11 Jan 2026 14:39:14 GMT", NULL, NULL, 0 },
	{ "a date by the server's own clock", "Sun, 11 Jan 2026 12:00:07 GMT", NULL,
	    "Sun, 11 Jan 2026 12:00:00 GMT", 7 },
	{ "a server that does not know the date", "Sun, 11 Jan 2026 14:39:34 GMT", NULL, "today",
	    10 },
	{ "the limiter's own header", NULL, "1768142367", NULL, 3 },
	{ "a limit that is over", NULL, "1768142360", NULL, 0 },
	{ "Retry-After counts more", "5", "1768142464", NULL, 5 },
	{ "nonsense", "soon", "later", "now", 0 },
	{ "a negative number", "-5", NULL, NULL, 0 },
	{ "more than numbers hold", "99999999999999999999", "99999999999999999999", NULL, 0 },
};

static void
test_retry_after(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(pauses); i++) {
		int64_t seconds =
		    rc_try_retry_after(pauses[i].retry_after, pauses[i].reset, pauses[i].date, NOW);

		if (seconds != pauses[i].seconds)
			fail_msg("%s: %lld", pauses[i].why, (long long)seconds);
	}
}

#define LOCK "{\"message\":\"409 Conflict: Resource lock\"}"

static const struct {
	const char *why;
	CURLcode result;
	bool sent;
	long status;
	const char *body;
	int64_t retry_after;
	bool again, again_once, uncertain;
} tries[] = {
	{ "success", CURLE_OK, true, 200, "", 0, false, false, false },
	{ "refused for good", CURLE_OK, true, 403, "", 0, false, false, false },
	{ "a lock", CURLE_OK, true, 409, LOCK, 0, true, false, false },
	{ "another conflict", CURLE_OK, true, 409, "", 0, false, false, false },
	{ "a conflict without text", CURLE_OK, true, 409, NULL, 0, false, false, false },
	{ "the limiter is first in line", CURLE_OK, true, 429, "", 0, true, true, false },
	{ "a time-out of a proxy", CURLE_OK, true, 408, "", 0, false, false, true },
	{ "an accident inside GitLab", CURLE_OK, true, 500, "", 0, false, false, true },
	{ "GitLab behind the proxy died", CURLE_OK, true, 502, "", 0, true, false, true },
	{ "refused on purpose", CURLE_OK, true, 503, "", 1, true, true, false },
	{ "nobody knows", CURLE_OK, true, 503, "", 0, true, false, true },
	{ "a proxy lost patience", CURLE_OK, true, 504, "", 0, true, false, true },
	{ "no such host", CURLE_COULDNT_RESOLVE_HOST, false, 0, NULL, 0, true, true, false },
	{ "refused", CURLE_COULDNT_CONNECT, false, 0, NULL, 0, true, true, false },
	{ "no TLS", CURLE_SSL_CONNECT_ERROR, false, 0, NULL, 0, true, true, false },
	{ "no connection in time", CURLE_OPERATION_TIMEDOUT, false, 0, NULL, 0, true, true, false },
	{ "no answer in time", CURLE_OPERATION_TIMEDOUT, true, 0, NULL, 0, true, false, true },
	{ "reset", CURLE_RECV_ERROR, true, 0, NULL, 0, true, false, true },
	{ "closed", CURLE_GOT_NOTHING, true, 0, NULL, 0, true, false, true },
	{ "closed while sending", CURLE_SEND_ERROR, true, 0, NULL, 0, true, false, true },
	{ "cut off", CURLE_PARTIAL_FILE, true, 0, NULL, 0, true, false, true },
	{ "no trust", CURLE_PEER_FAILED_VERIFICATION, false, 0, NULL, 0, false, false, false },
	{ "too large", CURLE_WRITE_ERROR, true, 0, NULL, 0, false, false, true },
	{ "interrupted", CURLE_ABORTED_BY_CALLBACK, true, 0, NULL, 0, false, false, true },
	{ "interrupted early", CURLE_ABORTED_BY_CALLBACK, false, 0, NULL, 0, false, false, false },
};

static void
test_again(void **state)
{
	const struct rc_http_request many = { 0 }, once = { .once = true };

	(void)state;
	for (size_t i = 0; i < RC_COUNT(tries); i++) {
		scoped(
		    rc_http_reply_release) struct rc_http_reply reply = { .status = tries[i].status,
			.body = rc_strdup(tries[i].body),
			.retry_after = tries[i].retry_after };
		const struct rc_try try = { .result = tries[i].result, .sent = tries[i].sent };

		if ((rc_try_wait(&many, &reply, &try, 0) >= 0) != tries[i].again ||
		    (rc_try_wait(&once, &reply, &try, 0) >= 0) != tries[i].again_once ||
		    rc_try_uncertain(&reply, &try) != tries[i].uncertain)
			fail_msg("%s", tries[i].why);
		/* What may be sent a second time is what was certainly not processed the first
		 * time. */
		assert_false(tries[i].again_once && tries[i].uncertain);
	}
}

static void
test_wait(void **state)
{
	const struct rc_http_request request = { 0 };
	const struct rc_try answered = { .result = CURLE_OK };
	struct rc_http_reply reply = { .status = 502 };

	(void)state;
	for (unsigned n = 0; n < 4; n++) {
		int64_t wait = rc_try_wait(&request, &reply, &answered, n);

		assert_in_range(wait, 125 << n, (250 << n) - 1);
	}
	assert_int_equal(rc_try_wait(&request, &reply, &answered, 4), -1);
	reply = (struct rc_http_reply){ .status = 429, .retry_after = 5 };
	assert_in_range(rc_try_wait(&request, &reply, &answered, 3), 5000, 5249);
	reply.retry_after = 999999999999;
	assert_in_range(rc_try_wait(&request, &reply, &answered, 0), 30000, 30249);
}

static const struct {
	const char *why;
	struct rc_try try;
	enum rc_code code;
	const char *text, *hint;
} failures[] = {
	{ "a typing error", { .result = CURLE_COULDNT_RESOLVE_HOST }, RC_FAILED,
	    "cannot find https://g for GET /x: why", "name resolution" },
	{ "a proxy", { .result = CURLE_COULDNT_RESOLVE_PROXY }, RC_FAILED, "cannot find the proxy",
	    "https_proxy" },
	{ "nobody listens", { .result = CURLE_COULDNT_CONNECT }, RC_FAILED,
	    "cannot connect to https://g", "firewall" },
	{ "an own CA", { .result = CURLE_PEER_FAILED_VERIFICATION }, RC_FAILED,
	    "cannot trust https://g", "ca-file" },
	{ "no CA", { .result = CURLE_SSL_CACERT_BADFILE }, RC_USAGE, "no usable CA", "PEM" },
	{ "https on a port of http", { .result = CURLE_SSL_CONNECT_ERROR }, RC_FAILED,
	    "no TLS with", "https" },
	{ "something else listens", { .result = CURLE_WEIRD_SERVER_REPLY }, RC_GITLAB,
	    "no HTTP from", "`url`" },
	{ "reset", { .result = CURLE_RECV_ERROR }, RC_FAILED, "lost the connection", "later" },
	{ "too large", { .result = CURLE_WRITE_ERROR, .too_large = true }, RC_GITLAB,
	    "more than a megabyte", "`url`" },
	{ "anything else", { .result = CURLE_OUT_OF_MEMORY }, RC_FAILED, "cannot talk to https://g",
	    "" },
	{ "no time at all", { .result = CURLE_OPERATION_TIMEDOUT, .limit = 0 }, RC_TIMEOUT,
	    "no time is left", "" },
	{ "the last of the time",
	    { .result = CURLE_OPERATION_TIMEDOUT, .limit = 1500, .last = true }, RC_TIMEOUT,
	    "did not answer GET /x within 1.5 s", "later" },
	{ "connected, then silence",
	    { .result = CURLE_OPERATION_TIMEDOUT, .limit = 60000, .sent = true }, RC_TIMEOUT,
	    "within 60.0 s", "later" },
	{ "a firewall that swallows", { .result = CURLE_OPERATION_TIMEDOUT, .limit = 60000 },
	    RC_FAILED, "cannot connect to https://g", "firewall" },
};

static void
test_failed(void **state)
{
	const struct rc_http_request request = { .name = "GET /x" };

	(void)state;
	for (size_t i = 0; i < RC_COUNT(failures); i++) {
		struct rc_try try = failures[i].try;
		struct rc_error err = { 0 };

		strcpy(try.detail, "why");
		assert_int_equal(rc_try_failed(&request, &try, "https://g", &err), -1);
		if (err.code != failures[i].code || !strstr(err.text, failures[i].text) ||
		    !strstr(err.hint, failures[i].hint))
			fail_msg("%s: %d %s (%s)", failures[i].why, err.code, err.text, err.hint);
	}
}

static const struct {
	const char *why, *target, *text;
} redirects[] = {
	{ "another server", "https://evil.example.com/api/v4?token=hunter2",
	    "to https://evil.example.com, where no" },
	{ "from http to https", "https://g/api/v4", "to https://g," },
	{ "the same server", "http://g/login?hunter2", "another of its pages" },
	{ "nowhere", NULL, "to nowhere" },
	{ "nonsense", "::", "to nowhere" },
};

static void
test_redirected(void **state)
{
	const struct rc_http_request request = { .name = "POST /x" };

	(void)state;
	for (size_t i = 0; i < RC_COUNT(redirects); i++) {
		scoped(rc_try_release) struct rc_try try = { .target =
								 rc_strdup(redirects[i].target) };
		struct rc_error err = { 0 };

		assert_int_equal(rc_try_redirected(&request, &try, "http://g", &err), -1);
		assert_int_equal(err.code, RC_GITLAB);
		if (!strstr(err.text, redirects[i].text) || strstr(err.text, "hunter2"))
			fail_msg("%s: %s", redirects[i].why, err.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_url),
		cmocka_unit_test(test_origin),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_redirected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
