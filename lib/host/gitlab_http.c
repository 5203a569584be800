/*
 * HTTP with one server, as GitLab's door needs it: redirects, retries and the
 * budget of time.  A token never follows a redirect to another server, and a
 * request that may have been processed is never sent again on a guess.
 */
#include "host/gitlab_http.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "core/gitlab_refusal.h"
#include "host/gitlab_try.h"
#include "host/gitlab_url.h"
#include "host/gitlab_wire.h"

#define REQUEST_MS 60000 /* as long as GitLab itself lets a request run */
#define REDIRECTS_MAX 5
/* A try with less time than this would only hide why the one before it failed. */
#define SHORTEST_MS 500

struct rc_http {
	struct rc_wire *wire;
	char *base;
	const struct rc_run *run;
	int64_t budget; /* ms */
	bool warned;
};

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int
rc_http_open(struct rc_http **ret, const struct rc_http_settings *settings,
    const struct rc_run *run, struct rc_error *err)
{
	scoped(rc_http_release) struct rc_http *http = rc_alloc(1, sizeof(*http));

	http->base = rc_strdup(settings->base);
	http->budget = settings->budget;
	http->run = run;
	if (rc_wire_open(&http->wire, settings->ca_file, run, err) < 0)
		return -1;
	*ret = http;
	http = NULL;
	return 0;
}

void
rc_http_close(struct rc_http *http)
{
	if (!http)
		return;
	rc_wire_release(&http->wire);
	free(http->base);
	free(http);
}

void
rc_http_extend(struct rc_http *http, int64_t budget)
{
	if (http->budget < budget)
		http->budget = budget;
}

int
rc_http_pause(struct rc_http *http, int64_t wait, struct rc_error *err)
{
	int64_t end = now_ms() + wait;

	for (int64_t left = wait; left > 0; left = end - now_ms()) {
		struct timespec piece = { .tv_nsec = (left < 50 ? left : 50) * 1000000 };

		if (rc_run_check(http->run, err) < 0)
			return -1;
		nanosleep(&piece, NULL);
	}
	return rc_run_check(http->run, err);
}

void
rc_http_reply_release(struct rc_http_reply *reply)
{
	rc_secret_release(&reply->body);
	*reply = (struct rc_http_reply){ 0 };
}

/* One try: several exchanges if a GET is redirected within the server. */
static int
try_once(struct rc_http *http, const struct rc_http_request *request, struct rc_http_reply *ret,
    struct rc_try *try, struct rc_error *err)
{
	scoped(rc_str_release) char *url = rc_format("%s%s", http->base, request->path);
	scoped(rc_str_release) char *here = rc_url_origin(url);
	int64_t end = now_ms() + try->limit;

	rc_http_reply_release(ret);
	for (int hops = 0; hops <= REDIRECTS_MAX; hops++) {
		scoped(rc_str_release) char *there = NULL;

		try->limit = end - now_ms();
		if (try->limit > 0)
			rc_wire_exchange(http->wire, request, url, ret, try);
		else
			try->result = CURLE_OPERATION_TIMEDOUT;
		if (try->result == CURLE_ABORTED_BY_CALLBACK && rc_run_check(http->run, err) < 0)
			return -1;
		if (try->result != CURLE_OK)
			return rc_try_failed(request, try, http->base, err);
		if (ret->status < 300 || ret->status >= 400)
			return 0;
		there = try->target ? rc_url_origin(try->target) : NULL;
		if (strcmp(request->method, "GET") != 0 || !here || !there ||
		    strcmp(here, there) != 0)
			return rc_try_redirected(request, try, http->base, err);
		rc_str_set(&url, try->target);
	}
	return rc_fail(err, RC_GITLAB, "%s redirects %s in circles", http->base, request->name);
}

static void
announce(struct rc_http *http, const struct rc_http_reply *reply, int64_t wait)
{
	if (wait <= 2000 || http->warned)
		return;
	http->warned = true;
	if (reply->retry_after * 1000 > wait)
		rc_run_warn(http->run,
		    "GitLab asks to wait %" PRId64 " s (%ld %s); trying again in %" PRId64 " s",
		    reply->retry_after, reply->status, rc_http_reason(reply->status), wait / 1000);
	else
		rc_run_warn(http->run, "GitLab asks to wait %" PRId64 " s (%ld %s)",
		    reply->retry_after, reply->status, rc_http_reason(reply->status));
}

/* A try gets what is left until the end of the budget, but not more than one request may take. */
static struct rc_try
new_try(int64_t end)
{
	int64_t left = end - now_ms();
	bool last = left <= REQUEST_MS;

	return (struct rc_try){ .limit = last ? left : REQUEST_MS, .last = last };
}

int
rc_http_send(struct rc_http *http, const struct rc_http_request *request, struct rc_http_reply *ret,
    struct rc_error *err)
{
	int64_t end = now_ms() + http->budget, wait;
	bool uncertain = false;
	int result;

	for (unsigned number = 0;; number++) {
		struct rc_try try = new_try(end);

		result = try_once(http, request, ret, &try, err);
		uncertain = rc_try_uncertain(ret, &try) || uncertain;
		ret->uncertain = uncertain;
		wait = rc_try_wait(request, ret, &try, number);
		rc_try_release(&try);
		if (wait < 0 || now_ms() + wait + SHORTEST_MS > end)
			break;
		announce(http, ret, wait);
		if (rc_http_pause(http, wait, err) < 0) {
			rc_http_reply_release(ret);
			result = -1;
			break;
		}
	}
	http->budget = end - now_ms();
	if (http->budget < 0)
		http->budget = 0;
	return result;
}
