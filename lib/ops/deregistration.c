/* A runner taken away from GitLab again, whatever is still known of it. */
#include <stdio.h>

#include "base/str.h"
#include "core/litter.h"
#include "host/clock.h"
#include "ops/fleet.h"
#include "ops/registration.h"

/*
 * A run that died between GitLab's making the runner and our keeping its token
 * left a runner that only its marker tells from others.
 */
static int
remove_by_marker(struct rc_session *session, const struct rc_appliance *a, struct rc_error *err)
{
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = NULL;
	const struct rc_runner_wish where = { .group_id = a->group, .project_id = a->project };
	bool access, gone;
	char marker[48];
	int64_t id = 0;

	rc_runner_marker(marker, a->uuid);
	if (rc_reach_gitlab(session, a->url, &gitlab, &access, err) < 0)
		return -1;
	if (access && rc_gitlab_find_lost_runner(gitlab, &where, marker, &id, err) == 0)
		return id ? rc_gitlab_delete_runner(gitlab, id, NULL, &gone, err) : 0;
	/* What is away comes back; who may not look never will. */
	if (access && err->code != RC_NOT_FOUND)
		return -1;
	rc_run_warn(&session->run, "a runner described \"%s\" may be left at %s: look for it there",
	    marker, a->url);
	return 0;
}

/*
 * 403 and 404 mean that there is nothing to remove.  They are asked for twice: a wrong one would
 * leave a machine at GitLab that nobody finds, and the request that makes it may have been cut
 * short, with GitLab still at work on it.
 */
static int
remove_machine(struct rc_gitlab *gitlab, const struct rc_appliance *a, const char *token,
    enum rc_manager_end *ret, struct rc_error *err)
{
	if (rc_gitlab_delete_manager(gitlab, token, a->system_id, ret, err) < 0)
		return -1;
	if (*ret == RC_MANAGER_REMOVED)
		return 0;
	rc_clock_wait(2);
	return rc_gitlab_delete_manager(gitlab, token, a->system_id, ret, err);
}

/* Its token died with a reset that was interrupted: another one, for this last use. */
static int
remove_with_new_token(struct rc_session *session, const struct rc_appliance *a,
    enum rc_manager_end *ret, struct rc_error *err)
{
	scoped(rc_runner_grant_release) struct rc_runner_grant grant = { 0 };
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = NULL;
	bool access, maybe;

	if (rc_reach_gitlab(session, a->url, &gitlab, &access, err) < 0)
		return -1;
	if (!access)
		return 0;
	if (rc_gitlab_reset_token(gitlab, a->runner_id, &grant, &maybe, err) < 0)
		return err->code == RC_NOT_FOUND ? 0 : -1;
	return rc_gitlab_delete_manager(gitlab, grant.token, a->system_id, ret, err);
}

static int
remove_at_gitlab(struct rc_session *session, struct rc_gitlab *gitlab, const struct rc_appliance *a,
    const char *token, struct rc_error *err)
{
	enum rc_manager_end end;
	bool gone = false;

	if (a->ownership == RC_RUNNER_LENT) {
		/* A token that is not refused was not reset: others work with it. */
		if (remove_machine(gitlab, a, token, &end, err) < 0 ||
		    (end == RC_MANAGER_REFUSED && a->renewal == RC_RENEWAL_BEGUN &&
			remove_with_new_token(session, a, &end, err) < 0))
			return -1;
		gone = end != RC_MANAGER_REMOVED;
	} else if (rc_gitlab_delete_runner(gitlab, a->runner_id, token, &gone, err) < 0) {
		return -1;
	}
	/* Without a number it is not certain that it ever was there. */
	if (gone && a->runner_id > 0)
		rc_run_warn(&session->run,
		    "GitLab does not know the runner of %s any more: it was "
		    "deleted there, or its token has expired",
		    a->name);
	return 0;
}

static int
remove_with(struct rc_session *session, struct rc_gitlab *gitlab, struct rc_appliance *a,
    const char *token, struct rc_error *err)
{
	if (token && remove_at_gitlab(session, gitlab, a, token, err) < 0)
		return -1;
	if (rc_virt_secret_delete(session->virt, a->uuid, err) < 0)
		return -1;
	a->ownership = RC_RUNNER_NONE;
	a->runner_id = 0;
	a->token_expires = 0;
	return 0;
}

int
rc_register_undo(struct rc_work *work, struct rc_error *err)
{
	struct rc_appliance *a = &work->appliance;

	if (work->cut_short && a->ownership == RC_RUNNER_OWNED &&
	    remove_by_marker(work->session, a, err) < 0)
		return -1;
	if (remove_with(work->session, work->registration->gitlab, a, work->token, err) < 0)
		return -1;
	rc_secret_release(&work->token);
	/* Only what stays is whole without a runner: the rest of a create is still to be undone. */
	rc_appliance_release(a);
	rc_appliance_copy(a, &work->unregistered);
	/* Somebody may have removed the domain: then the steps before are still to be undone. */
	return rc_fleet_record(work->session, a, err) < 0 && err->code != RC_NOT_FOUND ? -1 : 0;
}

int
rc_unregister(struct rc_session *session, struct rc_appliance *a, bool forget, struct rc_error *err)
{
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = NULL;
	scoped(rc_secret_release) char *token = NULL;
	bool access;
	char runner[48];

	if (a->ownership == RC_RUNNER_NONE)
		return 0;
	/* One that died before it learnt the number has only the marker to name it by. */
	if (a->runner_id > 0)
		snprintf(runner, sizeof(runner), "#%lld", (long long)a->runner_id);
	else
		rc_runner_marker(runner, a->uuid);
	if (rc_virt_secret_get(session->virt, a->uuid, &token, err) < 0)
		return -1;
	if (token ? rc_reach_gitlab(session, a->url, &gitlab, &access, err) < 0 ||
			remove_at_gitlab(session, gitlab, a, token, err) < 0
		  : a->ownership == RC_RUNNER_OWNED && remove_by_marker(session, a, err) < 0) {
		if (!forget) {
			rc_hint(err,
			    "try again when GitLab answers; 'destroy --forget' gives up on "
			    "its runner %s",
			    runner);
			return rc_within(err, "cannot remove its runner");
		}
		rc_run_warn(&session->run, "left at %s: runner %s (%s)", a->url, runner, err->text);
	}
	return remove_with(session, NULL, a, NULL, err);
}

void
rc_pause_runner(struct rc_session *session, const struct rc_appliance *a)
{
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = NULL;
	struct rc_error err;
	bool access = false;

	if (a->ownership != RC_RUNNER_OWNED || !a->runner_id ||
	    rc_reach_gitlab(session, a->url, &gitlab, &access, &err) < 0 || !access)
		return;
	if (rc_gitlab_pause(gitlab, a->runner_id, true, &err) < 0)
		rc_run_warn(&session->run, "%s: not paused at GitLab: %s", a->name, err.text);
}
