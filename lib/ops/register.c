/* register: the second half of what create does with a token. */
#include "ops/register.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/str.h"
#include "core/name.h"
#include "host/lock.h"
#include "ops/admission.h"
#include "ops/draining.h"
#include "ops/fleet.h"
#include "ops/making.h"
#include "ops/outcomes.h"

static const struct rc_step register_steps[] = { RC_REGISTER_STEPS, { 0 } };

/* What a register that died half-way left: back to "created".  If it was started, it may have a
 * job.
 */
static int
take_back(struct rc_work *work, struct rc_error *err)
{
	struct rc_session *session = work->session;
	struct rc_appliance *a = &work->appliance;

	rc_run_warn(&session->run, "%s: taking back what an interrupted run left", a->name);
	if (rc_drain(session, a, session->config.drain_timeout, err) < 0)
		return err->code == RC_TIMEOUT
			   ? rc_hint(err, "it goes on draining; rotate or gc removes it then")
			   : -1;
	if (rc_inject_undo(work, err) < 0 || rc_unregister(session, a, false, err) < 0)
		return -1;
	a->state = RC_STATE_CREATED;
	a->drain_begun = 0;
	return rc_fleet_record(session, a, err);
}

static int
check_state(struct rc_work *work, bool dry_run, struct rc_error *err)
{
	const struct rc_appliance *a = &work->appliance;

	switch (a->state) {
	case RC_STATE_CREATED:
		return 0;
	case RC_STATE_REGISTERING:
		return dry_run ? 0 : take_back(work, err);
	case RC_STATE_STARTED:
	case RC_STATE_READY:
	case RC_STATE_DRAINING:
		rc_fail(err, RC_FAILED, "it has a runner already, #%lld at %s",
		    (long long)a->runner_id, a->url);
		return rc_hint(err, "to give it another one, destroy and create it again");
	case RC_STATE_CREATING:
	case RC_STATE_DESTROYING:
		break;
	}
	rc_fail(err, RC_FAILED, "it is half-made (%s)", rc_state_name(a->state));
	return rc_hint(err, "clean up with: runnerctl destroy %s", a->name);
}

/* Whose making, or removal, was interrupted. */
static bool
is_half(const struct rc_appliance *a)
{
	return a->state == RC_STATE_CREATING || a->state == RC_STATE_REGISTERING ||
	       a->state == RC_STATE_DESTROYING;
}

static int
find(struct rc_work *work, const char *name, struct rc_error *err)
{
	scoped(rc_fleet_release) struct rc_fleet fleet = { 0 };
	const struct rc_member *member;

	if (rc_fleet_read(work->session, &fleet, err) < 0)
		return -1;
	member = rc_fleet_find(&fleet, name);
	if (!member) {
		rc_fail(err, RC_NOT_FOUND, "there is no such appliance");
		return rc_hint(err, "make it with: runnerctl create %s", name);
	}
	if (is_half(&member->appliance) && rc_fleet_shared(&fleet, member)) {
		rc_fail(err, RC_FAILED, "its rotation was interrupted");
		return rc_hint(err, "finish with: runnerctl rotate %s", name);
	}
	rc_appliance_copy(&work->appliance, &member->appliance);
	return 0;
}

/* Others may have taken what there was when it was created. */
static int
find_room(struct rc_work *work, bool force, struct rc_error *err)
{
	if (rc_admit(work->session, &work->appliance, force ? RC_ADMIT_FORCED : RC_ADMIT_ALONE,
		err) == 0)
		return 0;
	return err->code == RC_NO_ROOM ? rc_hint(err, "remove another, or use --force") : -1;
}

static int
register_one(struct rc_work *work, const struct rc_register_wish *wish, struct rc_error *err)
{
	scoped(rc_fd_release) int lock = -1;
	scoped(rc_registration_release) struct rc_registration registration = { 0 };
	bool given, dry_run = wish->registration.dry_run;

	if ((!dry_run && rc_lock_take(&lock, wish->name, 10, &work->session->run, err) < 0) ||
	    find(work, wish->name, err) < 0)
		return -1;
	work->outcome->emulated = work->appliance.emulated;
	if (rc_registration_open(&registration, &given, work->session, &wish->registration, err) <
	    0)
		return -1;
	if (!given) {
		rc_fail(err, RC_USAGE, "no token is given");
		return rc_hint(err, "give --token-file FILE, or token-file in [gitlab]");
	}
	if (check_state(work, dry_run, err) < 0 || find_room(work, wish->force, err) < 0)
		return -1;
	work->registration = &registration;
	if (dry_run)
		rc_steps_plan(register_steps, &work, 1);
	else
		rc_steps_run(register_steps, &work, 1);
	work->registration = NULL;
	if (work->outcome->ok || work->outcome->error.code == RC_TIMEOUT)
		rc_appliance_copy(&work->outcome->appliance, &work->appliance);
	return 0;
}

int
rc_register(struct rc_session *session, const struct rc_register_wish *wish,
    struct rc_outcomes *ret, struct rc_error *err)
{
	scoped(rc_work_release) struct rc_work work = { .session = session };
	struct rc_strv names = { .items = (char *[]){ NULL }, .count = 1 };
	scoped(rc_str_release) char *name = rc_strdup(wish->name);
	struct rc_outcomes outcomes;

	if (rc_name_check(name, err) < 0)
		return -1;
	names.items[0] = name;
	rc_outcomes_init(&outcomes, &names);
	work.outcome = &outcomes.items[0];
	if (register_one(&work, wish, &outcomes.items[0].error) < 0)
		outcomes.items[0].ok = false;
	rc_run_steps_end(&session->run);
	*ret = outcomes;
	return 0;
}
