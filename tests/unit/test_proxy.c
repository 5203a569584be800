/* The proxy's URL, which may hold a password and ends up in files that others read line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/proxy.h"

static void
test_urls(void **state)
{
	static const struct {
		const char *why, *url;
		bool good, password;
	} cases[] = {
		{ "host and port", "http://proxy.lan:3128", true, false },
		{ "a slash at the end", "http://proxy.lan:3128/", true, false },
		{ "https", "https://proxy", true, false },
		{ "an address", "http://10.0.0.1:8080", true, false },
		{ "IPv6", "http://[fd00::1]:8080", true, false },
		{ "a user", "http://me@proxy:1", true, true },
		{ "a password", "http://me:sesame@proxy:1", true, true },
		{ "one with special characters", "http://me:s%24%40same!@proxy:1", true, true },
		{ "no scheme", "proxy:3128", false, false },
		{ "another", "socks5://proxy:1080", false, false },
		{ "no host", "http://", false, false },
		{ "no host behind a user", "http://me:sesame@", false, true },
		{ "a path", "http://proxy:3128/sesame", false, false },
		{ "a slash in the password", "http://me:ses/ame@proxy", false, true },
		{ "expanded by gitlab-runner", "http://me:$sesame@proxy", false, true },
		{ "a quote", "http://me:ses'ame@proxy", false, true },
		{ "another", "http://me:ses\"ame@proxy", false, true },
		{ "a backslash", "http://me:ses\\ame@proxy", false, true },
		{ "a line break", "http://proxy\nX=sesame", false, false },
		{ "a blank", "http://me:ses ame@proxy", false, true },
		{ "not ASCII", "http://me:sesam\xc3\xa9@proxy", false, true },
		{ "nothing", "", false, false },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_error err = { 0 };

		if ((rc_proxy_check(cases[i].url, &err) == 0) != cases[i].good)
			fail_msg("%s: %s", cases[i].why, err.text);
		if (strstr(err.text, "ses") || strstr(err.hint, "ses"))
			fail_msg("%s: said %s", cases[i].why, err.text);
		assert_int_equal(rc_proxy_has_password(cases[i].url), cases[i].password);
	}
	assert_false(rc_proxy_has_password(NULL));
}

static void
test_exceptions(void **state)
{
	static const struct {
		const char *list;
		bool good;
	} cases[] = {
		{ "gitlab.lan, .example.org,*.example.com,10.0.0.0/8,[::1]:80", true },
		{ "a;b", false },
		{ "a\nB=c", false },
		{ "$x", false },
	};
	struct rc_error err;

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++)
		assert_int_equal(rc_no_proxy_check(cases[i].list, &err) == 0, cases[i].good);
}

static void
test_variables(void **state)
{
	static const struct {
		const char *why, *http, *https, *without, *expected;
	} cases[] = {
		{ "none", NULL, NULL, "lan", "" },
		{ "one", "http://p:1", NULL, NULL,
		    "HTTP_PROXY=http://p:1 http_proxy=http://p:1 "
		    "NO_PROXY=localhost,127.0.0.1,docker no_proxy=localhost,127.0.0.1,docker" },
		{ "both", "http://p:1", "http://q:2", "lan, 10.0.0.0/8",
		    "HTTP_PROXY=http://p:1 http_proxy=http://p:1 HTTPS_PROXY=http://q:2 "
		    "https_proxy=http://q:2 NO_PROXY=localhost,127.0.0.1,docker,lan,10.0.0.0/8 "
		    "no_proxy=localhost,127.0.0.1,docker,lan,10.0.0.0/8" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_strv_release) struct rc_strv made = { 0 };
		scoped(rc_str_release) char *joined = NULL;
		const struct rc_guest_wish wish = { .http_proxy = cases[i].http,
			.https_proxy = cases[i].https,
			.no_proxy = cases[i].without };

		rc_proxy_variables(&made, &wish);
		joined = rc_strv_join(&made, " ");
		if (strcmp(joined, cases[i].expected) != 0)
			fail_msg("%s: %s", cases[i].why, joined);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_exceptions),
		cmocka_unit_test(test_variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
