/* What a guest tells about its mounts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/mounts.h"

static void
test_writable(void **state)
{
	static const struct {
		const char *why, *mounts;
		bool writable;
	} cases[] = {
		{ "nothing", "", false },
		{ "read-only", "/dev/vda / squashfs ro,relatime 0 0\n", false },
		{ "writable", "/dev/vda / ext4 rw,relatime 0 0\n", true },
		{ "no other option", "/dev/vda / ext4 rw 0 0\n", true },
		{ "a partition", "/dev/vda12 / ext4 rw,discard 0 0\n", true },
		{ "the second mount",
		    "proc /proc proc rw 0 0\n/dev/vda / squashfs ro 0 0\n"
		    "/dev/vda /x ext4 rw 0 0\n",
		    true },
		{ "another device", "/dev/vdb / ext4 rw 0 0\n", false },
		{ "another that begins alike", "/dev/vdaa / ext4 rw 0 0\n", false },
		{ "an option that begins alike", "/dev/vda / x rwx 0 0\n", false },
		{ "rw elsewhere", "/dev/vda /rw,a ext4 ro,rw= 0 0\n", false },
		{ "cut off", "/dev/vda / ext4", false },
		{ "only its name", "/dev/vda ", false },
		{ "no line's end", "/dev/vda / ext4 rw,a", true },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++)
		if (rc_mounts_writable(cases[i].mounts, "/dev/vda") != cases[i].writable)
			fail_msg("%s", cases[i].why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
