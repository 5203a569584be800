/* GitLab's JSON bodies and our structs; no network.  Bodies are hostile input. */
#ifndef RC_CORE_GITLAB_MSG_H
#define RC_CORE_GITLAB_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* What a new runner shall be; strings are borrowed, NULL and 0 mean "GitLab's default". */
struct rc_runner_wish {
	int64_t group_id;        /* a group's runner */
	int64_t project_id;      /* a project's runner; neither: the instance's */
	const char *description; /* carries the marker, see rc_runner_marker */
	const char *tags;        /* comma separated */
	bool run_untagged;
	bool locked;
	int64_t maximum_timeout; /* seconds, at least 600 */
};

/* A runner that GitLab just made or confirmed. */
struct rc_runner_grant {
	int64_t id;
	char *token;     /* secret */
	int64_t expires; /* unix seconds, 0: never */
	bool maybe;      /* of one that failed: it may be there, and can be looked for later */
};
void rc_runner_grant_release(struct rc_runner_grant *grant);

/* What an access token may do. */
struct rc_token_scopes {
	bool api, read_api, create_runner, manage_runner, admin_mode;
	bool granular; /* a fine-grained token: GitLab does not list what it may do */
	bool active;
	int64_t expires; /* unix seconds, 0: never */
	char names[200]; /* as GitLab lists them, for messages */
};

struct rc_manager {
	char system_id[64];
	int64_t contacted; /* unix seconds, 0: never */
	bool busy;         /* job_execution_status is "active" */
};

/* Each returns a JSON text that the caller frees (secret if it holds a token). */
/* POST /user/runners */
char *rc_gitlab_wish_body(const struct rc_runner_wish *wish);
/* POST /runners */
char *rc_gitlab_legacy_body(const struct rc_runner_wish *wish, const char *token);
/* verify, delete; system_id may be NULL */
char *rc_gitlab_token_body(const char *token, const char *system_id);
/* PUT /runners/:id */
char *rc_gitlab_pause_body(bool paused);

RC_MUST_CHECK int rc_gitlab_read_grant(
    struct rc_runner_grant *ret, const char *body, struct rc_error *err);
/* The answer to a reset has no id: it stays 0. */
RC_MUST_CHECK int rc_gitlab_read_reset(
    struct rc_runner_grant *ret, const char *body, struct rc_error *err);
RC_MUST_CHECK int rc_gitlab_read_scopes(
    struct rc_token_scopes *ret, const char *body, struct rc_error *err);
/* Of the runner in the answer to PUT /runners/:id. */
RC_MUST_CHECK int rc_gitlab_read_paused(bool *ret, const char *body, struct rc_error *err);
/* An array the caller frees. */
RC_MUST_CHECK int rc_gitlab_read_managers(
    struct rc_manager **ret, size_t *ret_count, const char *body, struct rc_error *err);
/* The id of the first runner of a GET /runners page whose description holds marker, or 0. */
RC_MUST_CHECK int rc_gitlab_find_marker(
    int64_t *ret_id, const char *body, const char *marker, struct rc_error *err);

/* A runner whose description has a marker. */
struct rc_marked {
	int64_t id;
	char uuid[37]; /* what the marker says */
};
/* Adds those of a GET /runners page to an array that the caller frees. */
RC_MUST_CHECK int rc_gitlab_read_marked(
    struct rc_marked **list, size_t *count, const char *body, struct rc_error *err);

/* The text that makes a runner recognisable as ours: "runnerctl:UUID".  buf holds 48 bytes. */
char *rc_runner_marker(char buf[48], const char *uuid);
/* The marker in a description (which may be NULL), or "".  Returns buf. */
char *rc_runner_marker_in(char buf[48], const char *description);

/*
 * What an access token lacks for runnerctl to create a runner: NULL when
 * nothing; else one line that names the scopes.
 */
const char *rc_scopes_objection(const struct rc_token_scopes *scopes);
/* What more scopes would allow (pause before a drain, look for a lost runner), or NULL. */
const char *rc_scopes_advice(const struct rc_token_scopes *scopes);

#endif
