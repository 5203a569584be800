/*
 * destroy.  A drain is an orderly power-off: inside, the runner gets SIGQUIT
 * and finishes its jobs before docker stops.  A job is only ever killed by --now.
 */
#include "ops/destroy.h"

#include <stdlib.h>
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

/* All generations of one name, under its lock. */
struct target {
	struct rc_outcome *outcome;
	struct rc_fleet fleet;
	struct rc_drain_watch watch;
	int lock;
};

static void
release(struct target *t)
{
	rc_fleet_release(&t->fleet);
	rc_fd_release(&t->lock);
}

/* One of its generations, or NULL. */
static struct rc_member *
generation(struct target *t, size_t i)
{
	struct rc_member *member = &t->fleet.items[i];

	return strcmp(member->appliance.name, t->outcome->name) == 0 ? member : NULL;
}

static void
plan(struct target *t, bool now)
{
	for (size_t i = 0; i < t->fleet.count; i++) {
		const struct rc_member *member = generation(t, i);

		if (!member)
			continue;
		rc_outcome_plan(t->outcome, now ? "stop" : "drain", &member->appliance);
		if (member->appliance.ownership != RC_RUNNER_NONE)
			rc_outcome_plan(t->outcome, "remove the runner of", &member->appliance);
		rc_outcome_plan(
		    t->outcome, "remove the disks, address and domain of", &member->appliance);
	}
}

/* Its jobs go on when it starts, and can be waited for only then. */
static int
refuse_saved(struct target *t, struct rc_error *err)
{
	for (size_t i = 0; i < t->fleet.count; i++) {
		const struct rc_member *member = generation(t, i);

		if (member && rc_fleet_is_saved(member))
			return rc_saved(&member->appliance, err);
	}
	return 0;
}

static int
open_target(struct target *t, struct rc_session *session, bool only_look, struct rc_error *err)
{
	const char *name = t->outcome->name;

	if (rc_run_check(&session->run, err) < 0 || rc_name_check(name, err) < 0 ||
	    (!only_look && rc_lock_take(&t->lock, name, 10, &session->run, err) < 0) ||
	    rc_fleet_read(session, &t->fleet, err) < 0)
		return -1;
	if (!rc_fleet_find(&t->fleet, name))
		rc_run_warn(&session->run, "%s: there is no such appliance", name);
	return 0;
}

/* The newest first: it is the one that takes jobs. */
static int
ask_to_go(struct target *t, struct rc_session *session, struct rc_error *err)
{
	t->watch = rc_drain_watch_begin();
	for (size_t i = t->fleet.count; i-- > 0;) {
		struct rc_member *member = generation(t, i);

		if (!member)
			continue;
		/* No successor either, should a rotation have been under way. */
		member->appliance.successor = false;
		if (member->domain.active && rc_drain_begin(session, &member->appliance, err) < 0)
			return -1;
	}
	return 0;
}

static int
wait_until_off(struct target *t, struct rc_session *session, const struct rc_appliance *a,
    int64_t timeout, struct rc_error *err)
{
	if (rc_drain_wait(session, a, &t->watch, timeout, err) == 0)
		return 0;
	if (err->code == RC_TIMEOUT)
		rc_hint(
		    err, "it goes on draining; run destroy again, or with --now to kill its jobs");
	return -1;
}

static int
finish(struct target *t, struct rc_session *session, const struct rc_destroy_wish *wish,
    struct rc_error *err)
{
	int64_t timeout =
	    wish->drain_timeout < 0 ? session->config.drain_timeout : wish->drain_timeout;

	for (size_t i = 0; i < t->fleet.count; i++) {
		struct rc_member *member = generation(t, i);
		struct rc_appliance *a;

		if (!member)
			continue;
		if (rc_run_check(&session->run, err) < 0)
			return -1;
		a = &member->appliance;
		a->successor = false;
		/* Also of one that was off: somebody may have started it since. */
		if (!wish->now &&
		    !(a->state == RC_STATE_DESTROYING && member->domain.halt == RC_HALT_SAVED) &&
		    wait_until_off(t, session, a, timeout, err) < 0)
			return -1;
		if (rc_remove(session, a, wish->forget, err) < 0) {
			if (!err->hint[0])
				rc_hint(err, "finish with: runnerctl destroy %s", a->name);
			return -1;
		}
	}
	return 0;
}

/* All are asked to go before any is waited for. */
int
rc_destroy(struct rc_session *session, const struct rc_destroy_wish *wish, struct rc_outcomes *ret,
    struct rc_error *err)
{
	struct rc_outcomes outcomes;
	struct target *targets;

	(void)err;
	rc_outcomes_init(&outcomes, &wish->names);
	targets = rc_alloc(outcomes.count, sizeof(*targets));
	for (size_t i = 0; i < outcomes.count; i++) {
		struct rc_outcome *outcome = &outcomes.items[i];
		struct target *t = &targets[i];

		*t = (struct target){ .outcome = outcome, .lock = -1 };
		outcome->ok = open_target(t, session, wish->dry_run, &outcome->error) == 0 &&
			      (wish->now || refuse_saved(t, &outcome->error) == 0);
		if (outcome->ok && wish->dry_run)
			plan(t, wish->now);
		else if (outcome->ok && !wish->now)
			outcome->ok = ask_to_go(t, session, &outcome->error) == 0;
	}
	for (size_t i = 0; i < outcomes.count; i++) {
		struct rc_outcome *outcome = &outcomes.items[i];

		if (outcome->ok && !wish->dry_run)
			outcome->ok = finish(&targets[i], session, wish, &outcome->error) == 0;
		release(&targets[i]);
	}
	free(targets);
	rc_run_steps_end(&session->run);
	*ret = outcomes;
	return 0;
}
