/* What a dry run of rotate says. */
#include "ops/rotate_plan.h"

#include <string.h>

#include "ops/course.h"
#include "ops/isolation.h"
#include "ops/outcomes.h"
#include "ops/succession.h"

/* why: of this step, where it is not that of all; or "". */
static void
add_step(
    struct rc_outcome *outcome, const char *what, const struct rc_appliance *a, const char *why)
{
	scoped(rc_str_release) char *line =
	    rc_format("%s %s.%u%s%s", what, a->name, a->generation, *why ? ": " : "", why);

	rc_strv_add(&outcome->plan, line);
}

/* It is due all the same where no new runner can be made, yet. */
static void
check_token(struct rc_wheel *wheel, const struct rc_appliance *elder)
{
	struct rc_registration registration = { 0 };
	struct rc_error err;

	if (rc_successor_registration(&registration, wheel->session, elder, false, &err) < 0)
		rc_run_warn(&wheel->session->run, "%s: %s", elder->name, err.text);
	rc_registration_release(&registration);
}

/* Filters are put right before anything else, of all that run. */
static void
plan_isolation(
    struct rc_outcomes *outcomes, struct rc_session *session, const struct rc_survey *survey)
{
	scoped(rc_isolation_look_release) struct rc_isolation_look look = { 0 };

	for (size_t i = 0; i < survey->count; i++) {
		const struct rc_appliance *a = survey->found[i].appliance;
		struct rc_outcome *outcome;
		enum rc_confidence found;
		char why[200];

		if (!survey->found[i].active)
			continue;
		found = rc_isolation_state(session, &look, a, why);
		if (found == RC_ISOLATED || found == RC_UNREADABLE)
			continue;
		outcome = rc_outcomes_find(outcomes, a->name);
		add_step(outcome ? outcome : rc_outcomes_add(outcomes, a->name),
		    "put the filter in force for", a, why);
	}
}

static void
plan_replacement(struct rc_outcome *outcome, struct rc_wheel *wheel, const struct rc_survey *survey,
    const struct rc_turn *turn)
{
	const struct rc_appliance *a = turn->found->appliance;
	struct rc_appliance next = { .name = a->name };
	enum rc_course course = RC_COURSE_REFUSE;
	char left[240];

	outcome->ok = true;
	outcome->did = "rotated";
	memcpy(outcome->why, turn->why, sizeof(turn->why));
	if (rc_course_choose(&course, left, wheel, turn, &outcome->error) < 0 ||
	    rc_survey_next(survey, wheel->session, a->name, &next.generation, &outcome->error) <
		0) {
		outcome->ok = false;
		return;
	}
	if (course == RC_COURSE_LEAVE) {
		outcome->did = "left";
		memcpy(outcome->why, left, sizeof(left));
		return;
	}
	check_token(wheel, a);
	rc_course_take(wheel, turn, course == RC_COURSE_SURGE);
	if (turn->renews)
		add_step(outcome, "reset the token of the runner of", a, "");
	if (course == RC_COURSE_SURGE)
		add_step(outcome, "make, start and wait for", &next, "");
	add_step(outcome, turn->dead ? "stop" : "drain", a, "");
	if (course != RC_COURSE_SURGE)
		add_step(outcome, "make, start and wait for", &next, "");
	add_step(outcome, "remove", a, "");
}

static void
plan_cleaning(struct rc_outcome *outcome, const struct rc_turn *turn, bool alone)
{
	const struct rc_appliance *a = turn->found->appliance;
	const char *why = alone ? "" : turn->why;

	/* What becomes of the one that serves says more. */
	if (!outcome->did && !outcome->error.code) {
		outcome->ok = true;
		outcome->did = "cleaned up";
		memcpy(outcome->why, turn->why, sizeof(turn->why));
	}
	if (turn->act != RC_ACT_REMOVE)
		add_step(outcome, turn->dead ? "stop" : "drain", a, why);
	add_step(outcome, "remove", a, why);
}

/* Is nothing else to be done to an appliance of its name? */
static bool
is_only_one(const struct rc_survey *survey, const struct rc_turn *turn)
{
	for (size_t i = 0; i < survey->count; i++) {
		const struct rc_turn *other = &survey->turns[i];

		if (other != turn && other->act != RC_ACT_LEAVE &&
		    strcmp(other->found->appliance->name, turn->found->appliance->name) == 0)
			return false;
	}
	return true;
}

void
rc_rotate_plan(struct rc_outcomes *outcomes, struct rc_wheel *wheel, const struct rc_survey *survey,
    size_t at_once)
{
	size_t batch = 0;

	plan_isolation(outcomes, wheel->session, survey);
	for (size_t i = 0; i < survey->count; i++) {
		const struct rc_turn *turn = &survey->turns[i];
		struct rc_outcome *outcome =
		    rc_outcomes_find(outcomes, turn->found->appliance->name);

		if (!outcome || !turn->wanted || turn->act == RC_ACT_LEAVE)
			continue;
		if (turn->act != RC_ACT_REPLACE) {
			plan_cleaning(outcome, turn, is_only_one(survey, turn));
			continue;
		}
		/* What one batch takes is there again for the next. */
		if ((size_t)(outcome - outcomes->items) / at_once != batch) {
			rc_room_release(&wheel->room);
			wheel->room_known = false;
			batch = (size_t)(outcome - outcomes->items) / at_once;
		}
		plan_replacement(outcome, wheel, survey, turn);
	}
	for (size_t i = 0; i < outcomes->count; i++)
		if (!outcomes->items[i].did && !outcomes->items[i].error.code) {
			outcomes->items[i].ok = true;
			outcomes->items[i].did = "repaired";
		}
}
