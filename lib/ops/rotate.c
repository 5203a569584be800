/*
 * rotate: what is due, and in which order.  One lock keeps two rotations apart.
 */
#include "ops/rotate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "core/name.h"
#include "host/clock.h"
#include "host/lock.h"
#include "ops/batch.h"
#include "ops/outcomes.h"
#include "ops/reclaim.h"
#include "ops/renewal.h"
#include "ops/repair.h"
#include "ops/rotate_plan.h"
#include "ops/rotation_record.h"

void
rc_rotation_release(struct rc_rotation *rotation)
{
	rc_outcomes_release(&rotation->outcomes);
	rc_str_release(&rotation->busy);
	rc_reclaimeds_release(&rotation->reclaimed);
}

static void
wheel_release(struct rc_wheel *wheel)
{
	rc_ground_release(&wheel->ground);
	rc_room_release(&wheel->room);
	for (size_t i = 0; i < wheel->image_count; i++)
		rc_image_release(&wheel->images[i]);
	free(wheel->images);
}

static int
wheel_prepare(struct rc_wheel *wheel, const struct rc_rotate_wish *wish, struct rc_error *err)
{
	struct rc_session *session = wheel->session;
	const struct rc_config *config = &session->config;

	wheel->strategy = config->strategy;
	if ((wish->strategy && rc_strategy_parse(&wheel->strategy, wish->strategy, err) < 0) ||
	    rc_ground_survey(&wheel->ground, session, wish->dry_run, err) < 0)
		return -1;
	wheel->drain_timeout =
	    wish->drain_timeout < 0 ? config->drain_timeout : wish->drain_timeout;
	wheel->power_off =
	    wheel->drain_timeout < RC_POWER_OFF ? wheel->drain_timeout : RC_POWER_OFF;
	wheel->lock_wait = wish->wait;
	wheel->policy = (struct rc_policy){
		.now = rc_clock_now(),
		.max_age = wish->max_age < 0 ? config->max_age : wish->max_age,
		.patience = config->patience,
		.awake = rc_virt_is_local(session->virt) ? rc_clock_boot() : 0,
		.all = wish->all,
		.renew = wish->reset_token,
		.names = &wish->names,
		.template = wheel->ground.template_hash,
	};
	return 0;
}

/* The names that there is something to do for, in the order of their turns; and the others. */
static void
collect(struct rc_rotation *ret, struct rc_wheel *wheel, const struct rc_survey *survey)
{
	const char *last = "";

	/* Those that serve nobody do not wait for jobs of others. */
	for (int dead = 1; dead >= 0; dead--)
		for (size_t i = 0; i < survey->count; i++) {
			const struct rc_turn *turn = &survey->turns[i];
			const char *name = turn->found->appliance->name;

			if (turn->act != RC_ACT_LEAVE && turn->wanted &&
			    (!dead || (turn->dead && turn->act == RC_ACT_REPLACE)) &&
			    !rc_outcomes_find(&ret->outcomes, name))
				rc_outcomes_add(&ret->outcomes, name);
		}
	for (size_t i = 0; i < survey->count; i++) {
		const struct rc_turn *turn = &survey->turns[i];
		const char *name = turn->found->appliance->name;

		if (turn->wanted && rc_rotation_is_held(turn->found))
			rc_run_warn(&wheel->session->run, "%s: %s: left alone", name, turn->why);
		if (rc_outcomes_find(&ret->outcomes, name) || !turn->wanted ||
		    strcmp(last, name) == 0)
			continue;
		last = name;
		ret->kept++;
	}
}

/* A name that nothing has is no reason to leave the others. */
static void
refuse_unknown(
    struct rc_outcomes *outcomes, const struct rc_rotate_wish *wish, const struct rc_survey *survey)
{
	for (size_t i = 0; i < wish->names.count; i++) {
		const char *name = wish->names.items[i];

		if (!rc_fleet_find(&survey->fleet, name) && !rc_outcomes_find(outcomes, name)) {
			struct rc_error *err = &rc_outcomes_add(outcomes, name)->error;

			rc_fail(err, RC_NOT_FOUND, "there is no such appliance");
			rc_hint(err, "see: runnerctl list");
		}
	}
}

/*
 * Lent runners get their new tokens before anything is replaced.  Where that fails, all that
 * have the runner are left alone.
 */
static bool
renew_tokens(struct rc_rotation *ret, struct rc_wheel *wheel, const struct rc_survey *survey)
{
	scoped(rc_strv_release) struct rc_strv done = { 0 };
	bool any = false;

	for (size_t i = 0; i < survey->count; i++) {
		const struct rc_turn *turn = &survey->turns[i];
		scoped(rc_strv_release) struct rc_strv names = { 0 };
		struct rc_error err;

		if (!turn->renews || rc_strv_has(&done, turn->found->appliance->name))
			continue;
		any = true;
		if (rc_renew(wheel->session, turn->found->appliance, (int)wheel->lock_wait, &names,
			&err) == 0)
			err = (struct rc_error){ 0 };
		for (size_t k = 0; k < names.count; k++) {
			rc_strv_add(&done, names.items[k]);
			if (err.code)
				rc_outcomes_add(&ret->outcomes, names.items[k])->error = err;
		}
	}
	return any;
}

/* -- isolation ------------------------------------------------------------------------------ */

/*
 * Before anything else, whatever is due and whoever is asked for: what runs is put behind the
 * filter that it should be behind today.  A run that is at one of them looks after it.  ret_fleet:
 * as all are afterwards.
 */
static int
isolate_all(struct rc_fleet *ret_fleet, struct rc_outcomes *troubles, struct rc_session *session,
    struct rc_error *err)
{
	scoped(rc_repair_release) struct rc_repair repair = { 0 };
	scoped(rc_fleet_release) struct rc_fleet fleet = { 0 };
	bool touched = false;

	if (rc_fleet_read(session, &fleet, err) < 0)
		return -1;
	for (size_t i = 0; i < fleet.count; i++) {
		const struct rc_appliance *a = &fleet.items[i].appliance;

		if (!fleet.items[i].domain.active)
			continue;
		rc_repair(&repair, session, a, true, 0);
		touched |= repair.found != RC_ISOLATED && repair.found != RC_UNREADABLE;
		if (repair.fixed)
			rc_run_warn(&session->run, "%s: %s: repaired", a->name, repair.why);
		else if (repair.error.code != RC_OK && repair.error.code != RC_BUSY)
			rc_fail(&rc_outcomes_add(troubles, a->name)->error, RC_HOST, "%s%s: %.250s",
			    repair.why, repair.cut ? ": its link is down now" : "",
			    repair.error.text);
	}
	if (touched)
		return rc_fleet_read(session, ret_fleet, err);
	*ret_fleet = fleet;
	fleet = (struct rc_fleet){ 0 };
	return 0;
}

/* What is wrong with one that was not replaced is its outcome, or said beside it. */
static void
add_troubles(
    struct rc_outcomes *to, const struct rc_outcomes *troubles, const struct rc_session *session)
{
	for (size_t i = 0; i < troubles->count; i++) {
		struct rc_outcome *outcome = rc_outcomes_find(to, troubles->items[i].name);

		if (!outcome)
			outcome = rc_outcomes_add(to, troubles->items[i].name);
		else if (outcome->ok && outcome->did && strcmp(outcome->did, "rotated") == 0)
			continue;
		if (outcome->error.code && !outcome->ok) {
			rc_run_warn(
			    &session->run, "%s: %s", outcome->name, troubles->items[i].error.text);
			continue;
		}
		outcome->ok = false;
		outcome->error = troubles->items[i].error;
	}
}

static int
rotate(struct rc_rotation *ret, const struct rc_rotate_wish *wish, struct rc_wheel *wheel,
    struct rc_error *err)
{
	struct rc_session *session = wheel->session;
	scoped(rc_outcomes_release) struct rc_outcomes troubles = { 0 };
	scoped(rc_strv_release) struct rc_strv idle = { 0 };
	scoped(rc_survey_release) struct rc_survey survey = { 0 };
	scoped(rc_fleet_release) struct rc_fleet fleet = { 0 };
	size_t at_once =
	    wish->max_unavailable ? wish->max_unavailable : session->config.max_unavailable;
	size_t count;

	rc_run_step(&session->run, "look at the appliances");
	if ((wish->dry_run ? rc_fleet_read(session, &fleet, err)
			   : isolate_all(&fleet, &troubles, session, err)) < 0 ||
	    rc_survey_take(&survey, session, &fleet, NULL, &wheel->policy, err) < 0)
		return -1;
	if (!wish->dry_run && renew_tokens(ret, wheel, &survey)) {
		rc_survey_release(&survey);
		wheel->policy.now = rc_clock_now();
		if (rc_survey_take(&survey, session, NULL, NULL, &wheel->policy, err) < 0)
			return -1;
	}
	rc_reclaim_choose(&idle, &survey);
	collect(ret, wheel, &survey);
	if (wish->dry_run)
		rc_rotate_plan(&ret->outcomes, wheel, &survey, at_once);
	else
		rc_rotation_forgive(session, &survey);
	count = ret->outcomes.count;
	wheel->images = rc_alloc(count, sizeof(*wheel->images));
	for (size_t i = 0; i < count && !wish->dry_run; i += at_once)
		rc_batch_rotate(
		    wheel, &ret->outcomes.items[i], count - i < at_once ? count - i : at_once);
	refuse_unknown(&ret->outcomes, wish, &survey);
	add_troubles(&ret->outcomes, &troubles, session);
	if (!wish->dry_run && !rc_run_stopped(&session->run))
		rc_reclaim_idle(&ret->reclaimed, &idle, session);
	return 0;
}

int
rc_rotate(struct rc_session *session, const struct rc_rotate_wish *wish, struct rc_rotation *ret,
    struct rc_error *err)
{
	scoped(wheel_release) struct rc_wheel wheel = { .session = session };
	scoped(rc_rotation_release) struct rc_rotation rotation = { 0 };
	scoped(rc_fd_release) int lock = -1;
	int result;

	for (size_t i = 0; i < wish->names.count; i++)
		if (rc_name_check(wish->names.items[i], err) < 0)
			return -1;
	if (!wish->dry_run &&
	    rc_lock_take(&lock, "@rotate", (int)wish->wait, &session->run, err) < 0) {
		if (err->code != RC_BUSY)
			return -1;
		ret->busy = rc_strdup(err->text);
		return 0;
	}
	if (wheel_prepare(&wheel, wish, err) < 0)
		return -1;
	result = rotate(&rotation, wish, &wheel, err);
	rc_run_steps_end(&session->run);
	if (result < 0)
		return -1;
	*ret = rotation;
	rotation = (struct rc_rotation){ 0 };
	return 0;
}
