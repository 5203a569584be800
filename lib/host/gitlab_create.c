/*
 * Making runners, and managers of those that are lent.  GitLab shows a runner's token once, in the
 * answer; when the answer is lost, a runner may be left that nobody can use.  So its description
 * carries a marker, and after every failure that leaves the matter open the
 * marker is looked for, and the runner that bears it is deleted.
 */
#include "host/gitlab.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "host/gitlab_call.h"

/* What is not found now is an orphan for good, so looking has time of its own. */
#define LOOK_MS 15000
/* GitLab may still be at work on a request whose answer we did not wait for. */
#define LOOKS 2
#define LOOK_AGAIN_MS 2000
#define PAGES_MAX 100

/* Where GitLab lists the runners among which that one is, without the page. */
static char *
list_of(const struct rc_runner_wish *where)
{
	if (where->group_id > 0)
		return rc_format(
		    "/groups/%" PRId64 "/runners?type=group_type&per_page=100", where->group_id);
	if (where->project_id > 0)
		return rc_format("/projects/%" PRId64 "/runners?type=project_type&per_page=100",
		    where->project_id);
	return rc_strdup("/runners/all?type=instance_type&per_page=100");
}

/* Hands page after page to take() until it says that it is done (1) or fails (-1). */
static int
each_page(struct rc_gitlab *gitlab, const struct rc_runner_wish *where,
    int (*take)(void *context, const char *body, struct rc_error *err), void *context,
    struct rc_error *err)
{
	scoped(rc_str_release) char *list = list_of(where);
	scoped(rc_str_release) char *name = rc_format("GET %.*s", (int)strcspn(list, "?"), list);
	int64_t page = 1;

	for (int pages = 0; page > 0 && pages < PAGES_MAX; pages++) {
		scoped(rc_str_release) char *path = rc_format("%s&page=%" PRId64, list, page);
		scoped(rc_http_reply_release) struct rc_http_reply reply = { 0 };
		struct rc_gitlab_call call = {
			.method = "GET",
			.path = path,
			.route = { name, "read_api (or api)", "allowed to see the runners there",
			    RC_CREDENTIAL_ACCESS },
			.wanted = 200,
		};
		int taken;

		if (rc_gitlab_call(gitlab, &call, &reply, err) < 0) {
			if (rc_gitlab_is_json(&reply) &&
			    (reply.status == 403 || reply.status == 404))
				err->code = RC_NOT_FOUND;
			return -1;
		}
		taken = take(context, reply.body, err);
		if (taken < 0)
			return rc_within(err, "GitLab's answer to %s", name);
		page = taken ? 0 : reply.next_page;
	}
	return 0;
}

struct search {
	const char *marker;
	int64_t id;
};

static int
take_one(void *context, const char *body, struct rc_error *err)
{
	struct search *search = context;

	if (rc_gitlab_find_marker(&search->id, body, search->marker, err) < 0)
		return -1;
	return search->id != 0;
}

int
rc_gitlab_find_runner(struct rc_gitlab *gitlab, const struct rc_runner_wish *where,
    const char *marker, int64_t *ret_id, struct rc_error *err)
{
	struct search search = { .marker = marker };

	if (each_page(gitlab, where, take_one, &search, err) < 0)
		return -1;
	*ret_id = search.id;
	return 0;
}

struct harvest {
	struct rc_marked *items;
	size_t count;
};

static int
take_marked(void *context, const char *body, struct rc_error *err)
{
	struct harvest *harvest = context;

	return rc_gitlab_read_marked(&harvest->items, &harvest->count, body, err);
}

int
rc_gitlab_marked(struct rc_gitlab *gitlab, const struct rc_runner_wish *where,
    struct rc_marked **ret, size_t *ret_count, struct rc_error *err)
{
	struct harvest harvest = { 0 };

	if (each_page(gitlab, where, take_marked, &harvest, err) < 0) {
		free(harvest.items);
		return -1;
	}
	*ret = harvest.items;
	*ret_count = harvest.count;
	return 0;
}

int
rc_gitlab_find_lost_runner(struct rc_gitlab *gitlab, const struct rc_runner_wish *where,
    const char *marker, int64_t *ret_id, struct rc_error *err)
{
	for (int look = 0; look < LOOKS; look++) {
		if (look > 0 && rc_http_pause(gitlab->http, LOOK_AGAIN_MS, err) < 0)
			return -1;
		if (rc_gitlab_find_runner(gitlab, where, marker, ret_id, err) < 0)
			return -1;
		if (*ret_id > 0)
			break;
	}
	return 0;
}

/* Adds what became of the runner to the text of an error, which is cut if there is no room. */
static int RC_PRINTF(2, 3) conclude(struct rc_error *err, const char *fmt, ...)
{
	char fate[220] = { 0 };
	va_list args;

	va_start(args, fmt);
	vsnprintf(fate, sizeof(fate), fmt, args);
	va_end(args);
	memcpy(
	    err->text + strnlen(err->text, sizeof(err->text) - sizeof(fate)), fate, sizeof(fate));
	return -1;
}

/*
 * After a failure that leaves open whether a runner was made: err gets what is
 * known now.  A person who interrupts is not kept waiting for that.  What fails now may work
 * later, unless the token may not do it: ret->maybe.
 */
static int
reconcile(struct rc_gitlab *gitlab, const struct rc_runner_wish *where, const char *marker,
    struct rc_runner_grant *ret, struct rc_error *err)
{
	struct rc_error reason = { .text = "not looked for" };
	int64_t id = 0;
	bool gone;

	rc_http_extend(gitlab->http, LOOK_MS);
	if (!*marker)
		return conclude(err, "; a runner may be left at GitLab");
	if (!where || rc_run_stopped(gitlab->run) ||
	    rc_gitlab_find_lost_runner(gitlab, where, marker, &id, &reason) < 0) {
		ret->maybe = where && reason.code != RC_NOT_FOUND;
		if (ret->maybe)
			return conclude(err,
			    "; whether it made a runner described \"%s\" could not be told "
			    "(%.100s)",
			    marker, reason.text);
		conclude(err, "; a runner described \"%s\" may be left at GitLab (%.100s)", marker,
		    reason.text);
		return rc_hint(err, "look for it in GitLab's list of runners, and delete it");
	}
	if (id == 0)
		return conclude(err, "; no runner was left at GitLab");
	if (rc_gitlab_delete_runner(gitlab, id, NULL, &gone, &reason) == 0)
		return conclude(err, "; the runner that it made all the same was deleted");
	ret->maybe = !gitlab->forbidden;
	if (ret->maybe)
		return conclude(err,
		    "; runner %" PRId64 ", made all the same, could not be deleted (%.100s)", id,
		    reason.text);
	conclude(err, "; runner %" PRId64 " is left at GitLab, its token is lost (%.100s)", id,
	    reason.text);
	return rc_hint(err, "delete it in GitLab's list of runners");
}

/*
 * Sends a call that makes a runner, and settles what a failure leaves open.  What
 * a registration token belongs to, and so where to look, only GitLab knows.
 */
static int
make_runner(struct rc_gitlab *gitlab, const struct rc_gitlab_call *call,
    const struct rc_runner_wish *wish, struct rc_runner_grant *ret, struct rc_error *err)
{
	const struct rc_runner_wish *where =
	    call->route.credential == RC_CREDENTIAL_ACCESS ? wish : NULL;
	scoped(rc_http_reply_release) struct rc_http_reply reply = { 0 };
	char marker[48];

	rc_runner_marker_in(marker, wish->description);
	if (rc_gitlab_call(gitlab, call, &reply, err) == 0) {
		if (rc_gitlab_read_grant(ret, reply.body, err) == 0)
			return 0;
		rc_within(err, "GitLab's answer to %s", call->route.name);
	} else if (!reply.uncertain) {
		return -1;
	}
	return reconcile(gitlab, where, marker, ret, err);
}

int
rc_gitlab_create_runner(struct rc_gitlab *gitlab, struct rc_runner_grant *ret,
    const struct rc_runner_wish *wish, struct rc_error *err)
{
	scoped(rc_str_release) char *body = rc_gitlab_wish_body(wish);
	struct rc_gitlab_call call = {
		.method = "POST",
		.path = "/user/runners",
		.route = { "POST /user/runners", "create_runner (or api)", NULL,
		    RC_CREDENTIAL_ACCESS },
		.body = body,
		.wanted = 201,
		.once = true,
	};

	call.route.role =
	    "an administrator (with the scope admin_mode, if GitLab has Admin Mode on)";
	if (wish->project_id > 0)
		call.route.role = "a Maintainer of the project";
	if (wish->group_id > 0)
		call.route.role = "an Owner of the group";
	return make_runner(gitlab, &call, wish, ret, err);
}

int
rc_gitlab_register_legacy(struct rc_gitlab *gitlab, struct rc_runner_grant *ret,
    const struct rc_runner_wish *wish, const char *registration_token, struct rc_error *err)
{
	scoped(rc_secret_release) char *body = rc_gitlab_legacy_body(wish, registration_token);
	struct rc_gitlab_call call = {
		.method = "POST",
		.path = "/runners",
		.route = { .name = "POST /runners", .credential = RC_CREDENTIAL_REGISTRATION },
		.body = body,
		.secret = registration_token,
		.wanted = 201,
		.once = true,
	};

	return make_runner(gitlab, &call, wish, ret, err);
}

/*
 * Our manager on a lent runner, which a call that failed may have made all the same.  Unless it
 * is gone for certain, the caller keeps what can remove it.  Who answers two different requests
 * as no GitLab does is none: an address that is wrong made no manager.
 */
static int
settle_manager(struct rc_gitlab *gitlab, struct rc_runner_grant *ret, const char *runner_token,
    const char *system_id, struct rc_error *err)
{
	struct rc_error reason = { .text = "not tried" };
	enum rc_manager_end end = RC_MANAGER_MISSING;
	bool stranger = gitlab->stranger;

	rc_secret_release(&ret->token);
	ret->token = rc_strdup(runner_token);
	rc_http_extend(gitlab->http, LOOK_MS);
	/* Not there: or not yet, or that is wrong, too. */
	for (int try = 0; try < LOOKS && end != RC_MANAGER_REMOVED; try++) {
		if (rc_run_stopped(gitlab->run) ||
		    (try > 0 && rc_http_pause(gitlab->http, LOOK_AGAIN_MS, &reason) < 0) ||
		    rc_gitlab_delete_manager(gitlab, runner_token, system_id, &end, &reason) < 0) {
			if (stranger && gitlab->stranger) {
				rc_secret_release(&ret->token);
				return -1;
			}
			return conclude(err,
			    "; the manager %s of the runner may be left at GitLab (%.100s)",
			    system_id, reason.text);
		}
	}
	if (end != RC_MANAGER_REMOVED)
		return conclude(err, "; GitLab knows no manager %s of the runner", system_id);
	rc_secret_release(&ret->token);
	return -1;
}

#define VERIFY "POST /runners/verify"

static int
verify(struct rc_gitlab *gitlab, const char *runner_token, const char *system_id,
    struct rc_http_reply *reply, struct rc_error *err)
{
	scoped(rc_secret_release) char *body = rc_gitlab_token_body(runner_token, system_id);
	struct rc_gitlab_call call = {
		.method = "POST",
		.path = "/runners/verify",
		.route = { .name = VERIFY, .credential = RC_CREDENTIAL_RUNNER },
		.body = body,
		.secret = runner_token,
		.wanted = 200,
	};

	return rc_gitlab_call(gitlab, &call, reply, err);
}

int
rc_gitlab_token_works(
    struct rc_gitlab *gitlab, const char *runner_token, const char *system_id, struct rc_error *err)
{
	scoped(rc_http_reply_release) struct rc_http_reply reply = { 0 };

	return verify(gitlab, runner_token, system_id, &reply, err);
}

int
rc_gitlab_verify(struct rc_gitlab *gitlab, struct rc_runner_grant *ret, const char *runner_token,
    const char *system_id, struct rc_error *err)
{
	scoped(rc_http_reply_release) struct rc_http_reply reply = { 0 };

	if (verify(gitlab, runner_token, system_id, &reply, err) < 0)
		return reply.uncertain ? settle_manager(gitlab, ret, runner_token, system_id, err)
				       : -1;
	if (rc_gitlab_is_bare_200(&reply)) {
		*ret = (struct rc_runner_grant){ .token = rc_strdup(runner_token) };
		return 0;
	}
	if (rc_gitlab_read_grant(ret, reply.body, err) == 0)
		return 0;
	rc_within(err, "GitLab's answer to " VERIFY);
	return settle_manager(gitlab, ret, runner_token, system_id, err);
}
