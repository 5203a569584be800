/* Which generation goes first, and when neither does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/course.h"

static void
test_course(void **state)
{
	static const struct rc_terrain wide = { true, true, false, false },
				       narrow = { false, true, false, false },
				       none = { false, false, false, false },
				       pressed = { true, true, true, false },
				       full = { false, true, false, true };
	static const struct {
		const char *why;
		enum rc_strategy strategy;
		bool dead;
		const struct rc_terrain *terrain;
		enum rc_course course;
	} cases[] = {
		{ "room for both", RC_STRATEGY_AUTO, false, &wide, RC_COURSE_SURGE },
		{ "room for one", RC_STRATEGY_AUTO, false, &narrow, RC_COURSE_REPLACE },
		{ "it grew too much", RC_STRATEGY_AUTO, false, &none, RC_COURSE_REFUSE },
		{ "surge, room for one", RC_STRATEGY_SURGE, false, &narrow, RC_COURSE_REFUSE },
		{ "surge, room for both", RC_STRATEGY_SURGE, false, &wide, RC_COURSE_SURGE },
		{ "replace in spite of room", RC_STRATEGY_REPLACE, false, &wide,
		    RC_COURSE_REPLACE },
		{ "replace, it grew too much", RC_STRATEGY_REPLACE, false, &none,
		    RC_COURSE_REFUSE },
		{ "pressure", RC_STRATEGY_AUTO, false, &pressed, RC_COURSE_LEAVE },
		{ "pressure, surge", RC_STRATEGY_SURGE, false, &pressed, RC_COURSE_LEAVE },
		{ "pressure, replace", RC_STRATEGY_REPLACE, false, &pressed, RC_COURSE_REPLACE },
		{ "pressure, dead", RC_STRATEGY_AUTO, true, &pressed, RC_COURSE_REPLACE },
		{ "full disk", RC_STRATEGY_AUTO, false, &full, RC_COURSE_LEAVE },
		{ "full disk, replace", RC_STRATEGY_REPLACE, false, &full, RC_COURSE_LEAVE },
		{ "full disk, surge", RC_STRATEGY_SURGE, false, &full, RC_COURSE_LEAVE },
		{ "full disk, dead", RC_STRATEGY_AUTO, true, &full, RC_COURSE_REPLACE },
		{ "dead, room for both", RC_STRATEGY_AUTO, true, &wide, RC_COURSE_SURGE },
		{ "dead, room for one", RC_STRATEGY_SURGE, true, &narrow, RC_COURSE_REPLACE },
		{ "dead, it grew too much", RC_STRATEGY_SURGE, true, &none, RC_COURSE_REFUSE },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++)
		if (rc_course_of(cases[i].strategy, cases[i].dead, cases[i].terrain) !=
		    cases[i].course)
			fail_msg("%s", cases[i].why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_course),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
