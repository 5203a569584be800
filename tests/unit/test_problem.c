/* The words of problems: a promise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/problem.h"

static void
test_words(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RC_PROBLEM_CODES; i++) {
		const char *word = rc_problem_word((enum rc_problem_code)i);

		assert_non_null(word);
		assert_int_equal(strspn(word, "abcdefghijklmnopqrstuvwxyz_"), strlen(word));
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(word, rc_problem_word((enum rc_problem_code)j));
	}
}

static void
test_list(void **state)
{
	struct rc_problems problems = { 0 };

	(void)state;
	rc_problems_add(&problems, RC_PROBLEM_OFF, "%s is off", "ci-1");
	rc_problems_add(&problems, RC_PROBLEM_EXPOSED, "EXPOSED");
	assert_int_equal(problems.count, 2);
	assert_int_equal(problems.items[0].code, RC_PROBLEM_OFF);
	assert_string_equal(problems.items[0].text, "ci-1 is off");
	assert_string_equal(problems.items[1].text, "EXPOSED");
	rc_problems_release(&problems);
	assert_int_equal(problems.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
