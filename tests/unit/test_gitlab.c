/* The door to GitLab against the stand-in: what works, and the traps one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "base/str.h"
#include "gitlab_standin.h"

static const struct rc_runner_wish wish = { .group_id = GROUP,
	.tags = "docker,kvm",
	.description = "ci-1 (" MARKER ")",
	.run_untagged = true };

static void
make(struct rc_gitlab *gitlab, struct rc_runner_grant *grant)
{
	struct rc_error err = { 0 };

	if (rc_gitlab_create_runner(gitlab, grant, &wish, &err) < 0)
		fail_msg("%s", err.text);
}

static void
test_life(void **state)
{
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = door_to(&standin, ADMIN, 10, &notes);
	scoped(rc_runner_grant_release) struct rc_runner_grant grant = { 0 }, verified = { 0 };
	struct rc_token_scopes scopes = { 0 };
	struct rc_manager manager = { 0 };
	enum rc_manager_end end;
	struct rc_error err;
	bool gone;
	int64_t id = 0;

	(void)state;
	assert_int_equal(rc_gitlab_scopes(gitlab, &scopes, &err), 0);
	assert_true(scopes.api && scopes.active);
	make(gitlab, &grant);
	assert_true(grant.id > 0 && rc_str_starts(grant.token, "glrt-"));
	assert_int_equal(rc_gitlab_manager(gitlab, grant.id, SYSTEM_ID, &manager, &err), 0);
	assert_int_equal(manager.contacted, 0);
	assert_int_equal(rc_gitlab_verify(gitlab, &verified, grant.token, SYSTEM_ID, &err), 0);
	assert_int_equal(verified.id, grant.id);
	assert_string_equal(verified.token, grant.token);
	assert_int_equal(rc_gitlab_manager(gitlab, grant.id, SYSTEM_ID, &manager, &err), 0);
	assert_true(manager.contacted > 0 && !manager.busy);
	assert_int_equal(rc_gitlab_find_runner(gitlab, &wish, MARKER, &id, &err), 0);
	assert_int_equal(id, grant.id);
	assert_int_equal(rc_gitlab_pause(gitlab, grant.id, true, &err), 0);
	assert_int_equal(rc_gitlab_pause(gitlab, grant.id, false, &err), 0);
	assert_int_equal(rc_gitlab_delete_manager(gitlab, grant.token, SYSTEM_ID, &end, &err), 0);
	assert_int_equal(end, RC_MANAGER_REMOVED);
	assert_int_equal(rc_gitlab_delete_manager(gitlab, grant.token, SYSTEM_ID, &end, &err), 0);
	assert_int_equal(end, RC_MANAGER_MISSING);
	assert_int_equal(rc_gitlab_delete_runner(gitlab, grant.id, NULL, &gone, &err), 0);
	assert_false(gone);
	assert_int_equal(rc_gitlab_delete_runner(gitlab, grant.id, NULL, &gone, &err), 0);
	assert_true(gone);
	assert_int_equal(rc_gitlab_delete_manager(gitlab, grant.token, SYSTEM_ID, &end, &err), 0);
	assert_int_equal(end, RC_MANAGER_REFUSED);
	assert_int_equal(rc_gitlab_find_runner(gitlab, &wish, MARKER, &id, &err), 0);
	assert_int_equal(id, 0);
	assert_int_equal(rc_gitlab_pause(gitlab, grant.id, true, &err), -1);
	assert_error(&err, RC_NOT_FOUND, "PUT /runners/", "does not exist");
	assert_int_equal(rc_gitlab_manager(gitlab, grant.id, SYSTEM_ID, &manager, &err), -1);
	assert_error(&err, RC_NOT_FOUND, "/managers", "does not exist");
	assert_int_equal(notes.warned, 0);
}

/* The old token is dead at once, and the reset can be repeated. */
static void
test_reset(void **state)
{
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = door_to(&standin, ADMIN, 10, &notes);
	scoped(rc_runner_grant_release) struct rc_runner_grant grant = { 0 }, first = { 0 },
							       second = { 0 }, verified = { 0 };
	struct rc_error err = { 0 };
	bool gone, maybe;

	(void)state;
	make(gitlab, &grant);
	assert_int_equal(rc_gitlab_reset_token(gitlab, grant.id, &first, &maybe, &err), 0);
	assert_int_equal(rc_gitlab_reset_token(gitlab, grant.id, &second, &maybe, &err), 0);
	assert_string_not_equal(first.token, second.token);
	assert_int_equal(rc_gitlab_verify(gitlab, &verified, grant.token, SYSTEM_ID, &err), -1);
	assert_int_equal(rc_gitlab_verify(gitlab, &verified, first.token, SYSTEM_ID, &err), -1);
	assert_int_equal(rc_gitlab_verify(gitlab, &verified, second.token, SYSTEM_ID, &err), 0);
	assert_int_equal(verified.id, grant.id);
	assert_int_equal(rc_gitlab_delete_runner(gitlab, grant.id, NULL, &gone, &err), 0);
	rc_runner_grant_release(&first);
	assert_int_equal(rc_gitlab_reset_token(gitlab, grant.id, &first, &maybe, &err), -1);
	assert_error(&err, RC_NOT_FOUND, "reset_authentication_token", "does not exist");
	assert_false(maybe);
}

static void
test_legacy(void **state)
{
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = door_to(&standin, NULL, 10, &notes);
	scoped(rc_runner_grant_release) struct rc_runner_grant grant = { 0 };
	struct rc_error err = { 0 };
	bool gone = true;

	(void)state;
	assert_int_equal(rc_gitlab_register_legacy(gitlab, &grant, &wish, REGISTRATION, &err), -1);
	assert_error(&err, RC_GITLAB, "410 Gone", "glrt- token");
	free(standin_control(
	    &standin, "POST", "/settings", "{\"allow_runner_registration_token\":true}"));
	assert_int_equal(
	    rc_gitlab_register_legacy(gitlab, &grant, &wish, REGISTRATION "x", &err), -1);
	assert_error(&err, RC_GITLAB, "invalid token supplied", "create_runner");
	assert_int_equal(rc_gitlab_register_legacy(gitlab, &grant, &wish, REGISTRATION, &err), 0);
	assert_true(grant.id > 0 && grant.token);
	assert_int_equal(rc_gitlab_delete_runner(gitlab, grant.id, grant.token, &gone, &err), 0);
	assert_false(gone);
	assert_int_equal(rc_gitlab_delete_runner(gitlab, grant.id, grant.token, &gone, &err), 0);
	assert_true(gone);
	assert_int_equal(rc_gitlab_delete_runner(gitlab, grant.id, NULL, &gone, &err), -1);
	assert_error(&err, RC_USAGE, "an access token", "");
	assert_int_equal(rc_gitlab_pause(gitlab, 7, true, &err), -1);
	assert_error(&err, RC_USAGE, "PUT /runners/7 needs an access token", "");
}

static const struct {
	const char *why, *token;
	int64_t group;
	const char *text, *hint;
} refusals[] = {
	{ "expired", EXPIRED, GROUP, "Token is expired", "make a new one" },
	{ "revoked", REVOKED, GROUP, "Token was revoked", "make a new one" },
	{ "unknown", "glpat-nobody-knows-it", GROUP, "401 Unauthorized", "make a new one" },
	{ "without the scope", READ_ONLY, GROUP, "insufficient_scope", "scope create_runner" },
	{ "role too low", DEVELOPER, GROUP, "Insufficient permissions", "an Owner of the group" },
	{ "no admin", DEVELOPER, 0, "Insufficient permissions", "an administrator" },
	{ "no such group", ADMIN, 4711, "group", "group or project id" },
};

static void
test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(refusals); i++) {
		scoped(rc_gitlab_release) struct rc_gitlab *gitlab =
		    door_to(&standin, refusals[i].token, 10, &notes);
		const struct rc_runner_wish other = { .group_id = refusals[i].group,
			.run_untagged = true };
		struct rc_runner_grant grant = { 0 };
		struct rc_error err = { 0 };

		assert_int_equal(rc_gitlab_create_runner(gitlab, &grant, &other, &err), -1);
		assert_error(&err, RC_GITLAB, refusals[i].text, refusals[i].hint);
		assert_null(grant.token);
	}
	assert_int_equal(
	    standin_requests(&standin, "POST", "/api/v4/user/runners"), RC_COUNT(refusals));
	assert_int_equal(standin_requests(&standin, "GET", "/api/v4/groups/10/runners"), 0);
}

/* Which of its two ways a runner is deleted by, and when a 403 means that it is gone. */
static void
test_delete_ways(void **state)
{
	static const struct {
		const char *why, *token, *fault;
		bool dead; /* the runner's own token is refused, too */
		int result;
		bool gone;
	} ways[] = {
		{ "no scope, own token", CREATE_ONLY, NULL, false, 0, false },
		{ "no scope, dead token", CREATE_ONLY, NULL, true, 0, true },
		{ "revoked, own token", REVOKED, NULL, false, 0, false },
		{ "revoked, dead token", REVOKED, NULL, true, -1, false },
		{ "role too low, own token", DEVELOPER, NULL, false, 0, false },
		{ "role too low, dead token", DEVELOPER, NULL, true, -1, false },
		{ "trouble is no refusal", ADMIN, "{'action':'status','status':500,'times':0}",
		    false, -1, false },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(ways); i++) {
		scoped(rc_gitlab_release) struct rc_gitlab *admin =
		    door_to(&standin, ADMIN, 10, &notes);
		scoped(rc_gitlab_release) struct rc_gitlab *gitlab =
		    door_to(&standin, ways[i].token, 10, &notes);
		scoped(rc_runner_grant_release) struct rc_runner_grant grant = { 0 };
		struct rc_error err = { 0 };
		bool gone = false;

		make(admin, &grant);
		if (ways[i].fault)
			standin_fault(&standin, ways[i].fault);
		if (rc_gitlab_delete_runner(gitlab, grant.id,
			ways[i].dead ? "glrt-dead" : grant.token, &gone, &err) != ways[i].result ||
		    gone != ways[i].gone)
			fail_msg("%s: %s", ways[i].why, err.text);
	}
}

/* An answer lost after the deed: on a connection in use libcurl itself would send it again. */
static void
test_lost_answer(void **state)
{
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = door_to(&standin, ADMIN, 10, &notes);
	struct rc_token_scopes scopes;
	struct rc_runner_grant grant = { 0 };
	struct rc_error err = { 0 };

	(void)state;
	assert_int_equal(rc_gitlab_scopes(gitlab, &scopes, &err), 0);
	standin_fault(&standin, "{'action':'close','when':'after','path':'user/runners'}");
	assert_int_equal(rc_gitlab_create_runner(gitlab, &grant, &wish, &err), -1);
	assert_error(&err, RC_FAILED, "the runner that it made all the same was deleted", "later");
	assert_int_equal(standin_requests(&standin, "POST", "/api/v4/user/runners"), 1);
	assert_int_equal(standin_runners(&standin), 0);
}

static void
test_lost_answer_left(void **state)
{
	static const struct {
		const char *token, *text, *hint;
		int64_t group;
	} rows[] = {
		{ CREATE_ONLY, "a runner described \"" MARKER "\" may be left", "look for it",
		    GROUP },
		{ CREATE_MANAGE, "a runner described \"" MARKER "\" may be left", "look for it",
		    0 },
		{ CREATE_MANAGE_READ, "is left at GitLab, its token is lost", "delete it", 0 },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(rows); i++) {
		scoped(rc_gitlab_release) struct rc_gitlab *gitlab =
		    door_to(&standin, rows[i].token, 10, &notes);
		struct rc_runner_wish other = wish;
		struct rc_runner_grant grant = { 0 };
		struct rc_error err = { 0 };

		standin_reset(&standin);
		standin_fault(&standin, "{'action':'close','when':'after','path':'user/runners'}");
		standin_fault(&standin,
		    "{'action':'status','status':403,'body':{},'method':'DELETE','times':0}");
		other.group_id = rows[i].group;
		assert_int_equal(rc_gitlab_create_runner(gitlab, &grant, &other, &err), -1);
		assert_error(&err, RC_FAILED, rows[i].text, rows[i].hint);
		assert_int_equal(standin_runners(&standin), 1);
	}
}

/* The marker is found on the last of several pages; the wrong host in Link is not followed. */
static void
test_find_pages(void **state)
{
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = door_to(&standin, ADMIN, 20, &notes);
	struct rc_runner_wish other = wish;
	struct rc_error err = { 0 };
	int64_t first = 0, id = 0;

	(void)state;
	for (int i = 0; i < 205; i++) {
		scoped(rc_runner_grant_release) struct rc_runner_grant grant = { 0 };

		assert_int_equal(rc_gitlab_create_runner(gitlab, &grant, &other, &err), 0);
		first = first ? first : grant.id;
		other.description = "somebody else's";
	}
	assert_int_equal(rc_gitlab_find_runner(gitlab, &wish, MARKER, &id, &err), 0);
	assert_int_equal(id, first);
	assert_int_equal(standin_requests(&standin, "GET", "/api/v4/groups/10/runners"), 3);
}

static void
test_old_verify(void **state)
{
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = door_to(&standin, NULL, 10, &notes);
	scoped(rc_runner_grant_release) struct rc_runner_grant grant = { 0 };
	struct rc_error err = { 0 };

	(void)state;
	standin_fault(&standin, "{'action':'status','status':200,'body':'200'}");
	assert_int_equal(rc_gitlab_verify(gitlab, &grant, "glrt-mine", SYSTEM_ID, &err), 0);
	assert_int_equal(grant.id, 0);
	assert_string_equal(grant.token, "glrt-mine");
	rc_runner_grant_release(&grant);
	standin_fault(&standin, "{'action':'status','status':200,'body':'201'}");
	assert_int_equal(rc_gitlab_verify(gitlab, &grant, "glrt-mine", SYSTEM_ID, &err), -1);
	/* It may have been made, and nobody found it. */
	assert_string_equal(grant.token, "glrt-mine");
	assert_error(&err, RC_GITLAB, "200 OK (text/plain)", "`url`");
}

/* Whether the machine may have been made all the same, by what is said to two requests. */
static void
test_no_gitlab(void **state)
{
	static const char stranger[] = "'action':'status','status':200,'body':'hello'";
	static const struct {
		const char *verify, *remove;
		bool maybe;
	} rows[] = {
		{ stranger, stranger, false },
		{ stranger, "'action':'status','status':503,'body':'later'", true },
		{ "'action':'status','status':502,'body':'gateway'", stranger, true },
		{ "'action':'status','status':200,'body':{'id':'x'}", stranger, true },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(rows); i++) {
		scoped(rc_gitlab_release) struct rc_gitlab *gitlab =
		    door_to(&standin, NULL, 1, &notes);
		scoped(rc_runner_grant_release) struct rc_runner_grant grant = { 0 };
		scoped(rc_str_release) char *verify =
		    rc_format("{'path':'/runners/verify$','times':0,%s}", rows[i].verify);
		scoped(rc_str_release) char *remove =
		    rc_format("{'path':'/runners/managers$','times':0,%s}", rows[i].remove);
		struct rc_error err = { 0 };

		standin_fault(&standin, verify);
		standin_fault(&standin, remove);
		assert_int_equal(
		    rc_gitlab_verify(gitlab, &grant, "glrt-mine", SYSTEM_ID, &err), -1);
		assert_int_equal(grant.token != NULL, rows[i].maybe);
		assert_int_equal(strstr(err.text, "may be left") != NULL, rows[i].maybe);
		standin_reset(&standin);
	}
}

static void
test_scopes_unknown(void **state)
{
	static const struct {
		const char *fault;
		enum rc_code code;
	} rows[] = {
		{ "{'action':'status','status':404,'body':{'error':'404 Not Found'}}",
		    RC_NOT_FOUND },
		{ "{'action':'status','status':400,'body':{'error':'id is invalid'}}",
		    RC_NOT_FOUND },
		{ "{'action':'status','status':405,'body':{'error':'405 Not Allowed'}}",
		    RC_NOT_FOUND },
		{ "{'action':'status','status':403,'body':{'error':'insufficient_scope'}}",
		    RC_NOT_FOUND },
		{ "{'action':'status','status':403,'body':{'message':'403 Forbidden - blocked'}}",
		    RC_GITLAB },
		{ "{'action':'login_page','status':404}", RC_GITLAB },
		{ "{'action':'status','status':404}", RC_GITLAB },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(rows); i++) {
		scoped(rc_gitlab_release) struct rc_gitlab *gitlab =
		    door_to(&standin, ADMIN, 10, &notes);
		struct rc_token_scopes scopes;
		struct rc_error err = { 0 };

		standin_fault(&standin, rows[i].fault);
		assert_int_equal(rc_gitlab_scopes(gitlab, &scopes, &err), -1);
		assert_error(&err, rows[i].code, "GET /personal_access_tokens/self", "");
	}
}

/* The pause is checked against what GitLab says, not against what was asked for. */
static void
test_pause_ignored(void **state)
{
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = door_to(&standin, ADMIN, 10, &notes);
	struct rc_error err = { 0 };

	(void)state;
	standin_fault(&standin, "{'action':'status','status':200,'body':{'id':7,'paused':false}}");
	assert_int_equal(rc_gitlab_pause(gitlab, 7, true, &err), -1);
	assert_error(&err, RC_GITLAB, "PUT /runners/7: the runner is not paused", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_life, standin_clean),
		cmocka_unit_test_setup(test_reset, standin_clean),
		cmocka_unit_test_setup(test_legacy, standin_clean),
		cmocka_unit_test_setup(test_refusals, standin_clean),
		cmocka_unit_test_setup(test_delete_ways, standin_clean),
		cmocka_unit_test_setup(test_lost_answer, standin_clean),
		cmocka_unit_test_setup(test_lost_answer_left, standin_clean),
		cmocka_unit_test_setup(test_find_pages, standin_clean),
		cmocka_unit_test_setup(test_old_verify, standin_clean),
		cmocka_unit_test_setup(test_no_gitlab, standin_clean),
		cmocka_unit_test_setup(test_scopes_unknown, standin_clean),
		cmocka_unit_test_setup(test_pause_ignored, standin_clean),
	};

	return cmocka_run_group_tests_name("gitlab", tests, standin_setup, standin_teardown);
}
