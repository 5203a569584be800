/* A new generation on trial. */
#include "ops/succession.h"

#include "host/clock.h"
#include "ops/draining.h"
#include "ops/making.h"
#include "ops/removing.h"

int
rc_successor_wait(struct rc_session *session, const struct rc_appliance *a, struct rc_error *err)
{
	struct rc_outcome outcome = { 0 };
	struct rc_work work = { .session = session, .outcome = &outcome }, *works = &work;
	struct rc_registration registration = { .wait = session->config.ready_timeout };
	bool access;
	int result;

	if (rc_reach_gitlab(session, a->url, &registration.gitlab, &access, err) < 0)
		return -1;
	registration.kind =
	    access && a->ownership == RC_RUNNER_OWNED ? RC_TOKEN_ACCESS : RC_TOKEN_RUNNER;
	work.registration = &registration;
	rc_appliance_copy(&work.appliance, a);
	result = rc_ready_run_all(&works, 1, err);
	if (result == 0 && work.failed) {
		*err = outcome.error;
		result = -1;
	}
	rc_work_release(&work);
	rc_registration_release(&registration);
	return result;
}

void
rc_successor_withdraw(struct rc_session *session, struct rc_appliance *a, int64_t drain_timeout)
{
	int64_t begin = rc_clock_monotonic();
	struct rc_error err;

	if (rc_drain_begin(session, a, &err) < 0 ||
	    rc_drain_wait(session, a, begin, drain_timeout, &err) < 0 ||
	    rc_remove(session, a, false, &err) < 0)
		rc_run_warn(&session->run, "%s.%u is left: %s", a->name, a->generation, err.text);
}
