/* Running another program: whether a ^C at the terminal reaches it, too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/scope.h"
#include "base/str.h"
#include "host/program.h"

/* Whether the shell is the first of a process group, hence out of the terminal's. */
#define GROUP "read -r pid name state parent group rest </proc/self/stat; [ $group %s $$ ]"

static void
arguments_init(struct rc_strv *arguments, const char *script)
{
	rc_strv_add(arguments, "/bin/sh");
	rc_strv_add(arguments, "-c");
	rc_strv_add(arguments, script);
}

static void
test_read(void **state)
{
	scoped(rc_strv_release) struct rc_strv arguments = { 0 };
	scoped(rc_str_release) char *script = rc_format(GROUP " && echo apart", "=");
	scoped(rc_str_release) char *said = NULL;
	struct rc_error err;

	(void)state;
	arguments_init(&arguments, script);
	assert_int_equal(rc_program_read(&said, &arguments, 100, &err), 0);
	assert_string_equal(said, "apart\n");
}

static void
test_run(void **state)
{
	scoped(rc_strv_release) struct rc_strv arguments = { 0 };
	scoped(rc_str_release) char *script = rc_format(GROUP, "!=");
	const struct rc_run run = { 0 };
	struct rc_error err;

	(void)state;
	arguments_init(&arguments, script);
	assert_int_equal(rc_program_run(&arguments, &run, &err), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_run),
	};

	return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
