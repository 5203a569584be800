/* Holes: what is taken, and how it is written back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/allow.h"

static void
test_good(void **state)
{
	static const struct {
		const char *why, *list, *expected;
	} cases[] = {
		{ "none", "", "" },
		{ "an address", "10.0.0.5", "10.0.0.5" },
		{ "a port is TCP's", "10.0.0.5:443", "10.0.0.5:443/tcp" },
		{ "said", "10.0.0.5:443/tcp", "10.0.0.5:443/tcp" },
		{ "UDP", "10.0.0.5:53/udp", "10.0.0.5:53/udp" },
		{ "a block", "10.0.9.0/24", "10.0.9.0/24" },
		{ "a block's port", "10.0.9.0/24:5000", "10.0.9.0/24:5000/tcp" },
		{ "a list", "10.0.0.5:443, 10.0.0.6", "10.0.0.5:443/tcp,10.0.0.6" },
		{ "the same twice", "10.0.0.5:443,10.0.0.5:443/tcp", "10.0.0.5:443/tcp" },
		{ "not the same", "10.0.0.5:53,10.0.0.5:53/udp",
		    "10.0.0.5:53/tcp,10.0.0.5:53/udp" },
		{ "IPv6", "[fd00::5]", "[fd00::5]" },
		{ "its port", "[FD00:0::5]:443", "[fd00::5]:443/tcp" },
		{ "its block", "[fd00::]/64", "[fd00::]/64" },
		{ "all of it", "[fd00::]/64:53/udp", "[fd00::]/64:53/udp" },
		{ "the widest, the last port", "10.0.0.0/8:65535", "10.0.0.0/8:65535/tcp" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_allows_release) struct rc_allows allows = { 0 }, again = { 0 };
		scoped(rc_str_release) char *text = NULL, *text_again = NULL;
		struct rc_error err = { 0 };

		if (rc_allows_parse(&allows, cases[i].list, &err) < 0)
			fail_msg("%s: %s", cases[i].why, err.text);
		text = rc_allows_format(&allows);
		assert_string_equal(text, cases[i].expected);
		assert_int_equal(rc_allows_parse(&again, text, &err), 0);
		text_again = rc_allows_format(&again);
		assert_string_equal(text_again, text);
	}
}

/* Where there is no IPv6, its holes are none. */
static void
test_without_ipv6(void **state)
{
	scoped(rc_allows_release) struct rc_allows allows = { 0 };
	scoped(rc_str_release) char *text = NULL;
	struct rc_error err = { 0 };

	(void)state;
	assert_int_equal(
	    rc_allows_parse(&allows, "[fd00::5],10.0.0.5,[fd00::6]:443,10.0.0.6", &err), 0);
	rc_allows_drop_ipv6(&allows);
	text = rc_allows_format(&allows);
	assert_string_equal(text, "10.0.0.5,10.0.0.6");
}

static void
test_bad(void **state)
{
	static const struct {
		const char *why, *text, *message;
	} cases[] = {
		{ "a name", "gitlab.lan:443", "'gitlab.lan' is not an IP address" },
		{ "IPv6 without brackets", "fd00::1", "'fd00' is not an IP address" },
		{ "an open bracket", "[fd00::1", "'[fd00' is not an IP address" },
		{ "empty brackets", "[]:443", "'' is not an IP address" },
		{ "a name in brackets", "[gitlab]:443", "'gitlab' is not an IP address" },
		{ "its prefix inside", "[fd00::/64/64]", "'fd00::/64/64' has no prefix" },
		{ "something behind the bracket", "[fd00::1]x", "'fd00::1x' is not an IP address" },
		{ "much of IPv6", "[2000::]/3", "'[2000::]/3' would open half the world" },
		{ "its port missing", "[fd00::1]:", "'[fd00::1]:' has no port" },
		{ "no port", "10.0.0.5:", "'10.0.0.5:' has no port from 1 to 65535" },
		{ "port 0", "10.0.0.5:0", "'10.0.0.5:0' has no port" },
		{ "a port too high", "10.0.0.5:65536", "'10.0.0.5:65536' has no port" },
		{ "much too high", "10.0.0.5:99999999999", "'10.0.0.5:99999999999' has no port" },
		{ "a sign", "10.0.0.5:+443", "'10.0.0.5:+443' has no port" },
		{ "another protocol", "10.0.0.5:443/sctp", "'10.0.0.5:443/sctp' has no port" },
		{ "two ports", "10.0.0.5:80:443", "'10.0.0.5:80:443' has no port" },
		{ "the prefix behind the port", "10.0.0.0:80/24", "'10.0.0.0:80/24' has no port" },
		{ "everything", "0.0.0.0/0", "'0.0.0.0/0' would open half the world" },
		{ "half of it", "0.0.0.0/1:443", "'0.0.0.0/1:443' would open half the world" },
		{ "bits behind the prefix", "10.0.0.5/24", "'10.0.0.5/24' has bits behind" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_allows_release) struct rc_allows allows = { 0 };
		struct rc_error err = { 0 };

		if (rc_allows_parse(&allows, cases[i].text, &err) == 0 || allows.count)
			fail_msg("%s: was taken", cases[i].why);
		if (!rc_str_starts(err.text, cases[i].message))
			fail_msg("%s: %s", cases[i].why, err.text);
		assert_int_equal(err.code, RC_USAGE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_without_ipv6),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
