/*
 * destroy.  A drain is an orderly power-off: inside, the runner gets SIGQUIT
 * and finishes its jobs before docker stops.  A job is only ever killed by --now.
 */
#include "ops/destroy.h"

#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/size.h"
#include "base/str.h"
#include "core/name.h"
#include "host/clock.h"
#include "host/lock.h"
#include "ops/fleet.h"
#include "ops/outcomes.h"
#include "ops/registration.h"
#include "ops/removing.h"

#define ASK_AGAIN 30 /* seconds after which a guest that still runs is asked by ACPI as well */

/* The agent may not be up yet, or never: then the power button. */
static int
ask_to_power_off(struct rc_session *session, const struct rc_appliance *a, struct rc_error *err)
{
	struct rc_error ignored;
	bool active;

	if (rc_virt_shutdown(session->virt, a->uuid, true, &ignored) == 0 ||
	    rc_virt_shutdown(session->virt, a->uuid, false, err) == 0)
		return 0;
	/* Off by itself just now: that is what was wanted. */
	return rc_virt_is_active(session->virt, a->uuid, &active, &ignored) == 0 && !active ? 0
											    : -1;
}

static int
still_busy(int64_t seconds, struct rc_error *err)
{
	char waited[16];

	rc_fail(err, RC_TIMEOUT, "it did not power off within %s: a job may still run",
	    rc_duration_format(waited, seconds));
	return rc_hint(
	    err, "it goes on draining; run destroy again, or with --now to kill its jobs");
}

static int
drain(struct rc_session *session, struct rc_appliance *a, int64_t timeout, struct rc_error *err)
{
	int64_t begin = rc_clock_monotonic(), asked = begin;
	bool active;

	if (rc_virt_is_active(session->virt, a->uuid, &active, err) < 0)
		return -1;
	if (!active)
		return 0;
	rc_run_step(&session->run, "drain %s.%u", a->name, a->generation);
	a->state = RC_STATE_DRAINING;
	if (rc_fleet_record(session, a, err) < 0)
		return err->code == RC_NOT_FOUND ? 0 : -1;
	rc_pause_runner(session, a);
	if (ask_to_power_off(session, a, err) < 0)
		return -1;
	for (;;) {
		int64_t now = rc_clock_monotonic();

		if (rc_virt_is_active(session->virt, a->uuid, &active, err) < 0 ||
		    rc_run_check(&session->run, err) < 0)
			return -1;
		if (!active)
			return 0;
		if (now - begin >= timeout)
			return still_busy(now - begin, err);
		/* A guest that was still booting may have missed the first request. */
		if (now - asked >= ASK_AGAIN) {
			asked = now;
			if (ask_to_power_off(session, a, err) < 0)
				rc_run_warn(&session->run, "%s", err->text);
		}
		rc_clock_wait(0.5);
	}
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

	if (rc_name_check(outcome->name, err) < 0 ||
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
