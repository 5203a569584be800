/* Waiting for one that was started to ask GitLab for work. */
#include "ops/ready.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/serial_log.h"
#include "host/clock.h"
#include "ops/contact.h"
#include "ops/draining.h"
#include "ops/fleet.h"
#include "ops/guest.h"
#include "ops/registration.h"
#include "ops/serial.h"

static bool
polls(const struct rc_work *work)
{
	struct rc_guest_status status;
	struct rc_error ignored;

	return rc_guest_status(work->session, work->appliance.uuid, &status, &ignored) == 0 &&
	       strcmp(status.runner, "polling") == 0;
}

/*
 * Of a lent runner GitLab was asked whether it takes the token, which counts as contact with it:
 * what it says when the waiting begins has to change.
 */
static bool
has_contact_again(struct rc_work *work)
{
	int64_t contacted;

	if (work->appliance.ownership != RC_RUNNER_LENT ||
	    !rc_runner_contacted(work->session, &work->appliance, &contacted))
		return false;
	if (!work->wait.contact_known) {
		work->wait.contact_known = true;
		work->wait.contact = contacted;
	}
	return contacted != work->wait.contact;
}

/* GitLab's own word if there is an access token, or the guest's. */
static bool
is_ready(struct rc_work *work)
{
	const struct rc_registration *r = work->registration;
	const struct rc_appliance *a = &work->appliance;
	struct rc_manager manager;
	struct rc_error ignored;

	if (r->kind == RC_TOKEN_ACCESS &&
	    rc_gitlab_manager(r->gitlab, a->runner_id, a->system_id, &manager, &ignored) == 0 &&
	    manager.contacted >= work->wait.since)
		return true;
	return polls(work) || has_contact_again(work);
}

static int
timed_out(struct rc_work *work, int64_t seconds, struct rc_error *err)
{
	scoped(rc_str_release) char *line = rc_serial_last(work->session, &work->appliance);

	if (rc_serial_is_end(line))
		rc_fail(err, RC_TIMEOUT, "it was started, but does not boot: %s", line);
	else if (rc_is_off(work->session, &work->appliance))
		return rc_fail(err, RC_TIMEOUT, "it was started, but has switched itself off%s%s",
		    *line ? "; the last it said: " : "", line);
	else
		rc_fail(err, RC_TIMEOUT,
		    "it was started, but did not ask GitLab for work within %lld s%s%s",
		    (long long)seconds, *line ? "; the last it said: " : "", line);
	return rc_hint(err, "it keeps running; see: runnerctl status %s", work->appliance.name);
}

bool
rc_is_hopeless(struct rc_session *session, const struct rc_appliance *a)
{
	scoped(rc_str_release) char *line = rc_serial_last(session, a);

	return rc_serial_is_end(line) || rc_is_off(session, a);
}

/* It takes jobs by now: that this cannot be recorded must not cost one. */
static int
record_ready(struct rc_work *work, struct rc_error *err)
{
	struct rc_appliance *a = &work->appliance;

	a->state = RC_STATE_READY;
	if (rc_fleet_record(work->session, a, err) == 0)
		return 0;
	a->state = RC_STATE_STARTED;
	return err->code == RC_NOT_FOUND
		   ? rc_hint(err, "somebody removed it; clean up with: runnerctl gc")
		   : rc_hint(err, "it keeps running; see: runnerctl status %s", a->name);
}

bool
rc_ready_look(struct rc_work *work)
{
	const int64_t patience = work->registration->wait;
	struct rc_error *err = &work->outcome->error;

	if (rc_run_check(&work->session->run, err) == 0) {
		if (is_ready(work)) {
			work->failed = record_ready(work, err) < 0;
			return true;
		}
		if (rc_clock_monotonic() - work->wait.begin < patience &&
		    !rc_is_hopeless(work->session, &work->appliance))
			return false;
		timed_out(work, patience, err);
	} else {
		/* ^C while waiting only ends the waiting. */
		rc_hint(err, "the appliance keeps running");
	}
	work->failed = true;
	return true;
}

void
rc_ready_begin(struct rc_work **works, size_t count)
{
	rc_run_step(&works[0]->session->run, "wait until GitLab hears from %s%s",
	    works[0]->appliance.name, count > 1 ? " and the others" : "");
	for (size_t i = 0; i < count; i++)
		works[i]->wait = (struct rc_ready_wait){
			.begin = rc_clock_monotonic(),
			.since = rc_clock_now() - 60, /* clocks differ, and GitLab rounds */
		};
}

/*
 * Too late is no reason to undo: the appliance runs and may become ready any
 * moment, so its own outcome tells, and the transaction goes on.
 */
int
rc_ready_run_all(struct rc_work **works, size_t count, struct rc_error *err)
{
	struct rc_work **waiting;

	(void)err;
	if (!works[0]->registration->wait)
		return 0;
	waiting = rc_alloc(count, sizeof(struct rc_work *));
	memcpy(waiting, works, count * sizeof(struct rc_work *));
	rc_ready_begin(works, count);
	while (count) {
		size_t rest = 0;

		for (size_t i = 0; i < count; i++)
			if (!rc_ready_look(waiting[i]))
				waiting[rest++] = waiting[i];
		if ((count = rest))
			rc_clock_wait(1);
	}
	free(waiting);
	return 0;
}
