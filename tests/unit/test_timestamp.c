/* Points in time as GitLab writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/timestamp.h"

static const struct {
	const char *why, *text;
	int64_t seconds; /* -1: refused */
} cases[] = {
	{ "GitLab's own", "2026-01-11T14:39:24.000Z", 1768142364 },
	{ "without a fraction", "2026-01-11T14:39:24Z", 1768142364 },
	{ "a long fraction is dropped", "2026-01-11T14:39:24.999999999Z", 1768142364 },
	{ "an offset to the east", "2026-01-11T16:39:24.000+02:00", 1768142364 },
	{ "an offset to the west", "2026-01-11T09:09:24-0530", 1768142364 },
	{ "a blank for the T", "2026-01-11 14:39:24Z", 1768142364 },
	{ "a date is its first second", "2026-01-11", 1768089600 },
	{ "a leap day", "2024-02-29", 1709164800 },
	{ "a leap second", "2016-12-31T23:59:60Z", 1483228800 },
	{ "the first second", "1970-01-01T00:00:00Z", 0 },
	{ "beyond 32 bits", "2099-12-31", 4102358400 },
	{ "before the first second", "1970-01-01T00:00:00+01:00", -1 },
	{ "the zero time of Go", "0001-01-01T00:00:00Z", -1 },
	{ "no leap year", "2026-02-29", -1 },
	{ "no such month", "2026-13-01", -1 },
	{ "no such hour", "2026-01-11T24:00:00Z", -1 },
	{ "no offset", "2026-01-11T14:39:24", -1 },
	{ "half an offset", "2026-01-11T14:39:24+02", -1 },
	{ "an empty fraction", "2026-01-11T14:39:24.Z", -1 },
	{ "something behind it", "2026-01-11T14:39:24Z ", -1 },
	{ "something behind the date", "2026-01-11x", -1 },
	{ "signs are no digits", "2026-+1-11", -1 },
	{ "a number", "1768142364", -1 },
	{ "words", "tomorrow", -1 },
	{ "nothing", "", -1 },
};

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_error err = { 0 };
		int64_t seconds = -1;
		int result = rc_timestamp_parse(&seconds, cases[i].text, &err);

		if (result != (cases[i].seconds < 0 ? -1 : 0) || seconds != cases[i].seconds)
			fail_msg("%s: \"%s\" gives %d and %lld", cases[i].why, cases[i].text,
			    result, (long long)seconds);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
