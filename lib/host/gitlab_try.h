/* What one try of a request came to: is it worth another, when, and what to tell a person. */
#ifndef RC_HOST_GITLAB_TRY_H
#define RC_HOST_GITLAB_TRY_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "host/gitlab_http.h"

struct rc_try {
	CURLcode result;
	int64_t limit;                /* ms that it was given */
	bool last;                    /* the limit was all that was left of the budget */
	bool sent;                    /* at least a part of the request went out */
	bool too_large;               /* the answer */
	char *target;                 /* where a redirect points, or NULL */
	char detail[CURL_ERROR_SIZE]; /* libcurl's words for a failure */
};
void rc_try_release(struct rc_try *try);

/*
 * Seconds to wait by the headers Retry-After (seconds or a date) and
 * RateLimit-Reset (unix seconds), any of which may be NULL; 0: they say
 * nothing.  Dates are compared with the server's own clock where it sent one.
 */
int64_t rc_try_retry_after(
    const char *retry_after, const char *reset, const char *date, time_t now);

/* Milliseconds to wait before the next try, the first one being number 0; -1: do not try again. */
int64_t rc_try_wait(const struct rc_http_request *request, const struct rc_http_reply *reply,
    const struct rc_try *try, unsigned number);

/* The server may have done what was asked although it did not say so. */
bool rc_try_uncertain(const struct rc_http_reply *reply, const struct rc_try *try);

/* Returns -1 with what went wrong between here and `server`. */
int rc_try_failed(const struct rc_http_request *request, const struct rc_try *try,
    const char *server, struct rc_error *err);
/* The same of a redirect that is not followed. */
int rc_try_redirected(const struct rc_http_request *request, const struct rc_try *try,
    const char *server, struct rc_error *err);

#endif
