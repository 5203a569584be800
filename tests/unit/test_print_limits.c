/* Limits as people and programs read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "cmd/print_limits.h"

#define MiB (UINT64_C(1) << 20)
#define GiB (UINT64_C(1) << 30)

static void
check_line(const char *why, char *line, const char *expected)
{
	scoped(rc_str_release) char *owned = line;

	if (strcmp(owned ? owned : "", expected) != 0)
		fail_msg("%s: %s", why, owned ? owned : "nothing");
}

static void
test_lines(void **state)
{
	static const struct {
		const char *why;
		struct rc_limits limits, own;
		const char *disk, *traffic, *wanted;
	} cases[] = {
		{ "no caps", { .cpus = 2 }, { 0 }, "", "", "" },
		{ "a rate", { .disk_rate = 50 * MiB }, { 0 }, "at most 50 MiB a second", "", "" },
		{ "operations", { .disk_iops = 500 }, { 0 }, "at most 500 operations a second", "",
		    "" },
		{ "a burst without a time", { .disk_rate = 50 * MiB, .disk_rate_burst = 200 * MiB },
		    { 0 }, "at most 50 MiB a second (200 MiB a second for 1s)", "", "" },
		{ "all of the disk's",
		    { .disk_rate = MiB,
			.disk_rate_burst = 2 * MiB,
			.disk_iops = 100,
			.disk_iops_burst = 400,
			.disk_burst_time = 90 },
		    { 0 },
		    "at most 1 MiB a second (2 MiB a second for 1m 30s), 100 operations a second "
		    "(400 operations a second for 1m 30s)",
		    "", "" },
		{ "one way", { .net_in = 4 * MiB }, { 0 }, "",
		    "in at most 4 MiB a second, out none", "" },
		{ "what it has already", { .cpu_cap = 150, .net_in = MiB },
		    { .cpu_cap = 150, .net_in = MiB }, "", "in at most 1 MiB a second, out none",
		    "" },
		{ "what it has not", { .cpus = 2, .cpu_cap = 150, .memory = GiB, .disk_iops = 10 },
		    { .cpus = 4, .cpu_cap = 50, .memory = 2 * GiB, .disk_iops = RC_NO_LIMIT },
		    "at most 10 operations a second", "",
		    "cpus 4, cpu-cap 0.5, memory 2 GiB, disk-iops none: the next generation gets "
		    "it" },
		{ "none, which it has", { .cpus = 2 }, { .net_out = RC_NO_LIMIT }, "", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		const struct rc_appliance a = { .limits = cases[i].limits, .own = cases[i].own };

		check_line(cases[i].why, rc_limits_disk_line(&a.limits), cases[i].disk);
		check_line(cases[i].why, rc_limits_traffic_line(&a.limits), cases[i].traffic);
		check_line(cases[i].why, rc_limits_wanted_line(&a), cases[i].wanted);
	}
	check_line("no processes", rc_limits_processes_line(&(struct rc_limits){ .cpus = 2 }), "");
	check_line("processes", rc_limits_processes_line(&(struct rc_limits){ .processes = 4096 }),
	    "at most 4096 in its containers");
}

static void
test_json(void **state)
{
	const struct rc_appliance a = {
		.limits = { .cpus = 2,
		    125,
		    20,
		    2 * GiB,
		    UINT64_C(1) << 60,
		    .net_in = MiB,
		    .processes = 4096 },
		.own = { .cpus = 3, .net_in = RC_NO_LIMIT },
	};
	cJSON *object = cJSON_CreateObject();
	char *text;

	(void)state;
	rc_json_limits(object, &a);
	text = cJSON_PrintUnformatted(object);
	assert_string_equal(text,
	    "{\"limits\":{\"cpus\":2,\"cpu_cap\":1.25,\"cpu_weight\":20,\"memory\":2147483648,"
	    "\"disk\":1152921504606846976,\"disk_rate\":null,\"disk_rate_burst\":null,"
	    "\"disk_iops\":null,\"disk_iops_burst\":null,\"disk_burst_time\":null,"
	    "\"net_in\":1048576,\"net_out\":null,\"processes\":4096},\"wanted\":{\"cpus\":3,\"net_"
	    "in\":null}}");
	cJSON_free(text);
	cJSON_Delete(object);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
