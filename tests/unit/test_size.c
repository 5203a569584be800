/* Sizes and durations as people write them, and mean them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <string.h>

#include "base/size.h"
#include "base/str.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)
#define DAY INT64_C(86400)

static void
test_sizes(void **state)
{
	static const struct {
		const char *why, *text;
		uint64_t bytes; /* 0: refused */
		const char *says;
	} cases[] = {
		{ "the usual", "512MiB", 512 * MIB, NULL },
		{ "short", "4G", 4 * GIB, NULL },
		{ "with B", "4GB", 4 * GIB, NULL },
		{ "small letter", "4g", 4 * GIB, NULL },
		{ "each unit", "1K", KIB, NULL },
		{ "each unit", "1TiB", TIB, NULL },
		{ "decimals", "1.5GiB", GIB + GIB / 2, NULL },
		{ "three decimals, cut to bytes", "0.001K", 1, NULL },
		{ "leading zeros", "0004M", 4 * MIB, NULL },
		{ "the largest", "16777T", 16777 * TIB, NULL },
		{ "does not fit", "16778T", 0, "is too large" },
		{ "twelve digits", "999999999999K", 999999999999 * KIB, NULL },
		{ "thirteen digits", "1000000000000K", 0, "is not a size" },
		{ "no unit", "512", 0, "is not a size" },
		{ "bytes", "512B", 0, "is not a size" },
		{ "nothing", "", 0, "is not a size" },
		{ "only a unit", "G", 0, "is not a size" },
		{ "only a point", ".G", 0, "is not a size" },
		{ "no leading digit", ".5G", 0, "is not a size" },
		{ "four decimals", "1.0001G", 0, "is not a size" },
		{ "a point and nothing behind it", "1.G", 0, "is not a size" },
		{ "two points", "1.2.3G", 0, "is not a size" },
		{ "a comma", "1,5G", 0, "is not a size" },
		{ "zero", "0G", 0, "is zero" },
		{ "zero with decimals", "0.000G", 0, "is zero" },
		{ "negative", "-1G", 0, "is not a size" },
		{ "signed", "+1G", 0, "is not a size" },
		{ "exponent", "1e3M", 0, "is not a size" },
		{ "hexadecimal", "0x10M", 0, "is not a size" },
		{ "infinite", "infG", 0, "is not a size" },
		{ "a blank inside", "1 G", 0, "is not a size" },
		{ "a blank behind", "1G ", 0, "is not a size" },
		{ "a blank in front", " 1G", 0, "is not a size" },
		{ "bits", "1Gib", 0, "is not a size" },
		{ "half a suffix", "1Gi", 0, "is not a size" },
		{ "an unknown unit", "1E", 0, "is not a size" },
		{ "something behind", "1GiBx", 0, "is not a size" },
		{ "another kind of digits", "\xd9\xa1G", 0, "is not a size" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_error err = { 0 };
		uint64_t bytes = 42;
		int result = rc_size_parse(&bytes, cases[i].text, &err);

		if ((result == 0) != (cases[i].bytes != 0) ||
		    bytes != (cases[i].bytes ? cases[i].bytes : 42))
			fail_msg("%s: '%s' is %d, %" PRIu64 " %s", cases[i].why, cases[i].text,
			    result, bytes, err.text);
		if (cases[i].says && (err.code != RC_USAGE || !strstr(err.text, cases[i].says)))
			fail_msg("%s: %s", cases[i].why, err.text);
	}
}

static void
test_size_texts(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ KIB, "1 KiB" },
		{ KIB + KIB / 2, "1.5 KiB" },
		{ 10 * MIB + MIB / 4, "10 MiB" },
		{ 1023 * MIB, "1023 MiB" },
		{ 20 * GIB, "20 GiB" },
		{ 3 * TIB + TIB / 10, "3.1 TiB" },
		{ UINT64_MAX, "16 EiB" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		char text[16];

		assert_string_equal(rc_size_format(text, cases[i].bytes), cases[i].text);
	}
}

static void
test_durations(void **state)
{
	static const struct {
		const char *why, *text;
		int64_t seconds; /* -1: refused */
		const char *says;
	} cases[] = {
		{ "a plain number", "90", 90, NULL },
		{ "seconds", "90s", 90, NULL },
		{ "minutes", "30m", 1800, NULL },
		{ "hours", "2h", 7200, NULL },
		{ "days", "7d", 7 * DAY, NULL },
		{ "decimals", "1.5h", 5400, NULL },
		{ "cut to seconds", "0.9s", 0, NULL },
		{ "none", "0", 0, NULL },
		{ "ten years", "3650d", 3650 * DAY, NULL },
		{ "more", "3651d", -1, "longer than ten years" },
		{ "more, in seconds", "315360001", -1, "longer than ten years" },
		{ "twelve digits", "999999999999d", -1, "longer than ten years" },
		{ "thirteen digits", "1000000000000", -1, "is not a duration" },
		{ "nothing", "", -1, "is not a duration" },
		{ "only a unit", "h", -1, "is not a duration" },
		{ "negative", "-1h", -1, "is not a duration" },
		{ "weeks", "1w", -1, "is not a duration" },
		{ "capital", "1H", -1, "is not a duration" },
		{ "a word", "1hour", -1, "is not a duration" },
		{ "two units", "1h30m", -1, "is not a duration" },
		{ "a blank", "1 h", -1, "is not a duration" },
		{ "an escape", "\x1b[2J", -1, "'?[2J' is not a duration" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_error err = { 0 };
		int64_t seconds = -1;
		int result = rc_duration_parse(&seconds, cases[i].text, &err);

		if ((result == 0) != (cases[i].says == NULL) || seconds != cases[i].seconds)
			fail_msg("%s: '%s' is %d, %" PRId64 " %s", cases[i].why, cases[i].text,
			    result, seconds, err.text);
		if (cases[i].says && (err.code != RC_USAGE || !strstr(err.text, cases[i].says)))
			fail_msg("%s: %s", cases[i].why, err.text);
	}
}

static void
test_duration_texts(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{ INT64_MIN, "0s" },
		{ -1, "0s" },
		{ 0, "0s" },
		{ 59, "59s" },
		{ 60, "1m 00s" },
		{ 3599, "59m 59s" },
		{ 3600, "1h 00m" },
		{ DAY - 1, "23h 59m" },
		{ DAY, "1d 0h" },
		{ 3 * DAY + 4 * 3600 + 5, "3d 4h" },
		{ INT64_MAX, "9999d 0h" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		char text[16];

		assert_string_equal(rc_duration_format(text, cases[i].seconds), cases[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_size_texts),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_duration_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
