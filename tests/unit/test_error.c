/* The error value: one harmless line, whatever went in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/error.h"

static void
test_fail(void **state)
{
	struct rc_error err;

	(void)state;
	memset(&err, 'x', sizeof(err));
	assert_int_equal(rc_fail(&err, RC_GITLAB, "%s said %d", "GitLab", 410), -1);
	assert_int_equal(err.code, RC_GITLAB);
	assert_int_equal(err.sys, 0);
	assert_string_equal(err.text, "GitLab said 410");
	assert_string_equal(err.hint, "");
}

static void
test_fail_sys(void **state)
{
	struct rc_error err;

	(void)state;
	memset(&err, 'x', sizeof(err));
	assert_int_equal(rc_fail_sys(&err, ENOENT, "cannot open %s", "/x"), -1);
	assert_int_equal(err.code, RC_FAILED);
	assert_int_equal(err.sys, ENOENT);
	assert_string_equal(err.text, "cannot open /x: No such file or directory");
	assert_string_equal(err.hint, "");
}

static void
test_within_and_hint(void **state)
{
	struct rc_error err = { 0 };

	(void)state;
	rc_fail_sys(&err, EACCES, "cannot open %s", "b");
	assert_int_equal(rc_hint(&err, "first"), -1);
	assert_int_equal(rc_hint(&err, "be %s", "root"), -1);
	assert_int_equal(rc_within(&err, "reading %s", "a"), -1);
	assert_string_equal(err.text, "reading a: cannot open b: Permission denied");
	assert_string_equal(err.hint, "be root");
	assert_int_equal(err.sys, EACCES);
	assert_int_equal(err.code, RC_FAILED);
	rc_fail(&err, RC_USAGE, "another");
	assert_string_equal(err.hint, "");
	assert_int_equal(err.sys, 0);
}

/* Texts of GitLab, a guest or a file: no second line, no escape sequence. */
static void
test_control_characters(void **state)
{
	struct rc_error err = { 0 };

	(void)state;
	rc_fail(&err, RC_FAILED, "%s", "a\nb\r\tc\x1b[31m\x7f");
	assert_string_equal(err.text, "a?b??c?[31m?");
	rc_hint(&err, "%s", "x\ny");
	assert_string_equal(err.hint, "x?y");
	rc_within(&err, "%s", "out\ner");
	assert_string_equal(err.text, "out?er: a?b??c?[31m?");
	rc_fail_sys(&err, ENOENT, "%s", "\xc2\x9b");
	assert_string_equal(err.text, "??: No such file or directory");
}

/* What is too long is cut and says so; everything stays inside the struct. */
static void
test_too_long(void **state)
{
	struct rc_error err = { 0 };
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	rc_fail(&err, RC_FAILED, "%s", text);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_string_equal(err.text + sizeof(err.text) - 6, "xx...");
	rc_hint(&err, "%s", text);
	assert_int_equal(strlen(err.hint), sizeof(err.hint) - 1);
	assert_string_equal(err.hint + sizeof(err.hint) - 6, "xx...");
	rc_within(&err, "outer");
	assert_memory_equal(err.text, "outer: xxx", 10);
	assert_string_equal(err.text + sizeof(err.text) - 6, "xx...");
	rc_within(&err, "%s", text);
	assert_string_equal(err.text + sizeof(err.text) - 6, "xx...");
	rc_fail_sys(&err, ENOENT, "%s", text);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_int_equal(err.sys, ENOENT);
}

/* A text that fits to the last byte is not cut. */
static void
test_exact_fit(void **state)
{
	struct rc_error err = { 0 };
	char text[sizeof(err.text)];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	rc_fail(&err, RC_FAILED, "%s", text);
	assert_string_equal(err.text, text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fail),
		cmocka_unit_test(test_fail_sys),
		cmocka_unit_test(test_within_and_hint),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_exact_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
