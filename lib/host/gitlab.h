/* The door to GitLab: one request function over libcurl with deadline, retries and no surprises. */
#ifndef RC_HOST_GITLAB_H
#define RC_HOST_GITLAB_H

#include "base/run.h"
#include "base/scope.h"
#include "core/gitlab_msg.h"

struct rc_gitlab;

struct rc_gitlab_settings {
	const char *url;          /* https://gitlab.example.com or with a relative root */
	const char *ca_file;      /* extra trust anchors (PEM), or NULL */
	const char *access_token; /* for the routes that need one, or NULL */
	/*
	 * Seconds for all requests together and the waiting between their tries; 0: 120.
	 * What the caller does in between (waiting for a drain) does not count.
	 */
	int64_t deadline;
	bool known; /* an appliance's own URL: what there is to warn of was said when it was made */
};

/*
 * Checks the URL; no request is made.  The settings' strings are copied, run is
 * borrowed until the end.
 * Failures of the functions below have code RC_GITLAB (GitLab refused, or
 * answered nonsense), RC_TIMEOUT (deadline) or RC_FAILED (not reachable).
 * No text ever holds a token.
 */
RC_MUST_CHECK int rc_gitlab_open(struct rc_gitlab **ret, const struct rc_gitlab_settings *settings,
    const struct rc_run *run, struct rc_error *err);
void rc_gitlab_close(struct rc_gitlab *gitlab);
RC_RELEASER(rc_gitlab_release, struct rc_gitlab *, rc_gitlab_close)

/*
 * GET /personal_access_tokens/self: what the access token may do.  RC_NOT_FOUND:
 * this GitLab does not tell, or not for such a token; go on without knowing.
 */
RC_MUST_CHECK int rc_gitlab_scopes(
    struct rc_gitlab *gitlab, struct rc_token_scopes *ret, struct rc_error *err);

/*
 * POST /user/runners with the access token.  Never retried once the request
 * may have been processed: after an ambiguous failure the marker is looked for
 * (needs api or read_api); a runner found this way has lost its token, so it is
 * deleted again where the token may, and the error says what was left.  Where that failed, but
 * may work the next time, ret->maybe is set.
 */
RC_MUST_CHECK int rc_gitlab_create_runner(struct rc_gitlab *gitlab, struct rc_runner_grant *ret,
    const struct rc_runner_wish *wish, struct rc_error *err);
/*
 * The id of the runner whose description holds marker, among those of where's
 * group or project, or of the instance; 0: there is none.  RC_NOT_FOUND: the
 * access token may not look there.
 */
RC_MUST_CHECK int rc_gitlab_find_runner(struct rc_gitlab *gitlab,
    const struct rc_runner_wish *where, const char *marker, int64_t *ret_id, struct rc_error *err);
/* All runners there whose description has a marker, as an array that the caller frees. */
RC_MUST_CHECK int rc_gitlab_marked(struct rc_gitlab *gitlab, const struct rc_runner_wish *where,
    struct rc_marked **ret, size_t *ret_count, struct rc_error *err);
/*
 * The same for one whose making was cut short: GitLab may still be at work on it,
 * so it is looked for again after a while.
 */
RC_MUST_CHECK int rc_gitlab_find_lost_runner(struct rc_gitlab *gitlab,
    const struct rc_runner_wish *where, const char *marker, int64_t *ret_id, struct rc_error *err);
/* POST /runners with a registration token; 410 gets a hint on the way GitLab has now. */
RC_MUST_CHECK int rc_gitlab_register_legacy(struct rc_gitlab *gitlab, struct rc_runner_grant *ret,
    const struct rc_runner_wish *wish, const char *registration_token, struct rc_error *err);
/*
 * POST /runners/verify with our own system_id (without one GitLab would invent a
 * manager).  A very old GitLab only says yes: then the id is 0.  A failure that
 * leaves open whether the manager was made is followed by its removal; where that leaves it
 * open, too, *ret has the token all the same.
 */
RC_MUST_CHECK int rc_gitlab_verify(struct rc_gitlab *gitlab, struct rc_runner_grant *ret,
    const char *runner_token, const char *system_id, struct rc_error *err);
/* The same as by a manager that serves, which GitLab hears of by that: nothing is taken back. */
RC_MUST_CHECK int rc_gitlab_token_works(struct rc_gitlab *gitlab, const char *runner_token,
    const char *system_id, struct rc_error *err);

/*
 * Deletes the runner: by id with the access token where there is one that may,
 * else by its own token.  *ret_gone tells a runner that was not there any more
 * (404 by id; 403 by token, which also means an expired token, and counts only
 * if the access token is missing or lacks the scope).
 */
RC_MUST_CHECK int rc_gitlab_delete_runner(struct rc_gitlab *gitlab, int64_t id,
    const char *runner_token, bool *ret_gone, struct rc_error *err);
enum rc_manager_end {
	RC_MANAGER_REMOVED,
	RC_MANAGER_MISSING, /* 404: the runner has no such manager */
	RC_MANAGER_REFUSED, /* 403: the token is dead, or its runner is gone */
};
/* DELETE /runners/managers: takes our manager off a lent runner, or tells that it cannot be there.
 */
RC_MUST_CHECK int rc_gitlab_delete_manager(struct rc_gitlab *gitlab, const char *runner_token,
    const char *system_id, enum rc_manager_end *ret, struct rc_error *err);
/*
 * POST /runners/:id/reset_authentication_token: the old token is dead at once, for
 * everybody.  The id in *ret is 0.  A reply that was lost is no harm: whoever may reset
 * may do it again.  *ret_maybe, on failure: it may have been reset all the same.
 */
RC_MUST_CHECK int rc_gitlab_reset_token(struct rc_gitlab *gitlab, int64_t id,
    struct rc_runner_grant *ret, bool *ret_maybe, struct rc_error *err);
/* The machines of a runner, as an array that the caller frees. */
RC_MUST_CHECK int rc_gitlab_managers(struct rc_gitlab *gitlab, int64_t id, struct rc_manager **ret,
    size_t *ret_count, struct rc_error *err);
/* RC_NOT_FOUND: there is no such runner. */
RC_MUST_CHECK int rc_gitlab_pause(
    struct rc_gitlab *gitlab, int64_t id, bool paused, struct rc_error *err);
/*
 * When our manager last contacted GitLab; 0: never, or no such manager.
 * RC_NOT_FOUND: there is no such runner.
 */
RC_MUST_CHECK int rc_gitlab_manager(struct rc_gitlab *gitlab, int64_t id, const char *system_id,
    struct rc_manager *ret, struct rc_error *err);

#endif
