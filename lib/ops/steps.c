/* The engine of all transactions: forward step by step, backward on failure. */
#include "ops/steps.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "ops/fleet.h"
#include "ops/outcomes.h"

void
rc_work_release(struct rc_work *work)
{
	if (work->config_disk)
		unlink(work->config_disk);
	rc_str_release(&work->config_disk);
	if (work->manifest)
		rc_manifest_release(work->manifest);
	free(work->manifest);
	rc_secret_release(&work->token);
	rc_appliance_release(&work->unregistered);
	rc_appliance_release(&work->appliance);
}

static void
say_step(struct rc_work *work, const char *prefix, const char *what)
{
	rc_run_step(&work->session->run, "%s%s %s.%u", prefix, what, work->appliance.name,
	    work->appliance.generation);
}

/*
 * What is taken apart must not pass for whole, should this run die on the way: before its first
 * part goes, it is half-made again.  What cannot be recorded so is left as it is.
 */
static int
record_undo(struct rc_work *work, struct rc_error *err)
{
	struct rc_appliance *a = &work->appliance;

	if (work->stays)
		return 0;
	switch (a->state) {
	case RC_STATE_CREATED:
		a->state = RC_STATE_CREATING;
		break;
	case RC_STATE_STARTED:
	case RC_STATE_READY:
		a->state = RC_STATE_REGISTERING;
		break;
	case RC_STATE_CREATING:
	case RC_STATE_REGISTERING:
	case RC_STATE_DRAINING:
	case RC_STATE_DESTROYING:
		return 0;
	}
	/* Somebody may have removed the domain: the rest is still to be taken back. */
	return rc_fleet_record(work->session, a, err) < 0 && err->code != RC_NOT_FOUND ? -1 : 0;
}

/*
 * Takes back the first count steps.  What cannot be taken back stays recorded in
 * the domain, so the error only has to say how to finish.
 */
static void
undo(const struct rc_step *steps, size_t count, struct rc_work *work)
{
	struct rc_run *run = &work->session->run;
	const volatile sig_atomic_t *stop = run->stop;
	struct rc_error err;
	bool clean = true;

	run->stop = NULL;
	if (count && record_undo(work, &err) < 0) {
		rc_run_warn(run, "%s: cannot undo anything: %s", work->appliance.name, err.text);
		clean = false;
	}
	for (size_t i = count; clean && i-- > 0;) {
		if (!steps[i].undo)
			continue;
		say_step(work, "undo: ", steps[i].what);
		if (steps[i].undo(work, &err) < 0) {
			rc_run_warn(run, "%s: cannot undo '%s': %s", work->appliance.name,
			    steps[i].what, err.text);
			clean = false;
		}
	}
	run->stop = stop;
	if (!clean)
		rc_hint(&work->outcome->error,
		    "something is left; finish with: runnerctl destroy %s", work->appliance.name);
}

/* begun: the number of steps that were begun. */
static void
fail(const struct rc_step *steps, size_t begun, struct rc_work *work, const struct rc_error *why)
{
	work->failed = true;
	work->outcome->ok = false;
	work->outcome->error = *why;
	undo(steps, begun, work);
}

/* One step for all that have not failed yet.  Whom the step itself marks as failed, it keeps. */
static void
run_together(const struct rc_step *steps, size_t at, struct rc_work **works, size_t count)
{
	struct rc_work **alive = rc_alloc(count, sizeof(*alive));
	struct rc_error err;
	size_t n = 0, begun = at;
	int result = 0;

	for (size_t i = 0; i < count; i++)
		if (!works[i]->failed)
			alive[n++] = works[i];
	/* What cannot be taken back only waits, and who is waited for may have jobs by now. */
	if (n && steps[at].undo)
		result = rc_run_check(&alive[0]->session->run, &err);
	if (n && result == 0) {
		begun++;
		result = steps[at].run_all(alive, n, &err);
	}
	for (size_t i = 0; i < n && result < 0; i++)
		if (!alive[i]->failed)
			fail(steps, begun, alive[i], &err);
	free(alive);
}

void
rc_steps_run(const struct rc_step *steps, struct rc_work **works, size_t count)
{
	for (size_t at = 0; steps[at].what; at++) {
		if (steps[at].run_all) {
			run_together(steps, at, works, count);
			continue;
		}
		for (size_t i = 0; i < count; i++) {
			struct rc_error err;

			if (works[i]->failed)
				continue;
			if (rc_run_check(&works[i]->session->run, &err) < 0) {
				fail(steps, at, works[i], &err);
				continue;
			}
			say_step(works[i], "", steps[at].what);
			if (steps[at].run(works[i], &err) < 0)
				fail(steps, at + 1, works[i], &err);
		}
	}
	for (size_t i = 0; i < count; i++)
		works[i]->outcome->ok = !works[i]->failed;
}

void
rc_steps_plan(const struct rc_step *steps, struct rc_work **works, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t at = 0; steps[at].what; at++)
			rc_outcome_plan(works[i]->outcome, steps[at].what, &works[i]->appliance);
		works[i]->outcome->ok = true;
	}
}
