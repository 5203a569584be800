/* What GitLab, or whatever stands in front of it, means by an answer that is no success. */
#ifndef RC_CORE_GITLAB_REFUSAL_H
#define RC_CORE_GITLAB_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Which kind of token a request was made with. */
enum rc_credential { RC_CREDENTIAL_ACCESS, RC_CREDENTIAL_RUNNER, RC_CREDENTIAL_REGISTRATION };

/* A request as messages name it, and what it takes. */
struct rc_gitlab_route {
	const char *name; /* "POST /user/runners" */
	/* With an access token only: its scope ("create_runner"), its user's role ("an Owner"). */
	const char *scope, *role;
	enum rc_credential credential;
};

struct rc_gitlab_answer {
	long status;
	const char *body;         /* NULL if it is no text */
	const char *content_type; /* "" if none was given */
	int64_t retry_after;      /* seconds, 0: not said */
};

/* "Too Many Requests" for 429; "" for a status nobody has heard of. */
const char *rc_http_reason(long status);

/* The answer claims to be, or looks like, a web page. */
bool rc_gitlab_is_page(const struct rc_gitlab_answer *answer);

/*
 * GitLab's own words from an error body in any of its shapes (message string,
 * message object, error, error + error_description, plain text; a web page and
 * garbage are named as such), one harmless line; "" for an empty body.
 */
void rc_gitlab_error_words(char *buf, size_t size, const struct rc_gitlab_answer *answer);

/* The body, which may be NULL, is the OAuth error of that name ("insufficient_scope"). */
bool rc_gitlab_error_is(const char *body, const char *name);

/*
 * Returns -1 with code RC_GITLAB, GitLab's words, and a hint on what to do.
 * The body must not hold secrets any more: it is quoted.
 */
int rc_gitlab_refused(const struct rc_gitlab_answer *answer, const struct rc_gitlab_route *route,
    struct rc_error *err);

#endif
