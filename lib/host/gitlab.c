/*
 * The door to GitLab: one function a route.  Making runners is in
 * gitlab_create.c; this is what is done to runners that exist.
 */
#include "host/gitlab.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "host/gitlab_call.h"
#include "host/gitlab_url.h"

#define BUDGET_SECONDS 120

static const char manage_scope[] = "manage_runner (or api)";
static const char manage_role[] =
    "an administrator, an Owner of the runner's group, or a Maintainer"
    " of its project";

int
rc_gitlab_open(struct rc_gitlab **ret, const struct rc_gitlab_settings *settings,
    const struct rc_run *run, struct rc_error *err)
{
	static const struct rc_run silent = { 0 };
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = rc_alloc(1, sizeof(*gitlab));
	scoped(rc_str_release) char *url = NULL;
	int64_t seconds = settings->deadline > 0 ? settings->deadline : BUDGET_SECONDS;
	struct rc_http_settings http = { .ca_file = settings->ca_file, .budget = seconds * 1000 };

	gitlab->run = run ? run : &silent;
	gitlab->access_token = rc_strdup(settings->access_token);
	/* A line break in a header would be another header. */
	for (const char *c = gitlab->access_token; c && *c; c++) {
		if (*c <= 0x20 || *c >= 0x7f)
			return rc_fail(err, RC_USAGE,
			    "the access token holds a blank or a byte that is not printable ASCII");
	}
	if (rc_gitlab_url_clean(&url, settings->url, err) < 0)
		return -1;
	if (!settings->known && rc_gitlab_url_in_clear(url))
		rc_run_warn(
		    gitlab->run, "%s is not https: whoever is on the way can read the tokens", url);
	http.base = url;
	if (rc_http_open(&gitlab->http, &http, gitlab->run, err) < 0)
		return -1;
	*ret = gitlab;
	gitlab = NULL;
	return 0;
}

void
rc_gitlab_close(struct rc_gitlab *gitlab)
{
	if (!gitlab)
		return;
	rc_http_release(&gitlab->http);
	rc_secret_release(&gitlab->access_token);
	free(gitlab);
}

/* Puts the route in front of what a reader of core/ found wrong with the answer. */
static int
unreadable(const char *name, struct rc_error *err)
{
	return rc_within(err, "GitLab's answer to %s", name);
}

int
rc_gitlab_scopes(struct rc_gitlab *gitlab, struct rc_token_scopes *ret, struct rc_error *err)
{
	static const struct rc_gitlab_call call = {
		.method = "GET",
		.path = "/personal_access_tokens/self",
		.route = { "GET /personal_access_tokens/self", "read_api", "allowed to sign in",
		    RC_CREDENTIAL_ACCESS },
		.wanted = 200,
	};
	scoped(rc_http_reply_release) struct rc_http_reply reply = { 0 };

	if (rc_gitlab_call(gitlab, &call, &reply, err) == 0)
		return rc_gitlab_read_scopes(ret, reply.body, err) < 0
			   ? unreadable(call.route.name, err)
			   : 0;
	/* Old GitLabs lack the route, or take "self" for a number; new ones refuse OAuth tokens
	 * here. */
	if (rc_gitlab_is_json(&reply) &&
	    (reply.status == 400 || reply.status == 404 || reply.status == 405 ||
		rc_gitlab_error_is(reply.body, "insufficient_scope")))
		err->code = RC_NOT_FOUND;
	return -1;
}

/* DELETE /runners/:id; reply tells the caller why it failed. */
static int
delete_by_id(struct rc_gitlab *gitlab, int64_t id, bool *ret_gone, struct rc_http_reply *reply,
    struct rc_error *err)
{
	scoped(rc_str_release) char *path = rc_format("/runners/%" PRId64, id);
	scoped(rc_str_release) char *name = rc_format("DELETE %s", path);
	struct rc_gitlab_call call = {
		.method = "DELETE",
		.path = path,
		.route = { name, manage_scope, manage_role, RC_CREDENTIAL_ACCESS },
		.wanted = 204,
	};
	int result = rc_gitlab_call(gitlab, &call, reply, err);

	*ret_gone = result < 0 && rc_gitlab_is_json(reply) && reply->status == 404;
	return *ret_gone ? 0 : result;
}

/* DELETE /runners; a token gets 403 if it is expired, and also if its runner is gone. */
static int
delete_by_token(
    struct rc_gitlab *gitlab, const char *runner_token, bool *ret_gone, struct rc_error *err)
{
	scoped(rc_secret_release) char *body = rc_gitlab_token_body(runner_token, NULL);
	scoped(rc_http_reply_release) struct rc_http_reply reply = { 0 };
	struct rc_gitlab_call call = {
		.method = "DELETE",
		.path = "/runners",
		.route = { .name = "DELETE /runners", .credential = RC_CREDENTIAL_RUNNER },
		.body = body,
		.secret = runner_token,
		.wanted = 204,
	};
	int result = rc_gitlab_call(gitlab, &call, &reply, err);

	*ret_gone = result < 0 && rc_gitlab_is_json(&reply) && reply.status == 403;
	return *ret_gone ? 0 : result;
}

/*
 * An access token that may not delete for want of a scope has told nothing about
 * the runner, so the runner's own token decides.  Refused for another reason
 * (revoked, role too low) it still may delete later: then 403 for the runner's
 * token is no proof that the runner is gone.
 */
int
rc_gitlab_delete_runner(struct rc_gitlab *gitlab, int64_t id, const char *runner_token,
    bool *ret_gone, struct rc_error *err)
{
	scoped(rc_http_reply_release) struct rc_http_reply reply = { 0 };
	struct rc_error by_token = { 0 };
	bool gone = false;

	if (!gitlab->access_token || id <= 0) {
		if (!runner_token)
			return rc_fail(err, RC_USAGE,
			    "to delete a runner at GitLab, an access token and its"
			    " number are needed, or its own token");
		return delete_by_token(gitlab, runner_token, ret_gone, err);
	}
	if (delete_by_id(gitlab, id, ret_gone, &reply, err) == 0)
		return 0;
	if ((reply.status != 401 && reply.status != 403) || !runner_token ||
	    delete_by_token(gitlab, runner_token, &gone, &by_token) < 0)
		return -1;
	if (gone && !rc_gitlab_error_is(reply.body, "insufficient_scope"))
		return -1;
	*ret_gone = gone;
	return 0;
}

int
rc_gitlab_delete_manager(struct rc_gitlab *gitlab, const char *runner_token, const char *system_id,
    enum rc_manager_end *ret, struct rc_error *err)
{
	scoped(rc_secret_release) char *body = rc_gitlab_token_body(runner_token, system_id);
	scoped(rc_http_reply_release) struct rc_http_reply reply = { 0 };
	struct rc_gitlab_call call = {
		.method = "DELETE",
		.path = "/runners/managers",
		.route = { .name = "DELETE /runners/managers", .credential = RC_CREDENTIAL_RUNNER },
		.body = body,
		.secret = runner_token,
		.wanted = 204,
	};
	bool removed = rc_gitlab_call(gitlab, &call, &reply, err) == 0;

	if (!removed &&
	    !(rc_gitlab_is_json(&reply) && (reply.status == 403 || reply.status == 404)))
		return -1;
	*ret = RC_MANAGER_REMOVED;
	if (!removed)
		*ret = reply.status == 403 ? RC_MANAGER_REFUSED : RC_MANAGER_MISSING;
	return 0;
}

/* A runner that is not there (any more) is worth telling apart. */
static int
note_missing(const struct rc_http_reply *reply, struct rc_error *err)
{
	if (rc_gitlab_is_json(reply) && reply->status == 404)
		err->code = RC_NOT_FOUND;
	return -1;
}

int
rc_gitlab_pause(struct rc_gitlab *gitlab, int64_t id, bool paused, struct rc_error *err)
{
	scoped(rc_str_release) char *path = rc_format("/runners/%" PRId64, id);
	scoped(rc_str_release) char *name = rc_format("PUT %s", path);
	scoped(rc_str_release) char *body = rc_gitlab_pause_body(paused);
	scoped(rc_http_reply_release) struct rc_http_reply reply = { 0 };
	struct rc_gitlab_call call = {
		.method = "PUT",
		.path = path,
		.route = { name, manage_scope, manage_role, RC_CREDENTIAL_ACCESS },
		.body = body,
		.wanted = 200,
	};
	bool now = false;

	if (rc_gitlab_call(gitlab, &call, &reply, err) < 0)
		return note_missing(&reply, err);
	if (rc_gitlab_read_paused(&now, reply.body, err) < 0)
		return unreadable(name, err);
	if (now != paused)
		return rc_fail(err, RC_GITLAB, "%s: the runner is %s all the same", name,
		    now ? "paused" : "not paused");
	return 0;
}

int
rc_gitlab_reset_token(struct rc_gitlab *gitlab, int64_t id, struct rc_runner_grant *ret,
    bool *ret_maybe, struct rc_error *err)
{
	scoped(rc_str_release) char *path =
	    rc_format("/runners/%" PRId64 "/reset_authentication_token", id);
	scoped(rc_str_release) char *name = rc_format("POST %s", path);
	scoped(rc_http_reply_release) struct rc_http_reply reply = { 0 };
	struct rc_gitlab_call call = {
		.method = "POST",
		.path = path,
		.route = { name, manage_scope, manage_role, RC_CREDENTIAL_ACCESS },
		.wanted = 201,
	};

	*ret_maybe = true;
	if (rc_gitlab_call(gitlab, &call, &reply, err) < 0) {
		*ret_maybe = reply.uncertain;
		return note_missing(&reply, err);
	}
	return rc_gitlab_read_reset(ret, reply.body, err) < 0 ? unreadable(name, err) : 0;
}

int
rc_gitlab_managers(struct rc_gitlab *gitlab, int64_t id, struct rc_manager **ret, size_t *ret_count,
    struct rc_error *err)
{
	scoped(rc_str_release) char *path = rc_format("/runners/%" PRId64 "/managers", id);
	scoped(rc_str_release) char *name = rc_format("GET %s", path);
	scoped(rc_http_reply_release) struct rc_http_reply reply = { 0 };
	struct rc_gitlab_call call = {
		.method = "GET",
		.path = path,
		.route = { name, "manage_runner (or read_api)", manage_role, RC_CREDENTIAL_ACCESS },
		.wanted = 200,
	};

	if (rc_gitlab_call(gitlab, &call, &reply, err) < 0)
		return note_missing(&reply, err);
	return rc_gitlab_read_managers(ret, ret_count, reply.body, err) < 0 ? unreadable(name, err)
									    : 0;
}

int
rc_gitlab_manager(struct rc_gitlab *gitlab, int64_t id, const char *system_id,
    struct rc_manager *ret, struct rc_error *err)
{
	struct rc_manager *managers = NULL;
	size_t count = 0;

	if (rc_gitlab_managers(gitlab, id, &managers, &count, err) < 0)
		return -1;
	*ret = (struct rc_manager){ 0 };
	for (size_t i = 0; i < count; i++) {
		if (strcmp(managers[i].system_id, system_id) == 0)
			*ret = managers[i];
	}
	free(managers);
	return 0;
}
