/* The tail of a log that a guest writes, and what comes after it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "host/guest_log.h"

static char directory[] = "/tmp/runnerctl-log.XXXXXX", path[64];

static void
put(const char *text, size_t size, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | flags, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), (ssize_t)size);
	close(fd);
}

static void
put_text(const char *text)
{
	put(text, strlen(text), O_TRUNC);
}

static void
add_text(const char *text)
{
	put(text, strlen(text), O_APPEND);
}

static struct rc_guest_log *
opened(unsigned lines)
{
	struct rc_guest_log *log = NULL;
	struct rc_error err;

	if (rc_guest_log_open(&log, path, lines, &err) < 0)
		fail_msg("%s", err.text);
	return log;
}

static void
expect(struct rc_guest_log *log, bool whole, const char *expected)
{
	const char *line = rc_guest_log_next(log, whole);

	assert_string_equal(line ? line : "(none)", expected ? expected : "(none)");
}

static void
test_last_lines(void **state)
{
	static const struct {
		const char *why, *text;
		unsigned lines;
		const char *expected[4];
	} cases[] = {
		{ "nothing", "", 5, { NULL } },
		{ "fewer than wanted", "a\nb\n", 5, { "a", "b", NULL } },
		{ "as many", "a\nb\n", 2, { "a", "b", NULL } },
		{ "more", "a\nb\nc\n", 2, { "b", "c", NULL } },
		{ "the last is not ended", "a\nb\nc", 2, { "b", "c", NULL } },
		{ "empty ones count", "a\n\n\n", 2, { "", "", NULL } },
		{ "serial lines end in two characters", "a\r\nb\r\n", 1, { "b", NULL } },
		{ "one", "a\n", 1, { "a", NULL } },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_guest_log_release) struct rc_guest_log *log = NULL;
		size_t k = 0;

		put_text(cases[i].text);
		log = opened(cases[i].lines);
		for (; cases[i].expected[k]; k++)
			expect(log, true, cases[i].expected[k]);
		expect(log, true, NULL);
	}
}

static void
test_hostile(void **state)
{
	scoped(rc_str_release) char *many = rc_alloc((2 << 20) + 1, 1);
	scoped(rc_guest_log_release) struct rc_guest_log *zeros = NULL, *endless = NULL;
	size_t pieces = 0;

	(void)state;
	put("a\0b\n", 4, O_TRUNC);
	zeros = opened(1);
	expect(zeros, true, "a?b");
	memset(many, 'x', 2 << 20);
	put(many, 2 << 20, O_TRUNC);
	endless = opened(1);
	for (const char *line; (line = rc_guest_log_next(endless, true)); pieces++)
		assert_in_range(strlen(line), 1, 4096);
	/* Of the last MiB. */
	assert_int_equal(pieces, 256);
}

static void
test_follow(void **state)
{
	scoped(rc_guest_log_release) struct rc_guest_log *log = NULL;
	char aside[80];

	(void)state;
	put_text("a\nb");
	log = opened(9);
	expect(log, false, "a");
	expect(log, false, NULL);
	add_text("c\n");
	expect(log, false, "bc");
	expect(log, false, NULL);
	/* Put aside: what was still written to the old one comes first. */
	add_text("d\n");
	snprintf(aside, sizeof(aside), "%s.0", path);
	assert_int_equal(rename(path, aside), 0);
	put_text("e\n");
	expect(log, false, "d");
	expect(log, false, NULL);
	expect(log, false, "e");
	expect(log, false, NULL);
	/* Begun anew. */
	put_text("");
	expect(log, false, NULL);
	add_text("f\n");
	expect(log, false, "f");
	unlink(aside);
}

static void
test_no_log(void **state)
{
	struct rc_guest_log *log = NULL;
	struct rc_error err;

	(void)state;
	assert_int_equal(rc_guest_log_open(&log, path, 1, &err), -1);
	assert_int_equal(err.code, RC_NOT_FOUND);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(rc_guest_log_open(&log, path, 1, &err), -1);
	assert_int_equal(err.code, RC_HOST);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(rc_guest_log_open(&log, path, 1, &err), -1);
	assert_int_equal(err.code, RC_HOST);
}

static int
begin(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/ci-1.1-serial.log", directory);
	return 0;
}

static int
forget(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	return rmdir(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_last_lines, forget),
		cmocka_unit_test_teardown(test_hostile, forget),
		cmocka_unit_test_teardown(test_follow, forget),
		cmocka_unit_test_teardown(test_no_log, forget),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
