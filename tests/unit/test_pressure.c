/* Pressure stall information: what the kernel writes, what else may be there, and the mark. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "host/pressure.h"

#define SOME "some avg10=90.00 avg60=80.00 avg300=70.00 total=1\n"
#define FULL "full avg10=1.00 avg60=23.45 avg300=3.00 total=1\n"

static void
test_text(void **state)
{
	static const struct {
		const char *why, *text;
		int value;
	} cases[] = {
		{ "as the kernel writes it", SOME FULL, 2345 },
		{ "idle", SOME "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n", 0 },
		{ "all of it", "full avg10=1.00 avg60=100.00 avg300=1.00 total=1\n", 10000 },
		{ "without a last newline", SOME "full avg10=1.00 avg60=1.50", 150 },
		{ "only some", SOME, -1 },
		{ "nothing", "", -1 },
		{ "no field", "full avg10=1.00\n", -1 },
		{ "the field in another line", "full avg10=1.00\n" SOME, -1 },
		{ "negative", "full avg60=-1.00", -1 },
		{ "no number", "full avg60=nan", -1 },
		{ "more than all", "full avg60=100.01", -1 },
		{ "many digits", "full avg60=99999999999.00", -1 },
		{ "one decimal", "full avg60=1.5", -1 },
		{ "three decimals", "full avg60=1.500", -1 },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++)
		if (rc_pressure_read_text(cases[i].text) != cases[i].value)
			fail_msg("%s", cases[i].why);
}

static void
test_mark(void **state)
{
	static const struct {
		const char *why;
		struct rc_pressure pressure;
		unsigned mark;
		const char *said; /* NULL: not high */
	} cases[] = {
		{ "at the mark", { 2000, 0 }, 20,
		    "the host is short of memory: nothing got on for 20 % of the last minute" },
		{ "just below", { 1999, 1999 }, 20, NULL },
		{ "I/O", { 0, 4599 }, 20,
		    "the host is short of I/O: nothing got on for 45 % of the last minute" },
		{ "a kernel that does not tell", { -1, -1 }, 1, NULL },
		{ "never", { 10000, 10000 }, 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		char why[160] = "";
		bool high = rc_pressure_is_high(&cases[i].pressure, cases[i].mark, why);

		if (high != !!cases[i].said || strcmp(why, high ? cases[i].said : "") != 0)
			fail_msg("%s: \"%s\"", cases[i].why, why);
	}
}

static void
test_look(void **state)
{
	char root[] = "/tmp/pressure-XXXXXX";
	scoped(rc_str_release) char *proc = NULL, *folder = NULL, *file = NULL;
	struct rc_pressure pressure;
	struct rc_error err;

	(void)state;
	assert_non_null(mkdtemp(root));
	proc = rc_format("%s/proc", root);
	folder = rc_format("%s/pressure", proc);
	file = rc_format("%s/memory", folder);
	pressure = rc_pressure_look(root);
	assert_true(pressure.memory == -1 && pressure.io == -1);
	assert_true(mkdir(proc, 0700) == 0 && mkdir(folder, 0700) == 0);
	assert_int_equal(0, rc_file_publish(file, SOME FULL, strlen(SOME FULL), 0600, &err));
	pressure = rc_pressure_look(root);
	assert_true(pressure.memory == 2345 && pressure.io == -1);
	assert_true(
	    unlink(file) == 0 && rmdir(folder) == 0 && rmdir(proc) == 0 && rmdir(root) == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_mark),
		cmocka_unit_test(test_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
