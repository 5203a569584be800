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
		{ "the default", { 2, 150, 20, 2 * GiB, 20 * GiB }, NULL },
		{ "the smallest", { 1, 5, 2, 512 * MiB, GiB }, NULL },
		{ "the largest", { 255, 25500, 10000, 4096 * GiB, 65536 * GiB }, NULL },
		{ "no CPU", { 0, 5, 20, GiB, GiB }, "0 CPUs: use 1 to 255" },
		{ "a CPU too many", { 256, 100, 20, GiB, GiB }, "256 CPUs: use 1 to 255" },
		{ "so many CPUs that the cap overflows", { 0xffffffff, 100, 20, GiB, GiB },
		    "4294967295 CPUs: use 1 to 255" },
		{ "less than libvirt's smallest quota", { 1, 4, 20, GiB, GiB },
		    "a cap of 0.04 CPUs: use 0.05 to the number of CPUs, 1" },
		{ "a cap of nothing", { 1, 0, 20, GiB, GiB },
		    "a cap of 0.00 CPUs: use 0.05 to the number of CPUs, 1" },
		{ "a cap that is none", { 2, 201, 20, GiB, GiB },
		    "a cap of 2.01 CPUs: use 0.05 to the number of CPUs, 2" },
		{ "no weight", { 1, 100, 0, GiB, GiB }, "a CPU weight of 0: use 2 to 10000" },
		{ "a weight that libvirt refuses", { 1, 100, 1, GiB, GiB },
		    "a CPU weight of 1: use 2 to 10000" },
		{ "a weight that the kernel refuses", { 1, 100, 10001, GiB, GiB },
		    "a CPU weight of 10001: use 2 to 10000" },
		{ "too little memory", { 1, 100, 20, 512 * MiB - 1, GiB },
		    "a memory of 511 MiB: use 512MiB to 4TiB" },
		{ "no memory", { 1, 100, 20, 0, GiB }, "a memory of 0 MiB: use 512MiB to 4TiB" },
		{ "too much memory", { 1, 100, 20, 4096 * GiB + MiB, GiB },
		    "a memory of 4194305 MiB: use 512MiB to 4TiB" },
		{ "all memory there can be", { 1, 100, 20, UINT64_MAX, GiB },
		    "a memory of 17592186044415 MiB: use 512MiB to 4TiB" },
		{ "too small a disk", { 1, 100, 20, GiB, GiB - 1 },
		    "a disk of 1023 MiB: use 1GiB to 64TiB" },
		{ "too large a disk", { 1, 100, 20, GiB, UINT64_MAX },
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
