/* The last line of a serial log, whatever a guest has written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/serial_log.h"

static void
test_lines(void **state)
{
	static const struct {
		const char *why, *text, *expected;
	} cases[] = {
		{ "nothing", "", "" },
		{ "blank lines", "\r\n \n\t\n", "" },
		{ "one", "Booting...", "Booting..." },
		{ "the last one", "first\r\nsecond\r\n", "second" },
		{ "the last with something in it", "first\n  second \n\n   \n", "second" },
		{ "before the goodbye", "no root\r\n[    3.1] reboot: Power down\r\n", "no root" },
		{ "a goodbye alone", "[    3.1] reboot: Power down\r\n", "" },
		{ "written over", "loading 10%\rloading 20%", "loading 20%" },
		{ "colours", "\x1b[0;31mfailed\x1b[0m", "failed" },
		{ "the firmware's screen", "\x1b[2J\x1b[01;01HNo bootable device.\x1b[02;00H",
		    "No bootable device." },
		{ "a short sequence",
		    "\x1b"
		    "cnew",
		    "new" },
		{ "a sequence that does not end", "end\x1b[1;2", "end" },
		{ "an escape at the end", "end\x1b", "end?" },
		{ "a title for the terminal", "\x1b]0;owned\x07", "0;owned?" },
		{ "no UTF-8", "a\xff\xfe", "a??" },
		{ "UTF-8", "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *line =
		    rc_serial_last_line(cases[i].text, strlen(cases[i].text));

		if (strcmp(line, cases[i].expected) != 0)
			fail_msg("%s: '%s'", cases[i].why, line);
	}
}

static void
test_bytes(void **state)
{
	scoped(rc_str_release) char *nul = rc_serial_last_line("a\0b", 3), *cut = NULL;
	char longest[4096];

	(void)state;
	assert_string_equal(nul, "a b");
	memset(longest, 'x', sizeof(longest));
	cut = rc_serial_last_line(longest, sizeof(longest));
	assert_int_equal(strlen(cut), 160);
}

static void
test_ends(void **state)
{
	(void)state;
	assert_true(rc_serial_is_end("No bootable device."));
	assert_true(rc_serial_is_end("[ 1.0] Kernel panic - not syncing: VFS: Unable to mount"));
	assert_true(rc_serial_is_end("---[ end Kernel panic - not syncing: VFS ]---"));
	assert_true(rc_serial_is_end("grub rescue>"));
	assert_true(rc_serial_is_end("(initramfs)"));
	assert_true(rc_serial_is_end("Press Enter for maintenance"));
	assert_true(
	    rc_serial_is_end("Press Enter for maintenance(or press Control-D to continue):"));
	assert_false(rc_serial_is_end("Booting from Hard Disk..."));
	assert_false(rc_serial_is_end("Loading initial ramdisk ..."));
	assert_false(rc_serial_is_end(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
