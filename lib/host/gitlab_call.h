/* One call through the door to GitLab: the answer is GitLab's and a success, or an error in words.
 */
#ifndef RC_HOST_GITLAB_CALL_H
#define RC_HOST_GITLAB_CALL_H

#include "base/run.h"
#include "core/gitlab_refusal.h"
#include "host/gitlab_http.h"

struct rc_gitlab {
	struct rc_http *http;
	char *access_token; /* or NULL */
	const struct rc_run *run;
	bool stranger;  /* the last answer was a success in words that no GitLab has */
	bool forbidden; /* the last answer was GitLab's, and 403 */
};

struct rc_gitlab_call {
	const char *method, *path; /* below /api/v4, with the query */
	struct rc_gitlab_route route;
	const char *body;
	const char *secret; /* the token in the body, or NULL */
	long wanted;        /* the status of success */
	bool once;          /* see rc_http_request */
};

/*
 * 0 only with the wanted status and, unless that is 204, JSON or a bare "200" as
 * text.  On failure reply still holds the answer, if there was one, with all
 * tokens of the call struck out.
 */
RC_MUST_CHECK int rc_gitlab_call(struct rc_gitlab *gitlab, const struct rc_gitlab_call *call,
    struct rc_http_reply *reply, struct rc_error *err);

/* The answer is application/json. */
bool rc_gitlab_is_json(const struct rc_http_reply *reply);
/* The whole answer is "200": a very old GitLab confirms a token like this. */
bool rc_gitlab_is_bare_200(const struct rc_http_reply *reply);

#endif
