/* Metrics: the whole page, what has no sample, and labels that want to break out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "base/str.h"
#include "cmd/metric.h"
#include "cmd/print.h"
#include "golden.h"

#define NOW INT64_C(1768730400) /* 2026-01-18 10:00 UTC */

/* The caller frees. */
static char *
printed(struct rc_view *items, size_t count)
{
	const struct rc_views views = { items, count };
	struct rc_page page = { .now = NOW };
	char *text = NULL;
	size_t size = 0;

	page.out = open_memstream(&text, &size);
	assert_non_null(page.out);
	rc_print_metrics(&page, &views);
	fclose(page.out);
	return text;
}

static char name_1[] = "ci-1", name_2[] = "ci-2", image[] = "appliance@20260115",
	    image_now[] = "appliance@20260117", profile[] = "default", text[] = "secret words",
	    hostile[] = "a\"} 1\nrunnerctl_appliance_jobs{b=\"\\";

static void
fill_busy(struct rc_view *view)
{
	*view = (struct rc_view){ .running = true,
		.usage = { .memory = UINT64_C(431) << 20,
		    .cpu = UINT64_C(1234000000005),
		    .disk = UINT64_C(2254857830),
		    .read = UINT64_C(9007199254740993),
		    .written = 2,
		    .reads = 3,
		    .writes = 4,
		    .received = 5,
		    .sent = 0,
		    .guest_memory = 2000,
		    .guest_free = 500 },
		.guest_known = true,
		.isolation = RC_ISOLATED,
		.image_now = image_now };
	view->appliance = (struct rc_appliance){ .name = name_1,
		.generation = 4,
		.state = RC_STATE_READY,
		.image = image,
		.profile = profile,
		.limits = { .cpus = 2, 150, 20, UINT64_C(2) << 30, UINT64_C(20) << 30 },
		.created = NOW - 86400,
		.ownership = RC_RUNNER_OWNED,
		.runner_id = 42,
		.token_expires = NOW + 86400 };
	view->guest = (struct rc_guest_status){ .runner = "polling",
		.docker = "ok",
		.jobs = 1,
		.disk_size = 1000,
		.disk_used = 374,
		.inodes = 10,
		.inodes_used = 5 };
}

/* The elder of a rotation, one that failed to rotate and lies, one that waits for register. */
static void
test_page(void **state)
{
	struct rc_problem problems[] = { { RC_PROBLEM_GUEST_LIES, text },
		{ RC_PROBLEM_ROTATION_FAILED, text }, { RC_PROBLEM_GUEST_LIES, text } };
	struct rc_view items[4];
	scoped(rc_str_release) char *page = NULL;

	(void)state;
	fill_busy(&items[0]);
	items[0].appliance.generation = 3;
	items[0].appliance.state = RC_STATE_DRAINING;
	items[0].appliance.drain_begun = NOW - 90;
	items[0].usage = RC_USAGE_UNKNOWN;
	items[0].guest_known = false;
	items[0].image_now = NULL;
	fill_busy(&items[1]);
	fill_busy(&items[2]);
	items[2].appliance.name = name_2;
	items[2].appliance.generation = 1;
	items[2].appliance.profile = hostile;
	items[2].appliance.rotation_failed = NOW - 3600;
	items[2].appliance.rotation_code = RC_GITLAB;
	items[2].emulated = true;
	items[2].isolation = RC_EXPOSED;
	memcpy(items[2].guest.runner, "?", 2);
	items[2].guest.disk_size = items[2].guest.disk_used = 0;
	items[2].problems = (struct rc_problems){ problems, RC_COUNT(problems) };
	items[1].appliance.limits.disk_rate = UINT64_C(50) << 20;
	items[1].appliance.limits.disk_iops = 500;
	items[1].appliance.limits.net_in = UINT64_C(4) << 20;
	items[1].appliance.limits.net_out = UINT64_C(1) << 20;
	items[1].appliance.limits.processes = 4096;
	items[3] =
	    (struct rc_view){ .appliance = { .name = name_2,
				  .generation = 2,
				  .state = RC_STATE_CREATED,
				  .limits = { .cpus = 4, .memory = 1 << 30, .disk = 1 << 30 } } };
	page = printed(items, 4);
	check_golden(page, GOLDEN("metrics.prom"));
	assert_null(strstr(page, text));
}

static void
test_nothing(void **state)
{
	scoped(rc_str_release) char *page = printed(NULL, 0);

	(void)state;
	assert_non_null(strstr(page, "runnerctl_appliances{state=\"ready\"} 0\n"));
	assert_null(strstr(page, "runnerctl_appliance_"));
}

/* Whatever a row reads of one that is off or silent, it is not known rather than 0. */
static void
test_unknown(void **state)
{
	static const char *const always[] = { "appliance_running", "appliance_cpu_limit",
		"appliance_memory_limit_bytes", "appliance_disk_limit_bytes" };
	const struct rc_view off = { .usage = RC_USAGE_UNKNOWN };

	(void)state;
	for (const struct rc_metric *metric = rc_metrics; metric->name; metric++) {
		bool known = rc_metric_value(metric, &off, NOW) != RC_UNKNOWN;
		bool expected = false;

		for (size_t i = 0; i < RC_COUNT(always); i++)
			expected = expected || strcmp(metric->name, always[i]) == 0;
		if (known != expected)
			fail_msg("%s: %s", metric->name, known ? "known" : "not known");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
