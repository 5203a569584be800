/* CPUs as people write them, and limits that qemu and libvirt can mean at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "core/limits.h"

#define MiB (UINT64_C(1) << 20)
#define GiB (UINT64_C(1) << 30)

static void
test_cpus(void **state)
{
	static const struct {
		const char *why, *text;
		unsigned percent; /* 0: refused */
	} cases[] = {
		{ "one", "1", 100 },
		{ "one and a half", "1.5", 150 },
		{ "a quarter", "0.25", 25 },
		{ "two decimals", "1.05", 105 },
		{ "a zero behind", "1.50", 150 },
		{ "the smallest", "0.01", 1 },
		{ "the largest", "9999.99", 999999 },
		{ "zeros in front", "0001", 100 },
		{ "zero", "0", 0 },
		{ "zero with decimals", "0.00", 0 },
		{ "nothing", "", 0 },
		{ "a point alone", ".", 0 },
		{ "no digit before the point", ".5", 0 },
		{ "no digit behind the point", "1.", 0 },
		{ "no digit behind the point, large", "9999.", 0 },
		{ "three decimals", "1.555", 0 },
		{ "three decimals, all zero", "1.000", 0 },
		{ "two points", "1.5.1", 0 },
		{ "two points in a row", "1..5", 0 },
		{ "an exponent", "1e3", 0 },
		{ "five digits", "00001", 0 },
		{ "five digits, large", "10000", 0 },
		{ "many digits", "99999999999999999999", 0 },
		{ "2^32", "4294967296", 0 },
		{ "negative", "-1", 0 },
		{ "signed", "+1", 0 },
		{ "hexadecimal", "0x1", 0 },
		{ "infinite", "inf", 0 },
		{ "no number", "nan", 0 },
		{ "a blank in front", " 1", 0 },
		{ "a blank behind", "1 ", 0 },
		{ "a comma", "1,5", 0 },
		{ "a percent sign", "150%", 0 },
		{ "a unit", "2cpus", 0 },
		{ "a decimal that is none", "1.x", 0 },
		{ "digits of another script", "\xd9\xa1", 0 },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_error err = { 0 };
		unsigned percent = 0;
		int result = rc_cpus_parse(&percent, cases[i].text, &err);

		if (percent != cases[i].percent || (result == 0) != (percent != 0))
			fail_msg("%s: '%s' gives %d and %u", cases[i].why, cases[i].text, result,
			    percent);
		if (result == 0)
			continue;
		assert_int_equal(err.code, RC_USAGE);
		assert_non_null(strstr(err.text, "is not a number of CPUs"));
		assert_string_equal(err.hint, "write 1, 1.5 or 0.25");
	}
}

static void
test_check(void **state)
{
	static const struct {
		const char *why;
		struct rc_limits limits;
		const char *text; /* NULL: good */
	} cases[] = {
		{ "the default", { .cpus = 2, 150, 20, 2 * GiB, 20 * GiB }, NULL },
		{ "the smallest", { .cpus = 1, 5, 2, 512 * MiB, GiB }, NULL },
		{ "the largest", { .cpus = 255, 25500, 10000, 4096 * GiB, 65536 * GiB }, NULL },
		{ "no CPU", { .cpus = 0, 5, 20, GiB, GiB }, "0 CPUs: use 1 to 255" },
		{ "a CPU too many", { .cpus = 256, 100, 20, GiB, GiB }, "256 CPUs: use 1 to 255" },
		{ "so many CPUs that the cap overflows", { .cpus = 0xffffffff, 100, 20, GiB, GiB },
		    "4294967295 CPUs: use 1 to 255" },
		{ "less than libvirt's smallest quota", { .cpus = 1, 4, 20, GiB, GiB },
		    "a cap of 0.04 CPUs: use 0.05 to the number of CPUs, 1" },
		{ "a cap of nothing", { .cpus = 1, 0, 20, GiB, GiB },
		    "a cap of 0.00 CPUs: use 0.05 to the number of CPUs, 1" },
		{ "a cap that is none", { .cpus = 2, 201, 20, GiB, GiB },
		    "a cap of 2.01 CPUs: use 0.05 to the number of CPUs, 2" },
		{ "no weight", { .cpus = 1, 100, 0, GiB, GiB },
		    "a CPU weight of 0: use 2 to 10000" },
		{ "a weight that libvirt refuses", { .cpus = 1, 100, 1, GiB, GiB },
		    "a CPU weight of 1: use 2 to 10000" },
		{ "a weight that the kernel refuses", { .cpus = 1, 100, 10001, GiB, GiB },
		    "a CPU weight of 10001: use 2 to 10000" },
		{ "too little memory", { .cpus = 1, 100, 20, 512 * MiB - 1, GiB },
		    "a memory of 511 MiB: use 512MiB to 4TiB" },
		{ "no memory", { .cpus = 1, 100, 20, 0, GiB },
		    "a memory of 0 MiB: use 512MiB to 4TiB" },
		{ "too much memory", { .cpus = 1, 100, 20, 4096 * GiB + MiB, GiB },
		    "a memory of 4194305 MiB: use 512MiB to 4TiB" },
		{ "all memory there can be", { .cpus = 1, 100, 20, UINT64_MAX, GiB },
		    "a memory of 17592186044415 MiB: use 512MiB to 4TiB" },
		{ "too small a disk", { .cpus = 1, 100, 20, GiB, GiB - 1 },
		    "a disk of 1023 MiB: use 1GiB to 64TiB" },
		{ "all that need not be",
		    { .cpus = 1, 100, 20, GiB, GiB, 64 * MiB, 128 * MiB, 100, 200, 5, MiB, MiB },
		    NULL },
		{ "too slow a disk", { .cpus = 1, 100, 20, GiB, GiB, .disk_rate = MiB / 4 - 1 },
		    "a disk-rate of 256 KiB a second: use 256 KiB a second to 1 TiB a second, or "
		    "none" },
		{ "a disk that nobody has",
		    { .cpus = 1, 100, 20, GiB, GiB, .disk_rate = UINT64_MAX - 1 },
		    "a disk-rate of 16 EiB a second: use 256 KiB a second to 1 TiB a second, or "
		    "none" },
		{ "too few operations", { .cpus = 1, 100, 20, GiB, GiB, .disk_iops = 9 },
		    "a disk-iops of 9: use 10 to 10000000, or none" },
		{ "an endless burst",
		    { .cpus = 1,
			100,
			20,
			GiB,
			GiB,
			.disk_iops = 10,
			.disk_iops_burst = 20,
			.disk_burst_time = 3601 },
		    "a disk-burst-time of 1h 00m: use 1s to 1h 00m, or none" },
		{ "too slow a line", { .cpus = 1, 100, 20, GiB, GiB, .net_in = 32767 },
		    "a net-in of 32 KiB a second: use 32 KiB a second to 64 GiB a second, or "
		    "none" },
		{ "a line that nobody has", { .cpus = 1, 100, 20, GiB, GiB, .net_out = 65 * GiB },
		    "a net-out of 65 GiB a second: use 32 KiB a second to 64 GiB a second, or "
		    "none" },
		{ "too few processes for a build",
		    { .cpus = 1, 100, 20, GiB, GiB, .processes = 99 },
		    "a processes of 99: use 100 to 4194304, or none" },
		{ "a burst that is none",
		    { .cpus = 1, 100, 20, GiB, GiB, .disk_rate = MiB, .disk_rate_burst = MiB },
		    "disk-rate-burst is not above disk-rate" },
		{ "a burst of nothing", { .cpus = 1, 100, 20, GiB, GiB, .disk_rate_burst = MiB },
		    "disk-rate-burst needs a disk-rate" },
		{ "a burst of operations that is none",
		    { .cpus = 1, 100, 20, GiB, GiB, .disk_iops = 100, .disk_iops_burst = 50 },
		    "disk-iops-burst is not above disk-iops" },
		{ "a burst of no operations",
		    { .cpus = 1, 100, 20, GiB, GiB, .disk_iops_burst = 50 },
		    "disk-iops-burst needs a disk-iops" },
		{ "a time of no burst",
		    { .cpus = 1, 100, 20, GiB, GiB, .disk_rate = MiB, .disk_burst_time = 5 },
		    "disk-burst-time needs a disk-rate-burst or a disk-iops-burst" },
		{ "too large a disk", { .cpus = 1, 100, 20, GiB, UINT64_MAX },
		    "a disk of 17592186044415 MiB: use 1GiB to 64TiB" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_error err = { 0 };
		int result = rc_limits_check(&cases[i].limits, &err);

		if (result != (cases[i].text ? -1 : 0))
			fail_msg("%s: %d %s", cases[i].why, result, err.text);
		if (result == 0)
			continue;
		assert_int_equal(err.code, RC_USAGE);
		assert_string_equal(err.text, cases[i].text);
	}
}

static void
test_parse(void **state)
{
	static const struct {
		const char *why, *name, *text;
		uint64_t value;   /* 0: refused */
		const char *said; /* the error, or how the value is shown */
	} cases[] = {
		{ "a count", "cpus", "4", 4, "4" },
		{ "a fraction", "cpu-cap", "1.5", 150, "1.5" },
		{ "a size", "memory", "4GiB", 4 * GiB, "4 GiB" },
		{ "a rate", "net-in", "4MiB", 4 * MiB, "4 MiB a second" },
		{ "a time", "disk-burst-time", "90", 90, "1m 30s" },
		{ "no limit", "net-in", "none", RC_NO_LIMIT, "none" },
		{ "no limit of a count", "disk-iops", "none", RC_NO_LIMIT, "none" },
		{ "what there must be", "memory", "none", 0, "'none' is not a size" },
		{ "CPUs there must be", "cpus", "none", 0,
		    "'none' is not a whole number from 1 to 10000" },
		{ "negative operations", "disk-iops", "-1", 0,
		    "'-1' is not a whole number from 1 to 10000000" },
		{ "operations beyond 64 bits", "disk-iops", "18446744073709551616", 0,
		    "'18446744073709551616' is not a whole number from 1 to 10000000" },
		{ "processes", "processes", "4096", 4096, "4096" },
		{ "no number of processes", "processes", "0", 0,
		    "'0' is not a whole number from 1 to 4194304" },
		{ "negative processes", "processes", "-1", 0,
		    "'-1' is not a whole number from 1 to 4194304" },
		{ "more processes than Linux has", "processes", "4194305", 0,
		    "'4194305' is not a whole number from 1 to 4194304" },
		{ "a negative rate", "net-out", "-1MiB", 0, "'-1MiB' is not a size" },
		{ "a rate without a unit", "net-out", "1000000", 0, "'1000000' is not a size" },
		{ "no rate", "disk-rate", "0MiB", 0, "'0MiB' is not a size: it is zero" },
		{ "no time", "disk-burst-time", "0.9s", 0, "'0.9s' is no time: use 1s or more" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		const struct rc_limit *limit = rc_limit_find(cases[i].name);
		struct rc_error err = { 0 };
		uint64_t value = 0;
		char buf[32];

		if (!limit)
			fail_msg("there is no %s", cases[i].name);
		if ((rc_limit_parse(&value, limit, cases[i].text, &err) == 0) !=
			(cases[i].value != 0) ||
		    value != cases[i].value)
			fail_msg("%s: %llu %s", cases[i].why, (unsigned long long)value, err.text);
		assert_string_equal(
		    value ? rc_limit_format(buf, limit, value) : err.text, cases[i].said);
	}
	assert_null(rc_limit_find("cpu"));
}

/* Every row's field is its own: what is put there is got there, and nowhere else. */
static void
test_rows(void **state)
{
	struct rc_limits all = { 0 };
	uint64_t n = 0;

	(void)state;
	for (const struct rc_limit *limit = rc_limit_rows; limit->name; limit++)
		rc_limit_put(&all, limit, ++n);
	for (const struct rc_limit *limit = rc_limit_rows + n - 1; n; n--, limit--) {
		struct rc_limits other = all;

		assert_int_equal(rc_limit_get(&all, limit), n);
		rc_limit_put(&other, limit, n + 1);
		assert_false(rc_limits_equal(&all, &other));
	}
}

static void
test_wishes(void **state)
{
	static const struct rc_limits base = { .cpus = 2, 150, 20, GiB, GiB, .net_in = MiB };
	static const struct {
		const char *why;
		struct rc_limits wish, over, missing;
	} cases[] = {
		{ "nothing", { 0 }, { .cpus = 2, 150, 20, GiB, GiB, .net_in = MiB }, { 0 } },
		{ "the cap follows the CPUs", { .cpus = 4 },
		    { .cpus = 4, 300, 20, GiB, GiB, .net_in = MiB }, { .cpus = 4 } },
		{ "a cap of its own", { .cpus = 4, .cpu_cap = 50 },
		    { .cpus = 4, 50, 20, GiB, GiB, .net_in = MiB }, { .cpus = 4, .cpu_cap = 50 } },
		{ "what is there", { .memory = GiB, .net_in = MiB },
		    { .cpus = 2, 150, 20, GiB, GiB, .net_in = MiB }, { 0 } },
		{ "none", { .net_in = RC_NO_LIMIT, .net_out = RC_NO_LIMIT },
		    { .cpus = 2, 150, 20, GiB, GiB }, { .net_in = RC_NO_LIMIT } },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		const struct rc_limits over = rc_limits_over(&base, &cases[i].wish);
		const struct rc_limits missing = rc_limits_missing(&base, &cases[i].wish);

		if (!rc_limits_equal(&over, &cases[i].over) ||
		    !rc_limits_equal(&missing, &cases[i].missing))
			fail_msg("%s", cases[i].why);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_wishes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
