/* What goes wrong with config disks before libguestfs is launched: nothing may be left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "host/guestfs.h"

#define DISKS 3

static char directory[] = "/tmp/rc-guestfs-XXXXXX";

/* A launch would be a step. */
static void
no_step(void *context, const char *what)
{
	(void)context;
	fail_msg("went on to '%s'", what);
}

static int
make(const volatile sig_atomic_t *stop, struct rc_error *err)
{
	const struct rc_run run = { .step = no_step, .stop = stop };
	scoped(rc_injection_release) struct rc_injection injection = { 0 };
	struct rc_config_disk disks[DISKS];
	scoped(rc_strv_release) struct rc_strv paths = { 0 };

	rc_injection_add(&injection, "/hostname", "ci-1.3\n", 7, 0644);
	for (size_t i = 0; i < DISKS; i++) {
		scoped(rc_str_release) char *path = rc_format("%s/%zu.raw", directory, i);

		rc_strv_add(&paths, path);
		disks[i] = (struct rc_config_disk){ paths.items[i], &injection };
	}
	return rc_guestfs_make_disks(disks, DISKS, true, &run, err);
}

static void
test_number_of_disks(void **state)
{
	const struct rc_run run = { .step = no_step };
	struct rc_error err = { 0 };

	(void)state;
	assert_return_code(rc_guestfs_make_disks(NULL, 0, true, &run, &err), 0);
	assert_int_equal(rc_guestfs_make_disks(NULL, 201, true, &run, &err), -1);
	assert_string_equal(err.text, "201 config disks at once are too many");
}

static void
test_stopped_before(void **state)
{
	const volatile sig_atomic_t stop = 1;
	struct rc_error err = { 0 };

	(void)state;
	assert_int_equal(make(&stop, &err), -1);
	assert_string_equal(err.text, "interrupted");
}

/* The last file is somebody's: it stays as it is, and the others go. */
static void
test_file_exists(void **state)
{
	scoped(rc_str_release) char *path = rc_format("%s/2.raw", directory), *text = NULL;
	struct rc_error err = { 0 };

	(void)state;
	assert_return_code(rc_file_publish(path, "theirs", 6, 0644, &err), 0);
	assert_int_equal(make(NULL, &err), -1);
	assert_int_equal(err.sys, EEXIST);
	assert_return_code(rc_file_read(&text, NULL, path, 100, &err), 0);
	assert_string_equal(text, "theirs");
	unlink(path);
}

/* A limit on file sizes stands in for a full file system. */
static void
test_no_room(void **state)
{
	struct rlimit old, small;
	struct rc_error err = { 0 };

	(void)state;
	assert_return_code(getrlimit(RLIMIT_FSIZE, &old), errno);
	small = (struct rlimit){ .rlim_cur = 4096, .rlim_max = old.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_return_code(setrlimit(RLIMIT_FSIZE, &small), errno);
	assert_int_equal(make(NULL, &err), -1);
	assert_return_code(setrlimit(RLIMIT_FSIZE, &old), errno);
	assert_non_null(strstr(err.text, "cannot take space for "));
	assert_int_equal(err.sys, EFBIG);
}

/* Each test starts with an empty directory, and must leave it so. */
static int
set_up(void **state)
{
	(void)state;
	memcpy(directory + sizeof(directory) - 7, "XXXXXX", 6);
	return mkdtemp(directory) ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	return rmdir(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_number_of_disks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stopped_before, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_file_exists, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_room, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
