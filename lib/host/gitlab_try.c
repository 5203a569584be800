/*
 * Judging one try of a request.  The rule that everything here serves: what is
 * not known to be harmless is not done twice, and what may have happened is
 * never reported as not having happened.
 */
#include "host/gitlab_try.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "base/str.h"
#include "host/gitlab_url.h"

#define TRIES_MAX 5
#define WAIT_MAX 30 /* seconds; GitLab's own limiter asks for 60 */
#define BACKOFF_MS 250

void
rc_try_release(struct rc_try *try)
{
	free(try->target);
	*try = (struct rc_try){ 0 };
}

/* A header that is nothing but digits, as a number that later sums cannot overflow. */
static bool
read_number(int64_t *ret, const char *text)
{
	size_t digits = text ? strspn(text, "0123456789") : 0;

	if (digits == 0 || digits > 12 || text[digits] != '\0')
		return false;
	*ret = strtoll(text, NULL, 10);
	return true;
}

int64_t
rc_try_retry_after(const char *retry_after, const char *reset, const char *date, time_t now)
{
	time_t server = date ? curl_getdate(date, NULL) : -1;
	int64_t seconds = 0, at;

	if (server < 0)
		server = now;
	if (read_number(&seconds, retry_after))
		return seconds;
	if (retry_after && (at = (int64_t)curl_getdate(retry_after, NULL)) > 0)
		seconds = at - server;
	else if (read_number(&at, reset))
		seconds = at - server;
	return seconds > 0 ? seconds : 0;
}

/* Nothing came back although nothing is wrong with the request: the next try may fare better. */
static bool
is_passing(CURLcode result)
{
	static const CURLcode passing[] = { CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_RESOLVE_HOST,
		CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR, CURLE_OPERATION_TIMEDOUT,
		CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE };

	for (size_t i = 0; i < RC_COUNT(passing); i++) {
		if (passing[i] == result)
			return true;
	}
	return false;
}

/*
 * GitLab and its rate limiter give 429 before they look at a request.  503 is
 * certain only with Retry-After, which somebody set who refuses on purpose; a
 * load balancer's own 503 can come after the request went through.
 */
static bool
is_worth_it(const struct rc_http_request *request, const struct rc_http_reply *reply,
    const struct rc_try *try)
{
	if (try->result != CURLE_OK)
		return is_passing(try->result) && !(request->once && try->sent);
	if (reply->status == 429)
		return true;
	if (reply->status == 503)
		return !request->once || reply->retry_after > 0;
	if (request->once)
		return false;
	return reply->status == 502 || reply->status == 504 ||
	       (reply->status == 409 && reply->body && strstr(reply->body, "Resource lock"));
}

int64_t
rc_try_wait(const struct rc_http_request *request, const struct rc_http_reply *reply,
    const struct rc_try *try, unsigned number)
{
	int64_t wait = (int64_t)BACKOFF_MS << number;
	uint32_t random = 0;

	if (number + 1 >= TRIES_MAX || !is_worth_it(request, reply, try))
		return -1;
	/* Jitter keeps many hosts from coming back in step; without random bytes they just do. */
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = 0;
	if (try->result == CURLE_OK && reply->retry_after > 0)
		return (reply->retry_after < WAIT_MAX ? reply->retry_after : WAIT_MAX) * 1000 +
		       random % BACKOFF_MS;
	return wait / 2 + random % (uint32_t)(wait / 2);
}

bool
rc_try_uncertain(const struct rc_http_reply *reply, const struct rc_try *try)
{
	if (try->result != CURLE_OK)
		return try->sent;
	if (reply->status == 503)
		return reply->retry_after == 0;
	return reply->status >= 500 || reply->status == 408;
}

static int
timed_out(const struct rc_http_request *request, const struct rc_try *try, const char *server,
    struct rc_error *err)
{
	if (try->limit <= 0)
		return rc_fail(
		    err, RC_TIMEOUT, "no time is left for GitLab to answer %s", request->name);
	if (!try->sent && !try->last) {
		rc_fail(err, RC_FAILED, "cannot connect to %s for %s: no answer", server,
		    request->name);
		return rc_hint(
		    err, "is GitLab running there, and does no firewall stand in between?");
	}
	rc_fail(err, RC_TIMEOUT, "%s did not answer %s within %.1f s", server, request->name,
	    (double)try->limit / 1000);
	return rc_hint(
	    err, "GitLab, or a proxy in front of it, hangs or is very slow: try again later");
}

int
rc_try_failed(const struct rc_http_request *request, const struct rc_try *try, const char *server,
    struct rc_error *err)
{
	static const char lost[] = "lost the connection to";
	static const char unsteady[] =
	    "GitLab, a proxy or the network broke it off: try again later";
	static const char no_http[] = "what answers is no web server: is `url` right?";
	static const struct {
		CURLcode result;
		enum rc_code code;
		const char *what, *hint;
	} failures[] = {
		{ CURLE_COULDNT_RESOLVE_HOST, RC_FAILED, "cannot find",
		    "is `url` right, and does name resolution work on this host?" },
		{ CURLE_COULDNT_RESOLVE_PROXY, RC_FAILED, "cannot find the proxy on the way to",
		    "look at https_proxy and no_proxy in the environment" },
		{ CURLE_COULDNT_CONNECT, RC_FAILED, "cannot connect to",
		    "is GitLab running there, and does no firewall stand in between?" },
		{ CURLE_PEER_FAILED_VERIFICATION, RC_FAILED, "cannot trust",
		    "if its certificate comes from a CA of your own, give that CA's with ca-file; "
		    "if the name does not match, correct `url`" },
		{ CURLE_SSL_CACERT_BADFILE, RC_USAGE, "no usable CA certificates for",
		    "ca-file must hold certificates in PEM format" },
		{ CURLE_SSL_CONNECT_ERROR, RC_FAILED, "no TLS with",
		    "is `url` right about https?" },
		{ CURLE_WEIRD_SERVER_REPLY, RC_GITLAB, "no HTTP from", no_http },
		{ CURLE_UNSUPPORTED_PROTOCOL, RC_GITLAB, "no HTTP from", no_http },
		{ CURLE_GOT_NOTHING, RC_FAILED, lost, unsteady },
		{ CURLE_SEND_ERROR, RC_FAILED, lost, unsteady },
		{ CURLE_RECV_ERROR, RC_FAILED, lost, unsteady },
		{ CURLE_PARTIAL_FILE, RC_FAILED, lost, unsteady },
	};

	if (try->result == CURLE_OPERATION_TIMEDOUT)
		return timed_out(request, try, server, err);
	if (try->too_large) {
		rc_fail(err, RC_GITLAB, "%s answers %s with more than a megabyte", server,
		    request->name);
		return rc_hint(err, "that is no answer of GitLab's: is `url` right?");
	}
	for (size_t i = 0; i < RC_COUNT(failures); i++) {
		if (failures[i].result != try->result)
			continue;
		rc_fail(err, failures[i].code, "%s %s for %s: %s", failures[i].what, server,
		    request->name, try->detail);
		return rc_hint(err, "%s", failures[i].hint);
	}
	return rc_fail(
	    err, RC_FAILED, "cannot talk to %s for %s: %s", server, request->name, try->detail);
}

int
rc_try_redirected(const struct rc_http_request *request, const struct rc_try *try,
    const char *server, struct rc_error *err)
{
	scoped(rc_str_release) char *here = rc_url_origin(server);
	scoped(rc_str_release) char *there = try->target ? rc_url_origin(try->target) : NULL;

	if (!there)
		return rc_fail(err, RC_GITLAB, "%s redirects %s to nowhere", server, request->name);
	if (here && strcmp(here, there) == 0)
		rc_fail(err, RC_GITLAB, "%s redirects %s to another of its pages", server,
		    request->name);
	else
		rc_fail(err, RC_GITLAB, "%s redirects %s to %.200s, where no token is sent", server,
		    request->name, there);
	return rc_hint(err, "if that is the GitLab you mean, set `url` to its address");
}
