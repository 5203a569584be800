/*
 * set.  The wish is recorded first: what of it is not in force when the run dies
 * is what rotation finds missing, so that the next generation gets it, and the same
 * command again goes on.  A refusal takes back what was changed before it.
 */
#include "ops/set.h"

#include "base/file.h"
#include "base/str.h"
#include "core/name.h"
#include "core/setting.h"
#include "host/lock.h"
#include "host/virt_limits.h"
#include "ops/admission.h"
#include "ops/draining.h"
#include "ops/fleet.h"
#include "ops/outcomes.h"
#include "ops/steps.h"

#define LOCK_PATIENCE 10 /* seconds a person waits for another run */

/* The work comes first, so that steps can look behind it. */
struct change {
	struct rc_work work;
	struct rc_setting setting;
	struct rc_limits own, limits; /* as they were */
	bool torn;                    /* a cap could not be put back */
};

static int
record(struct rc_work *work, const struct rc_limits *own, const struct rc_limits *limits,
    struct rc_error *err)
{
	work->appliance.own = *own;
	work->appliance.limits = *limits;
	return rc_fleet_record(work->session, &work->appliance, err);
}

static struct change *
change_of(struct rc_work *work)
{
	return (struct change *)(void *)work;
}

static int
wish_run(struct rc_work *work, struct rc_error *err)
{
	return record(work, &change_of(work)->setting.own, &change_of(work)->limits, err);
}

/* Where a cap could not be put back, the wish stays: it makes the appliance due. */
static int
wish_undo(struct rc_work *work, struct rc_error *err)
{
	if (change_of(work)->torn)
		return rc_fail(err, RC_FAILED, "it has not all the caps that it had");
	return record(work, &change_of(work)->own, &change_of(work)->limits, err);
}

/*
 * Taken back by wish_run, before the caps are: a record of which only the reply was lost must not
 * tell of caps that are gone.
 */
static int
limits_run(struct rc_work *work, struct rc_error *err)
{
	return record(work, &change_of(work)->setting.own, &change_of(work)->setting.limits, err);
}

static int
put(struct rc_work *work, enum rc_limit_live live, struct rc_error *err)
{
	return rc_virt_set_limits(
	    work->session->virt, &work->appliance, live, &change_of(work)->setting.limits, err);
}

/* One that fails does not keep the others from being put back. */
static int
put_back(struct rc_work *work, enum rc_limit_live live)
{
	struct change *change = change_of(work);
	struct rc_error err;

	if (rc_virt_set_limits(work->session->virt, &work->appliance, live, &change->limits, &err) <
	    0) {
		rc_run_warn(&work->session->run, "%s: cannot put the old caps back: %s",
		    work->appliance.name, err.text);
		change->torn = true;
	}
	return 0;
}

static int
cpu_run(struct rc_work *work, struct rc_error *err)
{
	return put(work, RC_LIVE_CPU, err);
}

static int
cpu_undo(struct rc_work *work, struct rc_error *err)
{
	(void)err;
	return put_back(work, RC_LIVE_CPU);
}

static int
disk_run(struct rc_work *work, struct rc_error *err)
{
	return put(work, RC_LIVE_DISK, err);
}

static int
disk_undo(struct rc_work *work, struct rc_error *err)
{
	(void)err;
	return put_back(work, RC_LIVE_DISK);
}

static int
net_run(struct rc_work *work, struct rc_error *err)
{
	return put(work, RC_LIVE_NET, err);
}

static int
net_undo(struct rc_work *work, struct rc_error *err)
{
	(void)err;
	return put_back(work, RC_LIVE_NET);
}

#define STEPS_MAX 6

/* Only what there is to do. */
static void
choose_steps(struct rc_step ret[STEPS_MAX], const struct change *change)
{
	static const struct {
		enum rc_limit_live live;
		struct rc_step step;
	} kinds[] = {
		{ RC_LIVE_CPU, { "change the CPU caps of", cpu_run, NULL, cpu_undo } },
		{ RC_LIVE_DISK, { "change the disk caps of", disk_run, NULL, disk_undo } },
		{ RC_LIVE_NET, { "change the network caps of", net_run, NULL, net_undo } },
	};
	const struct rc_limits *changed = &change->setting.changed;
	size_t n = 0;

	if (!rc_limits_equal(&change->setting.own, &change->own))
		ret[n++] = (struct rc_step){ "record the wish for", wish_run, NULL, wish_undo };
	for (size_t i = 0; i < RC_COUNT(kinds); i++)
		if (rc_limits_touch(changed, kinds[i].live))
			ret[n++] = kinds[i].step;
	if (!rc_limits_equal(&change->setting.limits, &change->limits))
		ret[n++] = (struct rc_step){ "record the limits of", limits_run, NULL, wish_run };
	ret[n] = (struct rc_step){ 0 };
}

static int
check_state(const struct rc_appliance *a, struct rc_error *err)
{
	switch (a->state) {
	case RC_STATE_CREATED:
	case RC_STATE_STARTED:
	case RC_STATE_READY:
		return 0;
	case RC_STATE_DRAINING:
		rc_fail(err, RC_FAILED, "it is going: it finishes its jobs and is removed");
		return rc_hint(err, "see: runnerctl status %s", a->name);
	case RC_STATE_CREATING:
	case RC_STATE_REGISTERING:
	case RC_STATE_DESTROYING:
		break;
	}
	rc_fail(err, RC_FAILED, "an interrupted run left it half-made or half-removed");
	return rc_hint(err, "finish with: runnerctl rotate %s", a->name);
}

/* What the next generation takes in place of this one; that what there is may be less is no matter.
 */
static int
check_room(struct change *change, struct rc_error *err)
{
	const struct rc_limits *next = &change->setting.next, *now = &change->limits;
	scoped(rc_appliance_release) struct rc_appliance a = { 0 };

	if (next->memory <= now->memory && next->cpus <= now->cpus && next->disk <= now->disk)
		return 0;
	rc_appliance_copy(&a, &change->work.appliance);
	a.limits = *next;
	return rc_admit(change->work.session, &a, RC_ADMIT_ALONE, err);
}

static int
prepare(struct change *change, const struct rc_set_wish *wish, struct rc_error *err)
{
	struct rc_session *session = change->work.session;
	const char *name = change->work.outcome->name;
	scoped(rc_fleet_release) struct rc_fleet fleet = { 0 };
	const struct rc_member *member;
	const struct rc_profile *profile;
	struct rc_appliance *a = &change->work.appliance;

	if (rc_fleet_read(session, &fleet, err) < 0)
		return -1;
	member = rc_fleet_find(&fleet, name);
	if (!member) {
		rc_fail(err, RC_NOT_FOUND, "there is no such appliance");
		return rc_hint(err, "see: runnerctl list");
	}
	rc_appliance_copy(a, &member->appliance);
	change->own = a->own;
	change->limits = a->limits;
	if (check_state(a, err) < 0)
		return -1;
	/* It goes on with what its memory was saved with. */
	if (rc_fleet_is_saved(member))
		return rc_saved(a, err);
	profile = rc_config_profile(&session->config, a->profile);
	if (!profile) {
		rc_fail(err, RC_USAGE, "its profile %s is gone from the configuration", a->profile);
		return rc_hint(err, "what the next generation gets cannot be told without it");
	}
	if (rc_setting_choose(&change->setting, a, &profile->limits, &wish->setting, err) < 0)
		return -1;
	return check_room(change, err);
}

static int
set_one(struct change *change, const struct rc_set_wish *wish, struct rc_error *err)
{
	struct rc_work *work = &change->work;
	struct rc_outcome *outcome = work->outcome;
	scoped(rc_fd_release) int lock = -1;
	struct rc_step steps[STEPS_MAX];

	if ((!wish->dry_run &&
		rc_lock_take(&lock, outcome->name, LOCK_PATIENCE, &work->session->run, err) < 0) ||
	    prepare(change, wish, err) < 0)
		return -1;
	outcome->emulated = work->appliance.emulated;
	outcome->did = "set";
	outcome->changed = change->setting.changed;
	work->stays = true;
	choose_steps(steps, change);
	(wish->dry_run ? rc_steps_plan : rc_steps_run)(steps, &(struct rc_work *){ work }, 1);
	/* Not by destroy. */
	if (!outcome->ok && rc_str_starts(outcome->error.hint, "something is left"))
		rc_hint(&outcome->error,
		    "its caps are in between: set them again, or runnerctl rotate %s",
		    outcome->name);
	if (outcome->ok && !wish->dry_run)
		rc_appliance_copy(&outcome->appliance, &work->appliance);
	return 0;
}

int
rc_set(struct rc_session *session, const struct rc_set_wish *wish, struct rc_outcomes *ret,
    struct rc_error *err)
{
	struct rc_outcomes outcomes;

	for (size_t i = 0; i < wish->names.count; i++)
		if (rc_name_check(wish->names.items[i], err) < 0)
			return -1;
	rc_outcomes_init(&outcomes, &wish->names);
	for (size_t i = 0; i < outcomes.count; i++) {
		struct rc_outcome *outcome = &outcomes.items[i];
		struct change change = { .work = { .session = session, .outcome = outcome } };

		if (set_one(&change, wish, &outcome->error) < 0)
			outcome->ok = false;
		rc_work_release(&change.work);
	}
	rc_run_steps_end(&session->run);
	*ret = outcomes;
	return 0;
}
