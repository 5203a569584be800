/* Locks are files that nobody else can take: in a folder of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "host/lock.h"

static char folder[] = "test_lock-XXXXXX", path[64];

/* What lock.c makes and opens under /run. */
int __wrap_mkdir(const char *name, mode_t mode);
int __real_open(const char *name, int flags, mode_t mode);
int __wrap_open(const char *name, int flags, mode_t mode);

int
__wrap_mkdir(const char *name, mode_t mode)
{
	assert_string_equal(name, "/run/runnerctl");
	assert_int_equal(mode, 0755);
	return 0;
}

int
__wrap_open(const char *name, int flags, mode_t mode)
{
	scoped(rc_str_release) char *here = NULL;

	assert_true(rc_str_starts(name, "/run/runnerctl/ci-1"));
	here = rc_format("%s/%s", folder, name + strlen("/run/runnerctl/"));
	return __real_open(here, flags, mode);
}

static mode_t
mode_of_lock(void)
{
	struct stat about;

	assert_int_equal(stat(path, &about), 0);
	return about.st_mode & 07777;
}

/* Whoever may only read a file can hold its lock. */
static void
test_mode(void **state)
{
	const struct rc_run run = { .verb = "create" };
	struct rc_error err;

	(void)state;
	for (int old = 0; old < 2; old++) {
		scoped(rc_fd_release) int fd = -1;

		if (old)
			assert_int_equal(chmod(path, 0644), 0);
		assert_int_equal(rc_lock_take(&fd, "ci-1", 0, &run, &err), 0);
		assert_int_equal(mode_of_lock(), 0600);
	}
}

static void
test_holder(void **state)
{
	const struct rc_run run = { .verb = "create" };
	scoped(rc_str_release) char *holder = rc_format("(%ld runnerctl create)", (long)getpid());
	scoped(rc_fd_release) int first = -1;
	int second = -1;
	struct rc_error err;

	(void)state;
	assert_int_equal(rc_lock_take(&first, "ci-1", 0, &run, &err), 0);
	assert_int_equal(rc_lock_take(&second, "ci-1", 0, &run, &err), -1);
	assert_int_equal(err.code, RC_BUSY);
	assert_non_null(strstr(err.text, holder));
	rc_fd_release(&first);
	assert_int_equal(rc_lock_take(&first, "ci-1", 0, &run, &err), 0);
}

/* Appliances of two hosts may have one name; whatever those are called. */
static void
test_hosts(void **state)
{
	static const char *const hosts[] = { NULL, "b.example", "../c" };
	static const char *const files[] = { "ci-1.lock", "ci-1@b.example.lock", "ci-1@.._c.lock" };
	int locks[RC_COUNT(hosts)], again = -1;
	struct rc_error err;

	(void)state;
	for (size_t i = 0; i < RC_COUNT(hosts); i++) {
		const struct rc_run run = { .verb = "create", .host = hosts[i] };
		scoped(rc_str_release) char *file = rc_format("%s/%s", folder, files[i]);

		assert_int_equal(rc_lock_take(&locks[i], "ci-1", 0, &run, &err), 0);
		assert_int_equal(rc_lock_take(&again, "ci-1", 0, &run, &err), -1);
		assert_int_equal(access(file, F_OK), 0);
		if (hosts[i])
			unlink(file);
	}
	for (size_t i = 0; i < RC_COUNT(hosts); i++)
		close(locks[i]);
}

static int
begin(void **state)
{
	(void)state;
	umask(022);
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/ci-1.lock", folder);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_holder),
		cmocka_unit_test(test_hosts),
	};

	return cmocka_run_group_tests_name("lock", tests, begin, end);
}
