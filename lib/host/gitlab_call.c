/*
 * One call.  An answer is checked for being GitLab's at all before a word of it
 * is believed, and tokens are struck out of it before a word of it is quoted.
 */
#include "host/gitlab_call.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"

/* Servers and proxies may echo a request. */
static void
strike_out(char *text, const char *token)
{
	size_t size = token ? strlen(token) : 0;

	while (text && size > 0 && (text = strstr(text, token)))
		memset(text, '*', size);
}

bool
rc_gitlab_is_json(const struct rc_http_reply *reply)
{
	static const char json[] = "application/json";

	return reply->body && strncasecmp(reply->content_type, json, strlen(json)) == 0;
}

bool
rc_gitlab_is_bare_200(const struct rc_http_reply *reply)
{
	return reply->body &&
	       (strcmp(reply->body, "200") == 0 || strcmp(reply->body, "\"200\"") == 0);
}

/* Only of a runner's token the bare 200 means anything. */
static bool
is_success(const struct rc_gitlab_call *call, const struct rc_http_reply *reply)
{
	if (reply->status != call->wanted)
		return false;
	return call->wanted == 204 || rc_gitlab_is_json(reply) ||
	       (call->route.credential == RC_CREDENTIAL_RUNNER && rc_gitlab_is_bare_200(reply));
}

static int
refused(struct rc_gitlab *gitlab, const struct rc_gitlab_call *call, struct rc_http_reply *reply,
    struct rc_error *err)
{
	struct rc_gitlab_answer answer = {
		.status = reply->status,
		.body = reply->body,
		.content_type = reply->content_type,
		.retry_after = reply->retry_after,
	};

	strike_out(reply->body, gitlab->access_token);
	strike_out(reply->body, call->secret);
	gitlab->forbidden = reply->status == 403 && rc_gitlab_is_json(reply);
	/* A success that makes no sense may be one all the same, unless it is a login page. */
	if (reply->status < 300 && !rc_gitlab_is_page(&answer)) {
		reply->uncertain = true;
		gitlab->stranger = !rc_gitlab_is_json(reply);
	}
	return rc_gitlab_refused(&answer, &call->route, err);
}

int
rc_gitlab_call(struct rc_gitlab *gitlab, const struct rc_gitlab_call *call,
    struct rc_http_reply *reply, struct rc_error *err)
{
	scoped(rc_str_release) char *path = rc_format("/api/v4%s", call->path);
	struct rc_http_request request = {
		.method = call->method,
		.path = path,
		.name = call->route.name,
		.body = call->body,
		.once = call->once,
	};

	if (call->route.credential == RC_CREDENTIAL_ACCESS) {
		request.access_token = gitlab->access_token;
		if (!request.access_token)
			return rc_fail(err, RC_USAGE, "%s needs an access token", request.name);
	}
	gitlab->stranger = gitlab->forbidden = false;
	if (rc_http_send(gitlab->http, &request, reply, err) < 0)
		return -1;
	if (is_success(call, reply))
		return 0;
	return refused(gitlab, call, reply, err);
}
