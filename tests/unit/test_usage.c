/* Readings of a domain: what a guest cannot mean, or said too long ago, is not known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/usage.h"

#define NOW INT64_C(1768730400)
#define HAS (UINT64_C(2) << 30) /* what the domain may have */

static void
test_claims(void **state)
{
	static const struct {
		const char *why;
		uint64_t memory, free, told;
		bool honest;
		uint64_t used; /* RC_UNKNOWN: nothing is believed */
	} cases[] = {
		{ "fresh", 2000, 500, NOW, true, 1500 },
		{ "nothing free", 2000, 0, NOW, true, 2000 },
		{ "all free", 2000, 2000, NOW, true, 0 },
		{ "all that there is", HAS, 1, NOW, true, HAS - 1 },
		{ "just fresh", 2000, 500, NOW - RC_FRESH, true, 1500 },
		{ "old", 2000, 500, NOW - RC_FRESH - 1, true, RC_UNKNOWN },
		{ "a clock a little ahead", 2000, 500, NOW + RC_FRESH, true, 1500 },
		{ "of the future", 2000, 500, NOW + RC_FRESH + 1, true, RC_UNKNOWN },
		{ "of a far future", 2000, 500, UINT64_MAX - 1, true, RC_UNKNOWN },
		{ "never told", 2000, 500, 0, true, RC_UNKNOWN },
		{ "no time", 2000, 500, RC_UNKNOWN, true, RC_UNKNOWN },
		{ "no driver", RC_UNKNOWN, RC_UNKNOWN, 0, true, RC_UNKNOWN },
		{ "half an answer", 2000, RC_UNKNOWN, NOW, true, RC_UNKNOWN },
		{ "the other half", RC_UNKNOWN, 500, NOW, true, RC_UNKNOWN },
		{ "more free than there is", 2000, 2001, NOW, false, RC_UNKNOWN },
		{ "more than it was given", HAS + 1, 500, NOW, false, RC_UNKNOWN },
		{ "a negative number", UINT64_MAX - 1023, 500, NOW, false, RC_UNKNOWN },
		{ "negative and free", 2000, UINT64_MAX - 1023, NOW, false, RC_UNKNOWN },
		{ "no memory at all", 0, 0, NOW, false, RC_UNKNOWN },
		{ "an old lie", HAS + 1, 500, NOW - 3600, true, RC_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_usage usage = RC_USAGE_UNKNOWN;

		usage.memory = 7;
		usage.guest_memory = cases[i].memory;
		usage.guest_free = cases[i].free;
		usage.guest_told = cases[i].told;
		if (rc_usage_check(&usage, HAS, NOW) != cases[i].honest)
			fail_msg("%s: honest or not", cases[i].why);
		if (rc_usage_guest_used(&usage) != cases[i].used)
			fail_msg("%s: %llu", cases[i].why,
			    (unsigned long long)rc_usage_guest_used(&usage));
		if (usage.memory != 7)
			fail_msg("%s: the host's own figure was touched", cases[i].why);
	}
}

static void
test_pace(void **state)
{
	static const struct {
		const char *why;
		uint64_t before, after;
		double seconds, each;
	} cases[] = {
		{ "nothing", 5, 5, 1, 0 },
		{ "some", 5, 25, 2, 10 },
		{ "in less than a second", 0, 10, 0.5, 20 },
		{ "started anew", 100, 5, 1, -1 },
		{ "no first reading", RC_UNKNOWN, 5, 1, -1 },
		{ "no second reading", 5, RC_UNKNOWN, 1, -1 },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_usage before = RC_USAGE_UNKNOWN, after = RC_USAGE_UNKNOWN;
		struct rc_pace pace;

		before.read = before.written = before.received = before.sent = cases[i].before;
		after.read = after.written = after.received = after.sent = cases[i].after;
		pace = rc_usage_pace(&before, &after, cases[i].seconds);
		if (pace.read != cases[i].each || pace.written != cases[i].each ||
		    pace.received != cases[i].each || pace.sent != cases[i].each)
			fail_msg("%s: %g, not %g", cases[i].why, pace.read, cases[i].each);
		assert_true(pace.seconds == cases[i].seconds);
		assert_true(pace.cpus == -1);
	}
}

static void
test_cpus(void **state)
{
	struct rc_usage before = RC_USAGE_UNKNOWN, after = RC_USAGE_UNKNOWN;

	(void)state;
	before.cpu = UINT64_C(1000000000);
	after.cpu = UINT64_C(4000000000);
	assert_true(rc_usage_pace(&before, &after, 2).cpus == 1.5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
