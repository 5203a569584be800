/* Files that are read whole with a limit, and appear whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"

static char directory[] = "/tmp/rc-file-XXXXXX";
static char path[64];

/* Each test starts with an empty directory, and must leave nothing but `path` in it. */
static int
set_up(void **state)
{
	(void)state;
	memcpy(directory + sizeof(directory) - 7, "XXXXXX", 6);
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/file", directory);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory);
}

static void
test_round_trip(void **state)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 8192, 8193, 100000 };

	(void)state;
	for (size_t i = 0; i < RC_COUNT(sizes); i++) {
		scoped(rc_str_release) char *data = rc_alloc(sizes[i], 1), *back = NULL;
		struct rc_error err = { 0 };
		size_t size = 0;

		for (size_t n = 0; n < sizes[i]; n++)
			data[n] = (char)(n * 7);
		assert_int_equal(rc_file_publish(path, data, sizes[i], 0600, &err), 0);
		/* The limit is exactly the size. */
		assert_int_equal(rc_file_read(&back, &size, path, sizes[i], &err), 0);
		assert_int_equal(size, sizes[i]);
		assert_memory_equal(back, data, size);
		assert_int_equal(back[size], 0);
	}
}

static void
test_tail(void **state)
{
	static const struct {
		const char *text;
		size_t max;
		const char *tail;
	} cases[] = { { "", 4, "" }, { "abc", 4, "abc" }, { "abcd", 4, "abcd" },
		{ "abcdefg", 4, "defg" }, { "a\nb", 1, "b" } };

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *tail = NULL;
		const char *text = cases[i].text;
		struct rc_error err = { 0 };
		size_t size = 0;

		assert_int_equal(rc_file_publish(path, text, strlen(text), 0600, &err), 0);
		assert_int_equal(rc_file_tail(&tail, &size, path, cases[i].max, &err), 0);
		assert_int_equal(size, strlen(cases[i].tail));
		assert_memory_equal(tail, cases[i].tail, size);
	}
	assert_int_equal(
	    rc_file_tail(&(char *){ NULL }, &(size_t){ 0 }, "/nosuch", 1, &(struct rc_error){ 0 }),
	    -1);
}

static void
test_limit(void **state)
{
	static const size_t sizes[] = { 1, 4096, 4097, 100000 };

	(void)state;
	for (size_t i = 0; i < RC_COUNT(sizes); i++) {
		scoped(rc_str_release) char *data = rc_alloc(sizes[i], 1);
		struct rc_error err = { 0 };
		char *back = NULL;

		assert_int_equal(rc_file_publish(path, data, sizes[i], 0600, &err), 0);
		assert_int_equal(rc_file_read(&back, &(size_t){ 0 }, path, sizes[i] - 1, &err), -1);
		assert_non_null(strstr(err.text, "is larger than"));
		assert_null(back);
	}
}

static void
test_text(void **state)
{
	scoped(rc_str_release) char *text = NULL;
	struct rc_error err = { 0 };
	char *none = NULL;

	(void)state;
	assert_int_equal(rc_file_publish(path, "abc", 3, 0600, &err), 0);
	assert_int_equal(rc_file_read(&text, NULL, path, 10, &err), 0);
	assert_string_equal(text, "abc");
	assert_int_equal(rc_file_publish(path, "a\0c", 3, 0600, &err), 0);
	assert_int_equal(rc_file_read(&none, NULL, path, 10, &err), -1);
	assert_non_null(strstr(err.text, "holds a NUL byte"));
	assert_null(none);
}

static void
test_cannot_read(void **state)
{
	struct rc_error err = { 0 };
	char *text = NULL;

	(void)state;
	assert_int_equal(rc_file_read(&text, NULL, "/nonexistent/x", 10, &err), -1);
	assert_string_equal(err.text, "cannot open /nonexistent/x: No such file or directory");
	assert_int_equal(err.sys, ENOENT);
	assert_int_equal(rc_file_read(&text, NULL, directory, 10, &err), -1);
	assert_int_equal(err.sys, EISDIR);
	/* A file of /proc says that its size is 0. */
	assert_int_equal(rc_file_read(&text, &(size_t){ 0 }, "/proc/self/stat", 65536, &err), 0);
	assert_true(strlen(text) > 10);
	free(text);
}

static void
test_publish_replaces(void **state)
{
	scoped(rc_str_release) char *text = NULL;
	struct rc_error err = { 0 };
	struct stat status;
	mode_t old = umask(077);

	(void)state;
	assert_int_equal(rc_file_publish(path, "first", 5, 0644, &err), 0);
	umask(old);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0644);
	assert_int_equal(rc_file_publish(path, "2nd", 3, 0600, &err), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(rc_file_read(&text, NULL, path, 10, &err), 0);
	assert_string_equal(text, "2nd");
}

/* A link is replaced, and what it points to stays. */
static void
test_publish_over_link(void **state)
{
	scoped(rc_str_release) char *target = rc_format("%s/target", directory), *text = NULL;
	struct rc_error err = { 0 };
	struct stat status;

	(void)state;
	assert_int_equal(rc_file_publish(target, "theirs", 6, 0644, &err), 0);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(rc_file_publish(path, "ours", 4, 0600, &err), 0);
	assert_int_equal(lstat(path, &status), 0);
	assert_true(S_ISREG(status.st_mode));
	assert_int_equal(rc_file_read(&text, NULL, target, 10, &err), 0);
	assert_string_equal(text, "theirs");
	unlink(target);
}

/* Nothing is left, and what was there stays: tear_down finds any temporary file. */
static void
test_cannot_publish(void **state)
{
	scoped(rc_str_release) char *sub = rc_format("%s/sub", directory), *text = NULL;
	struct rlimit old, small;
	struct rc_error err = { 0 };

	(void)state;
	assert_int_equal(rc_file_publish("/nonexistent/x", "a", 1, 0600, &err), -1);
	assert_int_equal(err.sys, ENOENT);
	assert_int_equal(mkdir(sub, 0700), 0);
	assert_int_equal(rc_file_publish(sub, "a", 1, 0600, &err), -1);
	assert_int_equal(err.sys, EISDIR);
	assert_int_equal(rmdir(sub), 0);

	assert_int_equal(rc_file_publish(path, "before", 6, 0600, &err), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){ .rlim_cur = 2, .rlim_max = old.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(rc_file_publish(path, "after", 5, 0600, &err), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(err.sys, EFBIG);
	assert_non_null(strstr(err.text, path));
	assert_int_equal(rc_file_read(&text, NULL, path, 10, &err), 0);
	assert_string_equal(text, "before");
}

static void
test_descriptors(void **state)
{
	struct rc_error err = { 0 };
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC), none = -1;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(rc_fd_write(fd, "", 0, &err), 0);
	assert_int_equal(rc_fd_write(fd, "a", 1, &err), -1);
	assert_int_equal(err.sys, ENOSPC);
	rc_fd_release(&fd);
	assert_int_equal(fd, -1);
	rc_fd_release(&none);
	rc_fd_release(&fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_tail, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cannot_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_publish_replaces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_publish_over_link, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cannot_publish, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_descriptors, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
