/*
 * One appliance on its way through a rotation.  What is recorded before each
 * step is what the next run finds if this one dies: core/rotation.c knows all of
 * these states.
 */
#include "ops/rotating.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "host/clock.h"
#include "host/lock.h"
#include "ops/admission.h"
#include "ops/course.h"
#include "ops/draining.h"
#include "ops/registration.h"
#include "ops/removing.h"
#include "ops/succession.h"

void
rc_spoke_release(struct rc_spoke *spoke)
{
	rc_work_release(&spoke->creation.work);
	rc_registration_release(&spoke->registration);
	rc_appliance_release(&spoke->elder);
	rc_survey_release(&spoke->survey);
	rc_fd_release(&spoke->lock);
}

static void
give_up(struct rc_spoke *spoke, const struct rc_error *why)
{
	spoke->over = true;
	spoke->outcome->ok = false;
	spoke->outcome->error = *why;
}

/* No failure: the next run goes on. */
static void
leave(struct rc_spoke *spoke, const char *why)
{
	spoke->over = true;
	spoke->outcome->ok = true;
	spoke->outcome->did = "left";
	snprintf(spoke->outcome->why, sizeof(spoke->outcome->why), "%.239s", why);
}

/* The jobs of a busy one are left to finish, however long they take. */
static void
drain_failed(struct rc_spoke *spoke, const struct rc_error *why)
{
	if (why->code == RC_TIMEOUT)
		leave(spoke, "it is not off, as a job may still run in it; the next run goes on");
	else
		give_up(spoke, why);
}

/*
 * It may have come back since it was looked at, and have a job: then it drains like any other. What
 * cannot be known counts as alive, which only takes longer.
 */
static bool
is_still_dead(struct rc_wheel *wheel, const struct rc_appliance *a)
{
	scoped(rc_survey_release) struct rc_survey survey = { 0 };
	struct rc_error ignored;

	wheel->policy.now = rc_clock_now();
	if (rc_survey_take(&survey, wheel->session, NULL, a->name, &wheel->policy, &ignored) < 0)
		return false;
	for (size_t i = 0; i < survey.count; i++)
		if (strcmp(survey.found[i].appliance->uuid, a->uuid) == 0)
			return rc_rotation_is_dead(&survey.found[i], &wheel->policy);
	return false;
}

/* -- what earlier runs left -------------------------------------------------------------- */

/* What an earlier run left keeps nobody waiting for its jobs. */
static int
drain(struct rc_wheel *wheel, struct rc_appliance *elder, struct rc_error *err)
{
	struct rc_drain_watch watch = rc_drain_watch_begin();

	if (rc_drain_begin(wheel->session, elder, err) < 0)
		return -1;
	return rc_drain_wait(wheel->session, elder, &watch, wheel->power_off, err);
}

static void
withdraw(struct rc_wheel *wheel, struct rc_appliance *successor)
{
	struct rc_drain_watch watch;

	rc_withdrawal_begin(wheel->session, successor, &watch);
	while (!rc_withdrawal_look(wheel->session, successor, &watch, wheel->power_off))
		rc_clock_wait(RC_DRAIN_PAUSE);
}

static int
finish(struct rc_spoke *spoke, const struct rc_turn *turn, struct rc_error *err)
{
	struct rc_wheel *wheel = spoke->wheel;
	struct rc_appliance *serving = rc_survey_serving(&spoke->survey);
	scoped(rc_appliance_release) struct rc_appliance elder = { 0 };

	rc_appliance_copy(&elder, turn->found->appliance);
	if (!turn->dead && serving && serving->generation > elder.generation &&
	    serving->state == RC_STATE_STARTED &&
	    rc_successor_wait(wheel->session, serving, err) < 0) {
		if (err->code == RC_TIMEOUT && elder.state != RC_STATE_DRAINING &&
		    elder.renewal == RC_RENEWAL_NONE)
			withdraw(wheel, serving);
		return -1;
	}
	/* There is one in its place. */
	if (serving && serving->generation > elder.generation)
		elder.successor = false;
	if ((!turn->dead || !is_still_dead(wheel, &elder)) && drain(wheel, &elder, err) < 0) {
		if (err->code != RC_TIMEOUT)
			return -1;
		drain_failed(spoke, err);
		return 0;
	}
	return rc_remove(wheel->session, &elder, false, err);
}

static int
settle(struct rc_spoke *spoke, struct rc_error *err)
{
	struct rc_error ignored;

	for (size_t i = 0; i < spoke->survey.count; i++)
		if (spoke->survey.turns[i].act == RC_ACT_REPLACE)
			spoke->turn = &spoke->survey.turns[i];
	for (size_t i = 0; i < spoke->survey.count; i++) {
		const struct rc_turn *turn = &spoke->survey.turns[i];

		if (turn->act != RC_ACT_REMOVE && turn->act != RC_ACT_DRAIN)
			continue;
		/* One that drains already is not what a successor is kept waiting for. */
		if (turn->found->appliance->state == RC_STATE_DRAINING && spoke->turn &&
		    !turn->dead) {
			(void)!rc_drain_ask(
			    spoke->wheel->session, turn->found->appliance, &ignored);
			continue;
		}
		/* Two may drain, and one of them be busy. */
		if (!spoke->over) {
			spoke->outcome->did = "cleaned up";
			memcpy(spoke->outcome->why, turn->why, sizeof(turn->why));
		}
		if ((turn->act == RC_ACT_REMOVE
			    ? rc_remove(spoke->wheel->session, turn->found->appliance, false, err)
			    : finish(spoke, turn, err)) < 0)
			return -1;
	}
	return 0;
}

void
rc_spoke_open(struct rc_spoke *spoke)
{
	struct rc_wheel *wheel = spoke->wheel;
	struct rc_session *session = wheel->session;
	enum rc_course course = RC_COURSE_REFUSE;
	struct rc_error err;
	char why[240];

	if (spoke->outcome->error.code) {
		spoke->over = true; /* its token was not reset */
		/* Another run is at one that has the same runner. */
		if (spoke->outcome->error.code == RC_BUSY)
			leave(spoke, spoke->outcome->error.text);
		return;
	}
	if (rc_run_check(&session->run, &err) < 0) {
		give_up(spoke, &err);
		return;
	}
	if (rc_lock_take(&spoke->lock, spoke->outcome->name, (int)wheel->lock_wait, &session->run,
		&err) < 0) {
		if (err.code == RC_BUSY)
			leave(spoke, err.text);
		else
			give_up(spoke, &err);
		return;
	}
	wheel->policy.now = rc_clock_now(); /* hours may have passed */
	if (rc_survey_take(
		&spoke->survey, session, NULL, spoke->outcome->name, &wheel->policy, &err) < 0 ||
	    settle(spoke, &err) < 0) {
		give_up(spoke, &err);
		return;
	}
	if (spoke->over)
		return;
	spoke->outcome->ok = true;
	if (!spoke->turn) {
		spoke->over = true;
		return;
	}
	rc_appliance_copy(&spoke->elder, spoke->turn->found->appliance);
	spoke->dead = spoke->turn->dead;
	memcpy(spoke->outcome->why, spoke->turn->why, sizeof(spoke->turn->why));
	if (rc_course_choose(&course, why, wheel, spoke->turn, &err) < 0)
		give_up(spoke, &err);
	else if (course == RC_COURSE_LEAVE)
		leave(spoke, why);
	spoke->surge = course == RC_COURSE_SURGE;
	if (!spoke->over)
		rc_course_take(wheel, spoke->turn, spoke->surge);
}

/* -- the replacement ----------------------------------------------------------------------- */

/* Without a surge, what is recorded with the drain is all that tells of the successor. */
void
rc_spoke_drain_begin(struct rc_spoke *spoke)
{
	struct rc_session *session = spoke->wheel->session;
	struct rc_error err;
	int result;

	if (spoke->over)
		return;
	if (rc_run_check(&session->run, &err) < 0) {
		give_up(spoke, &err);
		return;
	}
	spoke->drain = rc_drain_watch_begin();
	spoke->elder.successor = !spoke->surge;
	spoke->dead = spoke->dead && is_still_dead(spoke->wheel, &spoke->elder);
	if (spoke->dead) {
		spoke->elder.state = RC_STATE_DRAINING;
		result = rc_fleet_record(session, &spoke->elder, &err) < 0
			     ? -1
			     : rc_virt_kill(session->virt, spoke->elder.uuid, &err);
	} else {
		result = rc_drain_begin(session, &spoke->elder, &err);
	}
	if (result < 0)
		give_up(spoke, &err);
	spoke->stage = RC_STAGE_DRAIN;
}

bool
rc_spoke_look(struct rc_spoke *spoke)
{
	struct rc_work *work = &spoke->creation.work;
	struct rc_error err;
	bool off;

	if (spoke->over)
		return true;
	if (spoke->stage == RC_STAGE_TRIAL) {
		if (!rc_ready_look(work))
			return false;
		spoke->outcome->ok = !work->failed;
		rc_spoke_judge_successor(spoke);
		return spoke->stage == RC_STAGE_TRIAL;
	}
	if (spoke->stage == RC_STAGE_WITHDRAWAL) {
		spoke->over = rc_withdrawal_look(spoke->wheel->session, &work->appliance,
		    &spoke->drain, spoke->wheel->power_off);
		return spoke->over;
	}
	if (spoke->dead)
		return true;
	if (rc_drain_look(spoke->wheel->session, &spoke->elder, &spoke->drain,
		spoke->wheel->drain_timeout, &off, &err) == 0)
		return off;
	drain_failed(spoke, &err);
	return true;
}

static int
find_image(struct rc_spoke *spoke, size_t *ret, struct rc_error *err)
{
	struct rc_wheel *wheel = spoke->wheel;
	const char *wanted =
	    spoke->turn->found->image ? spoke->turn->found->image : spoke->elder.image;
	struct rc_image image = { 0 };

	for (*ret = 0; *ret < wheel->image_count; ++*ret)
		if (strcmp(wheel->images[*ret].reference, wanted) == 0)
			return 0;
	if (rc_image_find(wheel->session, wanted, &image, err) < 0)
		return -1;
	wheel->images[wheel->image_count++] = image;
	return 0;
}

static int
prepare(struct rc_spoke *spoke, struct rc_error *err)
{
	struct rc_wheel *wheel = spoke->wheel;
	struct rc_creation *creation = &spoke->creation;
	struct rc_generation_wish wish = {
		.name = spoke->elder.name,
		.profile = spoke->elder.profile,
		.tags = spoke->elder.tags,
		.allow = spoke->elder.allow,
		.limits = *rc_course_limits(spoke->turn),
		.own = spoke->elder.own,
	};
	size_t image;

	if (rc_successor_registration(&spoke->registration, wheel->session, &spoke->elder,
		!spoke->surge && !spoke->dead && spoke->elder.state != RC_STATE_DRAINING,
		err) < 0 ||
	    find_image(spoke, &image, err) < 0 ||
	    rc_image_fits(wheel->session, &wheel->images[image], wish.limits.disk, err) < 0 ||
	    rc_survey_next(&spoke->survey, wheel->session, wish.name, &wish.generation, err) < 0 ||
	    (!wheel->ground.host && rc_ground_lay(&wheel->ground, false, err) < 0))
		return -1;
	creation->work.session = wheel->session;
	creation->work.outcome = spoke->outcome;
	creation->work.registration = &spoke->registration;
	creation->ground = &wheel->ground;
	creation->image = &wheel->images[image];
	creation->admittance = spoke->surge ? RC_ADMIT_BESIDE : RC_ADMIT_IN_PLACE;
	rc_creation_begin(creation, &wish);
	return 0;
}

void
rc_spoke_prepare(struct rc_spoke *spoke)
{
	struct rc_error err;

	if (!spoke->over && prepare(spoke, &err) < 0)
		give_up(spoke, &err);
}

/*
 * One that does not ask for work is taken back where its elder still serves, and
 * kept where there is nothing else.
 */
void
rc_spoke_judge_successor(struct rc_spoke *spoke)
{
	struct rc_outcome *outcome = spoke->outcome;
	struct rc_appliance *a = &spoke->creation.work.appliance;

	if (spoke->over)
		return;
	outcome->emulated = a->emulated;
	if (outcome->ok) {
		outcome->did = "rotated";
		rc_appliance_copy(&outcome->appliance, a);
		return;
	}
	spoke->over = true;
	if (outcome->error.code == RC_NO_ROOM && spoke->surge &&
	    spoke->wheel->strategy == RC_STRATEGY_AUTO) {
		leave(spoke, "its room was taken just now; the next run sees how there is some");
		return;
	}
	/* Not by destroy, which would take the elder along. */
	if (rc_str_starts(outcome->error.hint, "something is left"))
		rc_hint(&outcome->error, "the next rotate or gc removes what is left");
	if (a->state != RC_STATE_STARTED || outcome->error.code != RC_TIMEOUT)
		return;
	if (spoke->surge && !spoke->dead && spoke->elder.state != RC_STATE_DRAINING &&
	    spoke->elder.renewal == RC_RENEWAL_NONE) {
		rc_hint(&outcome->error, "%s.%u goes on; look at what the new one boots",
		    spoke->elder.name, spoke->elder.generation);
		spoke->stage = RC_STAGE_WITHDRAWAL;
		rc_withdrawal_begin(spoke->wheel->session, a, &spoke->drain);
	} else {
		rc_appliance_copy(&outcome->appliance, a);
	}
	spoke->over = false;
}

void
rc_spoke_remove_elder(struct rc_spoke *spoke)
{
	struct rc_error err;

	if (spoke->over)
		return;
	/* Somebody may have started it while its successor was made. */
	if (!rc_is_off(spoke->wheel->session, &spoke->elder) &&
	    drain(spoke->wheel, &spoke->elder, &err) < 0)
		drain_failed(spoke, &err);
	else if (rc_remove(spoke->wheel->session, &spoke->elder, false, &err) < 0)
		give_up(spoke, &err);
	spoke->over = true;
}
