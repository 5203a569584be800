/* A new generation on trial. */
#include "ops/succession.h"

#include <string.h>

#include "host/clock.h"
#include "ops/draining.h"
#include "ops/making.h"
#include "ops/removing.h"

/* The runner's own token is enough for a lent runner; an owned one gets a new runner. */
int
rc_successor_registration(struct rc_registration *ret, struct rc_session *session,
    const struct rc_appliance *elder, bool check, struct rc_error *err)
{
	bool lent = elder->ownership == RC_RUNNER_LENT, given;
	scoped(rc_secret_release) char *token = NULL;
	struct rc_registration_wish wish = {
		.url = elder->url,
		.tags = elder->tags,
		.wait = session->config.ready_timeout,
	};

	if (lent) {
		if (rc_virt_secret_get(session->virt, elder->uuid, &token, err) < 0)
			return -1;
		if (!token)
			return rc_fail(err, RC_FAILED, "the token of its lent runner is lost");
		wish.token.value = token;
	} else if (strcmp(elder->url, session->config.url) != 0) {
		rc_fail(err, RC_USAGE, "its GitLab is %s, the configuration's is %s", elder->url,
		    session->config.url);
		return rc_hint(
		    err, "use --config with a file that has this url and its token-file");
	}
	if (rc_registration_open(ret, &given, session, &wish, err) < 0)
		return -1;
	if (!given || (!lent && ret->kind == RC_TOKEN_RUNNER)) {
		rc_fail(err, RC_USAGE, "a new runner needs a token that makes runners");
		return rc_hint(err, "set token-file in [gitlab]");
	}
	if (lent && check &&
	    rc_gitlab_token_works(ret->gitlab, ret->token, elder->system_id, err) < 0)
		return -1;
	ret->tags = NULL; /* the appliance has them */
	ret->group = elder->group;
	ret->project = elder->project;
	return 0;
}

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
rc_withdrawal_begin(
    struct rc_session *session, struct rc_appliance *a, struct rc_drain_watch *watch)
{
	struct rc_error err;

	*watch = rc_drain_watch_begin();
	/* What stopped at its boot loader has no job, and no ear for the power button. */
	if (!rc_is_hopeless(session, a) && rc_drain_begin(session, a, &err) < 0)
		rc_run_warn(&session->run, "%s.%u: %s", a->name, a->generation, err.text);
}

bool
rc_withdrawal_look(struct rc_session *session, struct rc_appliance *a, struct rc_drain_watch *watch,
    int64_t patience)
{
	struct rc_error err;
	bool off = false;

	if (!rc_is_hopeless(session, a)) {
		if (rc_drain_look(session, a, watch, patience, &off, &err) == 0 && !off)
			return false;
		if (!off) {
			rc_run_warn(
			    &session->run, "%s.%u is left: %s", a->name, a->generation, err.text);
			return true;
		}
	}
	if (rc_remove(session, a, false, &err) < 0)
		rc_run_warn(&session->run, "%s.%u is left: %s", a->name, a->generation, err.text);
	return true;
}
