/* HTTP with one server: TLS always verified, a budget of time, retries, no surprises. */
#ifndef RC_HOST_GITLAB_HTTP_H
#define RC_HOST_GITLAB_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/run.h"
#include "base/scope.h"

struct rc_http;

struct rc_http_settings {
	const char *base;    /* put in front of every path */
	const char *ca_file; /* trusted on top of the system's CAs, or NULL */
	/*
	 * Milliseconds for all requests together and the waiting between their tries;
	 * what the caller does in between does not count.
	 */
	int64_t budget;
};

/* run is borrowed until the end. */
RC_MUST_CHECK int rc_http_open(struct rc_http **ret, const struct rc_http_settings *settings,
    const struct rc_run *run, struct rc_error *err);
void rc_http_close(struct rc_http *http);
RC_RELEASER(rc_http_release, struct rc_http *, rc_http_close)

/* For what must be tried even after the budget is used up: at least that many milliseconds more. */
void rc_http_extend(struct rc_http *http, int64_t budget);

/* Waits that many milliseconds; -1 as soon as the run shall end. */
RC_MUST_CHECK int rc_http_pause(struct rc_http *http, int64_t wait, struct rc_error *err);

struct rc_http_request {
	const char *method;
	const char *path;         /* below the base, with the query */
	const char *name;         /* what messages call it: "GET /runners/7" */
	const char *body;         /* JSON, or NULL */
	const char *access_token; /* goes into the PRIVATE-TOKEN header, or NULL */
	/* Doing it twice does harm: it is sent again only if it certainly was not processed. */
	bool once;
};

struct rc_http_reply {
	long status; /* 0: no answer came */
	char *body;  /* text; NULL if it holds a NUL.  May be secret */
	char content_type[80];
	int64_t retry_after; /* seconds; 0: not said */
	int64_t next_page;   /* 0: none */
	/* The server may have done what was asked although it did not say so. */
	bool uncertain;
};
void rc_http_reply_release(struct rc_http_reply *reply);

/*
 * 0: an answer came, whatever its status from 200 to 299 or from 400 on.  -1:
 * none came (RC_FAILED), not in time (RC_TIMEOUT), or one that is not HTTP, too
 * large, or a redirect (RC_GITLAB); then ret still tells whether it is uncertain.
 * ret is released first.
 */
RC_MUST_CHECK int rc_http_send(struct rc_http *http, const struct rc_http_request *request,
    struct rc_http_reply *ret, struct rc_error *err);

#endif
