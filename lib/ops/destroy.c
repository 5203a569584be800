/*
 * destroy.  A drain is an orderly power-off: inside, the runner gets SIGQUIT
 * and finishes its jobs before docker stops.  A job is only ever killed by --now.
 */
#include "ops/destroy.h"

#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "core/name.h"
#include "host/clock.h"
#include "host/lock.h"
#include "ops/draining.h"
#include "ops/fleet.h"
#include "ops/outcomes.h"
#include "ops/removing.h"

static int
drain(struct rc_session *session, struct rc_appliance *a, int64_t timeout, struct rc_error *err)
{
	if (rc_drain(session, a, timeout, err) == 0)
		return 0;
	if (err->code == RC_TIMEOUT)
		rc_hint(
		    err, "it goes on draining; run destroy again, or with --now to kill its jobs");
	return -1;
}

static int
destroy_one(struct rc_session *session, const struct rc_destroy_wish *wish,
    struct rc_outcome *outcome, struct rc_error *err)
{
	scoped(rc_fd_release) int lock = -1;
	scoped(rc_fleet_release) struct rc_fleet fleet = { 0 };
	int64_t timeout =
	    wish->drain_timeout < 0 ? session->config.drain_timeout : wish->drain_timeout;
	bool found = false;

	if (rc_run_check(&session->run, err) < 0 || rc_name_check(outcome->name, err) < 0 ||
	    (!wish->dry_run && rc_lock_take(&lock, outcome->name, 10, &session->run, err) < 0) ||
	    rc_fleet_read(session, &fleet, err) < 0)
		return -1;
	for (size_t i = 0; i < fleet.count; i++) {
		struct rc_appliance *a = &fleet.items[i].appliance;

		if (strcmp(a->name, outcome->name) != 0)
			continue;
		found = true;
		if (wish->dry_run) {
			rc_outcome_plan(outcome, wish->now ? "stop" : "drain", a);
			if (a->ownership != RC_RUNNER_NONE)
				rc_outcome_plan(outcome, "remove the runner of", a);
			rc_outcome_plan(outcome, "remove the disks, address and domain of", a);
			continue;
		}
		/* No successor either, should a rotation have been under way. */
		a->successor = false;
		if (!wish->now && drain(session, a, timeout, err) < 0)
			return -1;
		if (rc_remove(session, a, wish->forget, err) < 0) {
			if (!err->hint[0])
				rc_hint(err, "finish with: runnerctl destroy %s", a->name);
			return -1;
		}
	}
	if (!found)
		rc_run_warn(&session->run, "%s: there is no such appliance", outcome->name);
	return 0;
}

int
rc_destroy(struct rc_session *session, const struct rc_destroy_wish *wish, struct rc_outcomes *ret,
    struct rc_error *err)
{
	struct rc_outcomes outcomes;

	(void)err;
	rc_outcomes_init(&outcomes, &wish->names);
	for (size_t i = 0; i < outcomes.count; i++) {
		struct rc_outcome *outcome = &outcomes.items[i];

		outcome->ok = destroy_one(session, wish, outcome, &outcome->error) == 0;
	}
	rc_run_steps_end(&session->run);
	*ret = outcomes;
	return 0;
}
