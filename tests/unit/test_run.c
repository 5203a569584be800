/* How a long run talks to its caller: every listener may be missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/run.h"

struct heard {
	char step[500], warning[500];
	unsigned steps, ends;
	uint64_t done, total;
};

static void
on_step(void *context, const char *what)
{
	struct heard *heard = context;

	if (what)
		snprintf(heard->step, sizeof(heard->step), "%s", what);
	heard->steps += what != NULL;
	heard->ends += what == NULL;
}

static void
on_warn(void *context, const char *what)
{
	struct heard *heard = context;

	snprintf(heard->warning, sizeof(heard->warning), "%s", what);
}

static void
on_progress(void *context, uint64_t done, uint64_t total)
{
	((struct heard *)context)->done = done;
	((struct heard *)context)->total = total;
}

static void
test_listeners(void **state)
{
	struct heard heard = { 0 };
	const struct rc_run run = {
		.step = on_step, .warn = on_warn, .progress = on_progress, .context = &heard
	};

	(void)state;
	rc_run_step(&run, "disk %d of %d", 1, 2);
	assert_string_equal(heard.step, "disk 1 of 2");
	rc_run_warn(&run, "%s", "two\nlines");
	assert_string_equal(heard.warning, "two?lines");
	rc_run_progress(&run, 5, UINT64_MAX);
	assert_int_equal(heard.done, 5);
	assert_int_equal(heard.total, UINT64_MAX);
	rc_run_steps_end(&run);
	assert_int_equal(heard.steps, 1);
	assert_int_equal(heard.ends, 1);
}

static void
test_too_long(void **state)
{
	struct heard heard = { 0 };
	const struct rc_run run = { .step = on_step, .context = &heard };
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	rc_run_step(&run, "%s", text);
	assert_int_equal(strlen(heard.step), 479);
}

static void
test_nobody_listens(void **state)
{
	const struct rc_run run = { 0 };
	struct rc_error err = { 0 };

	(void)state;
	rc_run_step(&run, "%s", "x");
	rc_run_warn(&run, "%s", "x");
	rc_run_progress(&run, 1, 0);
	rc_run_steps_end(&run);
	assert_false(rc_run_stopped(&run));
	assert_int_equal(rc_run_check(&run, &err), 0);
}

static void
test_stop(void **state)
{
	volatile sig_atomic_t stop = 0;
	const struct rc_run run = { .stop = &stop };
	struct rc_error err = { 0 };

	(void)state;
	assert_false(rc_run_stopped(&run));
	assert_int_equal(rc_run_check(&run, &err), 0);
	stop = 1;
	assert_true(rc_run_stopped(&run));
	assert_int_equal(rc_run_check(&run, &err), -1);
	assert_int_equal(err.code, RC_FAILED);
	assert_string_equal(err.text, "interrupted");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listeners),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
