/* What an idle appliance can do without: every rule at its edge, and guests that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "core/reclaim.h"

#define MiB (UINT64_C(1) << 20)
#define NOW 1000000

/* 1 GiB, of which the guest's kernel has 972 MiB and uses 300; the host gave 900. */
static struct rc_reclaimable
idle(void)
{
	struct rc_reclaimable r = {
		.guest_known = true,
		.guest = { .runner = "polling", .time = NOW - 10 },
		.now = NOW,
		.memory = 1024 * MiB,
		.memory_now = 1024 * MiB,
		.usage = RC_USAGE_UNKNOWN,
	};

	r.usage.memory = 900 * MiB;
	r.usage.guest_memory = 972 * MiB;
	r.usage.guest_free = 672 * MiB;
	r.usage.guest_told = NOW - 5;
	return r;
}

#define CHANGE(name, code)                                                                         \
	static void name(struct rc_reclaimable *r)                                                 \
	{                                                                                          \
		code;                                                                              \
	}
CHANGE(nothing, (void)r)
CHANGE(silent, r->guest_known = false)
CHANGE(busy, r->guest.jobs = 1)
CHANGE(stale, r->guest.time = NOW - 121)
CHANGE(just_fresh, r->guest.time = NOW - 120)
CHANGE(ahead, r->guest.time = NOW + 121)
CHANGE(draining, strcpy(r->guest.runner, "draining"))
CHANGE(odd, strcpy(r->guest.runner, "?"))
CHANGE(large, r->memory = r->memory_now = 4096 * MiB; r->usage.guest_memory = 4000 * MiB;
       r->usage.guest_free = 3700 * MiB; r->usage.memory = 2000 * MiB)
CHANGE(old, r->usage.guest_told = NOW - RC_FRESH - 1)
CHANGE(from_the_future, r->usage.guest_told = NOW + RC_FRESH + 1)
CHANGE(never_told, r->usage.guest_told = 0)
CHANGE(no_stats, r->usage = RC_USAGE_UNKNOWN)
CHANGE(more_free_than_all, r->usage.guest_free = 973 * MiB)
CHANGE(more_than_it_has, r->usage.guest_memory = 1025 * MiB)
CHANGE(negative, r->usage.guest_free = (uint64_t)-4096)
CHANGE(none_at_all, r->usage.guest_memory = r->usage.guest_free = 0)
CHANGE(pumped, r->memory_now = 1023 * MiB)
CHANGE(balloon_unknown, r->memory_now = RC_UNKNOWN)
CHANGE(nearly_full, r->usage.guest_free = 72 * MiB; r->usage.memory = 1200 * MiB)
CHANGE(full, r->usage.guest_free = 72 * MiB - 1; r->usage.memory = 1200 * MiB)
CHANGE(given_back, r->usage.memory = 423 * MiB)
CHANGE(worth_it, r->usage.memory = 424 * MiB)
CHANGE(host_unknown, r->usage.memory = RC_UNKNOWN)

static void
test_target(void **state)
{
	static const char unknown[] = "what its guest says of its memory is old, or cannot be";
	static const struct {
		const char *why;
		void (*change)(struct rc_reclaimable *r);
		uint64_t target; /* MiB; 0: none */
		const char *said;
	} cases[] = {
		{ "used, what the kernel took, and headroom", nothing, 300 + 52 + 8, "" },
		{ "a 256th of a large one", large, 300 + 96 + 16, "" },
		{ "old figures", old, 0, unknown },
		{ "figures of the future", from_the_future, 0, unknown },
		{ "no figures yet", never_told, 0, unknown },
		{ "no figures at all", no_stats, 0, unknown },
		{ "more free than there is", more_free_than_all, 0, unknown },
		{ "more memory than it has", more_than_it_has, 0, unknown },
		{ "a negative number", negative, 0, unknown },
		{ "no memory", none_at_all, 0, unknown },
		{ "pumped up already", pumped, 0, "its balloon is not empty" },
		{ "a balloon that is not known", balloon_unknown, 0, "its balloon is not empty" },
		{ "just so much free that it is worth it", nearly_full, 960, "" },
		{ "a byte less", full, 0, "its guest uses what it has" },
		{ "given back already", given_back, 0, "the host has what its guest does not use" },
		{ "just worth it", worth_it, 360, "" },
		{ "what the host has is not known", host_unknown, 0,
		    "the host has what its guest does not use" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_reclaimable r = idle();
		uint64_t target = 0;
		char why[120] = "";

		cases[i].change(&r);
		(void)rc_usage_check(&r.usage, r.memory, NOW);
		if (rc_reclaim_target(&target, &r, why) != (cases[i].target != 0) ||
		    target != cases[i].target * MiB || strcmp(why, cases[i].said) != 0)
			fail_msg("%s: %u MiB \"%s\"", cases[i].why, (unsigned)(target / MiB), why);
	}
}

static void
test_idle(void **state)
{
	static const struct {
		void (*change)(struct rc_reclaimable *r);
		const char *said; /* "": it is idle */
	} cases[] = {
		{ nothing, "" },
		{ silent, "its guest does not answer" },
		{ busy, "a job runs in it" },
		{ stale, "what its guest tells is old, or its clock is wrong" },
		{ just_fresh, "" },
		{ ahead, "what its guest tells is old, or its clock is wrong" },
		{ draining, "its runner does not wait for work" },
		{ odd, "its runner does not wait for work" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_reclaimable r = idle();
		char why[120] = "";

		cases[i].change(&r);
		assert_int_equal(!*cases[i].said, rc_reclaim_is_idle(&r, why));
		assert_string_equal(cases[i].said, why);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
