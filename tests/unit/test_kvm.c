/*
 * The KVM probe.  Whether KVM works depends on the machine; that the answer
 * comes soon, agrees with its reason, and leaves nothing behind does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "host/kvm.h"

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static unsigned
open_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

static void
test_answer(void **state)
{
	bool left = false;

	(void)state;
	for (int i = 0; i < 3; i++) {
		unsigned before = open_descriptors();
		char why[128] = "stale";
		double start = now();
		bool works = rc_kvm_works(why);
		double taken = now() - start;

		print_message("          %s%s (%.3f s)\n", works ? "works" : "", why, taken);
		/* It gives up after half a second; the rest is for a loaded machine. */
		if (taken > 30)
			fail_msg("took %.3f s", taken);
		if (works != (why[0] == '\0') || strlen(why) >= sizeof(why))
			fail_msg("works: %d, why: '%s'", works, why);
		assert_int_equal(open_descriptors(), before);
		/* One that was left stays our child until the kernel lets it go. */
		left = left || strstr(why, "cannot be killed");
		if (!left)
			assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	}
}

/* The child must not keep what its parent has open: the pipe ends with our own end of it. */
static void
test_descriptors_are_not_kept(void **state)
{
	char why[128], byte;
	int ends[2];

	(void)state;
	assert_return_code(pipe(ends), errno);
	rc_kvm_works(why);
	close(ends[1]);
	assert_return_code(fcntl(ends[0], F_SETFL, O_NONBLOCK), errno);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
}

#ifdef __x86_64__
static void
test_other_devices(void **state)
{
	static const struct {
		const char *why, *device, *answer;
	} cases[] = {
		{ "missing", "/nonexistent/kvm",
		    "cannot open /nonexistent/kvm: No such file or directory" },
		{ "a directory", "/dev", "cannot open /dev: Is a directory" },
		{ "not KVM", "/dev/null",
		    "/dev/null cannot tell its version: Inappropriate ioctl for device" },
		{ "a long name is cut",
		    "/dev/0123456789/0123456789/0123456789/0123456789/0123456789/"
		    "0123456789/0123456789/0123456789/0123456789/0123456789/01234"
		    "56789/0123456789/0123456789",
		    "cannot open /dev/0123456789/0123456789/0123456789/0123456789"
		    "/0123456789/0123456789/0123456789/0123456789/0123456789/0123"
		    "456789/" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		char why[128] = "";

		if (rc_kvm_device_works(cases[i].device, why))
			fail_msg("%s: works", cases[i].why);
		if (strcmp(why, cases[i].answer) != 0)
			fail_msg("%s: %s", cases[i].why, why);
	}
}
#else
static void
test_other_devices(void **state)
{
	char why[128] = "";

	(void)state;
	assert_false(rc_kvm_device_works("/dev/kvm", why));
	assert_non_null(strstr(why, "was not tried"));
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_descriptors_are_not_kept),
		cmocka_unit_test(test_other_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
