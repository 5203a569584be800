/* A host's settings, read from a directory that is made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "host/hardening.h"

static char root[] = "/tmp/runnerctl-hardening.XXXXXX";

static void
put(const char *path, const char *text)
{
	scoped(rc_str_release) char *whole = rc_format("%s%s", root, path);
	scoped(rc_str_release) char *command =
	    rc_format("mkdir -p '%.*s'", (int)(strrchr(whole, '/') - whole), whole);
	FILE *file;

	assert_int_equal(system(command), 0);
	file = fopen(whole, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int
begin(void **state)
{
	(void)state;
	strcpy(root + strlen(root) - 6, "XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int
end(void **state)
{
	scoped(rc_str_release) char *command = rc_format("rm -r '%s'", root);

	(void)state;
	return system(command);
}

/* What is not there is not known, and no reason to fear. */
static void
test_nothing(void **state)
{
	struct rc_hardening h;

	(void)state;
	rc_hardening_read(&h, root);
	for (size_t i = 0; i < RC_COUNT(h.bridge_calls); i++)
		assert_int_equal(h.bridge_calls[i], RC_NO_NUMBER);
	assert_int_equal(h.shared_pages, RC_NO_NUMBER);
	assert_int_equal(h.shared_cores, RC_NO_NUMBER);
	assert_false(h.swap);
	assert_false(h.require_confined);
	assert_string_equal(h.vulnerable, "");
}

static void
test_all(void **state)
{
	struct rc_hardening h;

	(void)state;
	put("/proc/sys/net/bridge/bridge-nf-call-iptables", "1\n");
	put("/proc/sys/net/bridge/bridge-nf-call-ip6tables", "0\n");
	put("/sys/kernel/mm/ksm/run", "1\n");
	put("/sys/devices/system/cpu/smt/active", "0\n");
	put("/proc/swaps", "Filename Type Size\n/dev/dm-1 partition 1000\n");
	put("/sys/devices/system/cpu/vulnerabilities/retbleed", "Vulnerable\n");
	put("/sys/devices/system/cpu/vulnerabilities/mds", "Vulnerable: no microcode\n");
	put("/sys/devices/system/cpu/vulnerabilities/l1tf", "Not affected\n");
	put("/sys/devices/system/cpu/vulnerabilities/srbds", "Mitigation: Microcode\n");
	rc_hardening_read(&h, root);
	assert_int_equal(h.bridge_calls[0], 1);
	assert_int_equal(h.bridge_calls[1], 0);
	assert_int_equal(h.bridge_calls[2], RC_NO_NUMBER);
	assert_int_equal(h.shared_pages, 1);
	assert_int_equal(h.shared_cores, 0);
	assert_true(h.swap);
	assert_string_equal(h.vulnerable, "mds, retbleed");
	put("/proc/swaps", "Filename Type Size\n");
	rc_hardening_read(&h, root);
	assert_false(h.swap);
}

static void
test_confined(void **state)
{
	static const struct {
		const char *why, *text;
		bool required;
	} cases[] = {
		{ "nothing", "", false },
		{ "a comment", "#security_require_confined = 1\n", false },
		{ "said", "security_require_confined = 1\n", true },
		{ "without blanks, and without an end",
		    "user = \"root\"\nsecurity_require_confined=1", true },
		{ "said not to", "security_require_confined = 0\n", false },
		{ "taken back", "security_require_confined = 1\nsecurity_require_confined = 0\n",
		    false },
		{ "something else", "security_require_confined_too = 1\n", false },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_hardening h;

		put("/etc/libvirt/qemu.conf", cases[i].text);
		rc_hardening_read(&h, root);
		if (h.require_confined != cases[i].required)
			fail_msg("%s", cases[i].why);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing, begin, end),
		cmocka_unit_test_setup_teardown(test_all, begin, end),
		cmocka_unit_test_setup_teardown(test_confined, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
