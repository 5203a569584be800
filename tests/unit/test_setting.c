/* What a change of limits comes to: now, with the next generation, or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "core/setting.h"

#define MiB (UINT64_C(1) << 20)
#define GiB (UINT64_C(1) << 30)

static char cap[] = "cpu-cap", rate[] = "disk-rate", burst[] = "disk-rate-burst",
	    memory[] = "memory";

/* 2 CPUs capped at 1.5, and 10 MiB a second with a burst of 20 MiB for 5 s. */
#define BASE                                                                                       \
	.cpus = 2, .cpu_cap = 150, .cpu_weight = 20, .memory = GiB, .disk = GiB,                   \
	.disk_rate = 10 * MiB, .disk_rate_burst = 20 * MiB, .disk_burst_time = 5

static const struct {
	const char *why;
	struct rc_limits own; /* as it was */
	struct rc_limits wish;
	const char *again; /* by default */
	struct rc_limits changed, missing;
	const char *refused;
} cases[] = {
	{ "nothing", { 0 }, { 0 }, NULL, { 0 }, { 0 }, NULL },
	{ "a cap", { 0 }, { .cpu_cap = 50 }, NULL, { .cpu_cap = 50 }, { 0 }, NULL },
	{ "a weight", { 0 }, { .cpu_weight = 5 }, NULL, { .cpu_weight = 5 }, { 0 }, NULL },
	{ "traffic", { 0 }, { .net_in = MiB, .net_out = RC_NO_LIMIT }, NULL, { .net_in = MiB },
	    { 0 }, NULL },
	{ "what it has already", { 0 }, { .cpu_cap = 150, .memory = GiB }, NULL, { 0 }, { 0 },
	    NULL },
	{ "memory", { 0 }, { .memory = 2 * GiB }, NULL, { 0 }, { .memory = 2 * GiB }, NULL },
	{ "now and later", { 0 }, { .disk = 2 * GiB, .cpu_cap = 100 }, NULL, { .cpu_cap = 100 },
	    { .disk = 2 * GiB }, NULL },
	{ "CPUs, and a cap that follows them", { 0 }, { .cpus = 4 }, NULL, { 0 }, { .cpus = 4 },
	    NULL },
	{ "a cap for CPUs that it has not yet", { 0 }, { .cpus = 4, .cpu_cap = 300 }, NULL, { 0 },
	    { .cpus = 4, .cpu_cap = 300 }, NULL },
	{ "no cap of the disk, but its burst", { 0 }, { .disk_rate = RC_NO_LIMIT }, NULL, { 0 },
	    { 0 }, "disk-rate-burst needs a disk-rate" },
	{ "no caps of the disk", { 0 },
	    { .disk_rate = RC_NO_LIMIT,
		.disk_rate_burst = RC_NO_LIMIT,
		.disk_burst_time = RC_NO_LIMIT },
	    NULL,
	    { .disk_rate = RC_NO_LIMIT,
		.disk_rate_burst = RC_NO_LIMIT,
		.disk_burst_time = RC_NO_LIMIT },
	    { 0 }, NULL },
	{ "a rate above its burst", { 0 }, { .disk_rate = 30 * MiB }, NULL, { 0 }, { 0 },
	    "disk-rate-burst is not above disk-rate" },
	{ "a cap above all CPUs", { 0 }, { .cpu_cap = 201 }, NULL, { 0 }, { 0 },
	    "a cap of 2.01 CPUs: use 0.05 to the number of CPUs, 2" },
	{ "an absurd rate", { 0 }, { .net_in = 1 }, NULL, { 0 }, { 0 },
	    "a net-in of 1 B a second: use 32 KiB a second to 64 GiB a second, or none" },
	{ "the profile's cap again", { .cpu_cap = 50 }, { 0 }, cap, { .cpu_cap = 150 }, { 0 },
	    NULL },
	{ "the profile's memory again", { .memory = 2 * GiB }, { 0 }, memory, { 0 }, { 0 }, NULL },
	{ "the profile's rate again, below a burst of one's own",
	    { .disk_rate = 2 * MiB, .disk_rate_burst = 4 * MiB }, { 0 }, rate, { 0 }, { 0 },
	    "disk-rate-burst is not above disk-rate" },
	{ "the profile's burst again", { .disk_rate_burst = 40 * MiB }, { 0 }, burst,
	    { .disk_rate_burst = 20 * MiB }, { 0 }, NULL },
	{ "an older wish stays", { .memory = 2 * GiB }, { .cpu_cap = 50 }, NULL, { .cpu_cap = 50 },
	    { .memory = 2 * GiB }, NULL },
};

static void
test_choose(void **state)
{
	static const struct rc_limits profile = { BASE };

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		char *names[] = { NULL };
		const struct rc_appliance a = { .own = cases[i].own,
			.limits = rc_limits_over(&profile, &cases[i].own) };
		struct rc_appliance before = a;
		struct rc_setting_wish wish = { .limits = cases[i].wish };
		struct rc_setting setting = { 0 };
		struct rc_error err = { 0 };
		struct rc_limits missing;

		/* What only a next generation gets, this one has not. */
		before.limits.memory = GiB;
		before.limits.disk = GiB;
		if (cases[i].again) {
			names[0] = (char *)(uintptr_t)cases[i].again;
			wish.defaults = (struct rc_strv){ .items = names, .count = 1 };
		}
		if (rc_setting_choose(&setting, &before, &profile, &wish, &err) < 0) {
			if (!cases[i].refused || strcmp(err.text, cases[i].refused) != 0)
				fail_msg("%s: %s", cases[i].why, err.text);
			continue;
		}
		missing = rc_limits_missing(&setting.limits, &setting.own);
		if (cases[i].refused || !rc_limits_equal(&setting.changed, &cases[i].changed) ||
		    !rc_limits_equal(&missing, &cases[i].missing))
			fail_msg("%s", cases[i].why);
	}
}

/*
 * What rotation compares afterwards: limits that are in force everywhere are no
 * reason, wishes that are not are one.
 */
static void
test_rotation_agrees(void **state)
{
	static const struct rc_limits profile = { BASE };
	static const struct {
		const char *why;
		struct rc_limits wish;
		bool due;
	} wishes[] = {
		{ "all in force", { .cpu_cap = 50, .net_in = MiB }, false },
		{ "one for the next generation", { .cpu_cap = 50, .memory = 2 * GiB }, true },
		{ "CPUs", { .cpus = 1 }, true },
		{ "what it had", { .cpus = 2 }, false },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(wishes); i++) {
		const struct rc_appliance a = { .limits = profile };
		const struct rc_setting_wish wish = { .limits = wishes[i].wish };
		struct rc_setting setting;
		struct rc_limits then;
		struct rc_error err;

		assert_int_equal(rc_setting_choose(&setting, &a, &profile, &wish, &err), 0);
		then = rc_limits_over(&profile, &setting.own);
		if (rc_limits_equal(&then, &setting.limits) == wishes[i].due)
			fail_msg("%s", wishes[i].why);
		assert_true(rc_limits_equal(&then, &setting.next));
	}
}

static void
test_touch(void **state)
{
	(void)state;
	assert_true(rc_limits_touch(&(struct rc_limits){ .cpu_weight = 2 }, RC_LIVE_CPU));
	assert_true(rc_limits_touch(&(struct rc_limits){ .disk_iops = RC_NO_LIMIT }, RC_LIVE_DISK));
	assert_true(rc_limits_touch(&(struct rc_limits){ .net_out = 1 }, RC_LIVE_NET));
	assert_false(rc_limits_touch(
	    &(struct rc_limits){ .disk = 1, .memory = 1, .cpus = 1 }, RC_LIVE_DISK));
	assert_false(rc_limits_touch(&(struct rc_limits){ .net_out = 1 }, RC_LIVE_CPU));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_rotation_agrees),
		cmocka_unit_test(test_touch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
