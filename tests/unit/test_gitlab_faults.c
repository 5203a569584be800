/*
 * Every fault that the stand-in can be ordered to have, at every function of the
 * door.  Most of the time is spent waiting, so each function is a process with a
 * stand-in of its own, and all of them wait together.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/scope.h"
#include "base/str.h"
#include "gitlab_standin.h"

static const struct rc_runner_wish wish = {
	.group_id = GROUP, .description = MARKER, .run_untagged = true
};

/* A runner that exists before the fault. */
struct runner {
	int64_t id;
	const char *token;
};

static int
do_scopes(struct rc_gitlab *gitlab, const struct runner *runner, struct rc_error *err)
{
	struct rc_token_scopes scopes;

	(void)runner;
	return rc_gitlab_scopes(gitlab, &scopes, err);
}

static int
do_create(struct rc_gitlab *gitlab, const struct runner *runner, struct rc_error *err)
{
	scoped(rc_runner_grant_release) struct rc_runner_grant grant = { 0 };

	(void)runner;
	return rc_gitlab_create_runner(gitlab, &grant, &wish, err);
}

static int
do_legacy(struct rc_gitlab *gitlab, const struct runner *runner, struct rc_error *err)
{
	scoped(rc_runner_grant_release) struct rc_runner_grant grant = { 0 };

	(void)runner;
	return rc_gitlab_register_legacy(gitlab, &grant, &wish, REGISTRATION, err);
}

static int
do_find(struct rc_gitlab *gitlab, const struct runner *runner, struct rc_error *err)
{
	int64_t id;

	(void)runner;
	return rc_gitlab_find_runner(gitlab, &wish, MARKER, &id, err);
}

static int
do_verify(struct rc_gitlab *gitlab, const struct runner *runner, struct rc_error *err)
{
	scoped(rc_runner_grant_release) struct rc_runner_grant grant = { 0 };

	return rc_gitlab_verify(gitlab, &grant, runner->token, SYSTEM_ID, err);
}

static int
do_delete_by_id(struct rc_gitlab *gitlab, const struct runner *runner, struct rc_error *err)
{
	bool gone;

	return rc_gitlab_delete_runner(gitlab, runner->id, NULL, &gone, err);
}

static int
do_delete_by_token(struct rc_gitlab *gitlab, const struct runner *runner, struct rc_error *err)
{
	bool gone;

	return rc_gitlab_delete_runner(gitlab, 0, runner->token, &gone, err);
}

static int
do_delete_manager(struct rc_gitlab *gitlab, const struct runner *runner, struct rc_error *err)
{
	enum rc_manager_end end;

	return rc_gitlab_delete_manager(gitlab, runner->token, SYSTEM_ID, &end, err);
}

static int
do_pause(struct rc_gitlab *gitlab, const struct runner *runner, struct rc_error *err)
{
	return rc_gitlab_pause(gitlab, runner->id, true, err);
}

static int
do_manager(struct rc_gitlab *gitlab, const struct runner *runner, struct rc_error *err)
{
	struct rc_manager manager;

	return rc_gitlab_manager(gitlab, runner->id, SYSTEM_ID, &manager, err);
}

static int
do_reset(struct rc_gitlab *gitlab, const struct runner *runner, struct rc_error *err)
{
	scoped(rc_runner_grant_release) struct rc_runner_grant grant = { 0 };
	bool maybe;

	return rc_gitlab_reset_token(gitlab, runner->id, &grant, &maybe, err);
}

/* What sort of function it is: MANY may be sent twice, GOES is a deletion, MAKES makes a runner. */
enum sort { MANY = 1, GOES = 2, MAKES = 4 };

static const struct {
	const char *name;
	int (*run)(struct rc_gitlab *gitlab, const struct runner *runner, struct rc_error *err);
	enum sort sort;
	const char *match; /* which of its requests goes wrong */
} functions[] = {
	{ "scopes", do_scopes, MANY, "'method':'GET','path':'self$'" },
	{ "create", do_create, MAKES, "'method':'POST','path':'user/runners$'" },
	{ "legacy", do_legacy, MAKES, "'method':'POST','path':'v4/runners$'" },
	{ "find", do_find, MANY, "'method':'GET','path':'groups/10/runners$'" },
	{ "verify", do_verify, MANY, "'method':'POST','path':'runners/verify$'" },
	{ "delete by id", do_delete_by_id, GOES, "'method':'DELETE','path':'runners/[0-9]+$'" },
	{ "delete by token", do_delete_by_token, GOES, "'method':'DELETE','path':'runners$'" },
	{ "delete manager", do_delete_manager, GOES,
	    "'method':'DELETE','path':'runners/managers$'" },
	{ "pause", do_pause, MANY, "'method':'PUT','path':'runners/[0-9]+$'" },
	{ "reset", do_reset, MANY, "'method':'POST','path':'reset_authentication_token$'" },
	{ "manager", do_manager, MANY, "'method':'GET','path':'managers$'" },
};

#define LOCK "'body':{'message':'409 Conflict: Resource lock'}"
#define FOREVER ",'times':0"

/* For which sorts it ends well after all; for the others with this code and text. */
static const struct {
	const char *why, *fault;
	int well;
	enum rc_code code;
	const char *text;
} faults[] = {
	{ "no fault", NULL, MANY | GOES | MAKES, RC_OK, NULL },
	{ "401", "'action':'status','status':401,'body':{'message':'401 Unauthorized'}" FOREVER, 0,
	    RC_GITLAB, "401 Unauthorized" },
	{ "400", "'action':'status','status':400,'body':{'message':{'tags_list':['is bad']}}", 0,
	    RC_GITLAB, "400 Bad Request: tags_list: is bad" },
	{ "409", "'action':'status','status':409,'body':{'message':'409 Conflict'}", 0, RC_GITLAB,
	    "409 Conflict" },
	{ "a lock that passes", "'action':'status','status':409," LOCK, MANY | GOES, RC_GITLAB,
	    "Resource lock" },
	{ "410", "'action':'status','status':410,'body':{'message':'410 Gone'}", 0, RC_GITLAB,
	    "410 Gone" },
	{ "422", "'action':'status','status':422,'body':{'error':'no project'}", 0, RC_GITLAB,
	    "no project" },
	{ "429", "'action':'status','status':429", MANY | GOES | MAKES, RC_OK, NULL },
	{ "429 with a time", "'action':'status','status':429,'headers':{'Retry-After':'1'}",
	    MANY | GOES | MAKES, RC_OK, NULL },
	{ "429 for long", "'action':'status','status':429,'headers':{'Retry-After':'60'}" FOREVER,
	    0, RC_GITLAB, "429 Too Many Requests" },
	{ "500", "'action':'status','status':500,'body':{'message':'500 Internal Server Error'}", 0,
	    RC_GITLAB, "500 Internal Server Error" },
	{ "502 once, as a page", "'action':'login_page','status':502", MANY | GOES, RC_GITLAB,
	    "502 Bad Gateway: a web page" },
	{ "503 once", "'action':'status','status':503", MANY | GOES, RC_GITLAB,
	    "503 Service Unavailable" },
	{ "503 with a time", "'action':'status','status':503,'headers':{'Retry-After':'1'}",
	    MANY | GOES | MAKES, RC_OK, NULL },
	{ "504 once", "'action':'status','status':504", MANY | GOES, RC_GITLAB,
	    "504 Gateway Timeout" },
	{ "reset before the deed", "'action':'close'", MANY | GOES, RC_FAILED,
	    "lost the connection" },
	{ "reset after the deed", "'action':'close','when':'after'", MANY | GOES, RC_FAILED,
	    "lost the connection" },
	{ "silence", "'action':'hang','seconds':30" FOREVER, 0, RC_TIMEOUT, "did not answer" },
	{ "cut off", "'action':'truncate','when':'after'", MANY | GOES, RC_FAILED,
	    "lost the connection" },
	{ "garbage as JSON", "'action':'garbage'", 0, RC_GITLAB, "" },
	{ "garbage as HTTP", "'action':'garbage','raw':true", 0, RC_GITLAB, "no HTTP" },
	{ "the wrong type",
	    "'action':'hang','seconds':0,'answer':true,'when':'after','status':201,"
	    "'content_type':'text/plain'",
	    0, RC_GITLAB, "where it never should" },
	{ "too large", "'action':'huge','size':2000000", 0, RC_GITLAB, "more than a megabyte" },
	{ "a drip",
	    "'action':'slow','bytes_per_second':1,'body':'slowly it comes, and slower'" FOREVER, 0,
	    RC_TIMEOUT, "did not answer" },
	{ "elsewhere", "'action':'redirect','location':'https://elsewhere.example.com/'" FOREVER, 0,
	    RC_GITLAB, "https://elsewhere.example.com" },
	{ "a login page", "'action':'login_page'" FOREVER, 0, RC_GITLAB, "titled \"Sign in\"" },
};

/* Processes a function, so that the slowest is done in a third of the time. */
#define PARTS 3

static const char settings[] = "{\"allow_runner_registration_token\":true}";

/* What is wrong with how a function took a fault, or NULL; err is what it said. */
static const char *
judge(size_t f, size_t n, int result, const struct rc_error *err)
{
	if (result == 0)
		return faults[n].well & functions[f].sort ? NULL : "it should have failed";
	if (faults[n].well & functions[f].sort)
		return "it should have worked";
	/* That GitLab does not tell about a token has a code of its own. */
	if (err->code == RC_NOT_FOUND && functions[f].run == do_scopes)
		return NULL;
	if (err->code != faults[n].code || !strstr(err->text, faults[n].text))
		return "another error";
	if (!holds_no_token(err->text) || !holds_no_token(err->hint) ||
	    !holds_no_token(notes.warnings))
		return "a token in it";
	return NULL;
}

/* Whether just the one runner there was is there: nothing half-made, whatever happened. */
static bool
is_clean(size_t f, int result, const struct rc_error *err)
{
	int runners = standin_runners(&standin);

	if (functions[f].run == do_verify && result < 0) {
		scoped(rc_str_release) char *all = standin_control(&standin, "GET", "/state", NULL);

		if (strstr(all, SYSTEM_ID))
			return false;
	}
	if (functions[f].sort == GOES)
		return runners <= 1;
	if (functions[f].sort == MAKES && result == 0)
		return runners == 2;
	/* With a registration token nobody can look, but then the error says what may be left. */
	return runners == 1 || strstr(err->text, "\"" MARKER "\" may be left");
}

/* One fault at one function: false, and a line on stderr, if it went wrong. */
static bool
suffer(size_t f, size_t n)
{
	scoped(rc_runner_grant_release) struct rc_runner_grant grant = { 0 };
	const struct rc_runner_wish other = { .group_id = GROUP, .run_untagged = true };
	struct rc_gitlab *admin, *gitlab;
	struct runner runner;
	struct rc_error err = { 0 };
	const char *problem;
	int64_t before;
	int result;

	standin_reset(&standin);
	notes_init(&notes);
	free(standin_control(&standin, "POST", "/settings", settings));
	admin = door_to(&standin, ADMIN, 10, &notes);
	if (rc_gitlab_create_runner(admin, &grant, &other, &err) < 0)
		return false;
	rc_gitlab_close(admin);
	runner = (struct runner){ grant.id, grant.token };
	if (faults[n].fault) {
		scoped(rc_str_release) char *order =
		    rc_format("{%s,%s}", functions[f].match, faults[n].fault);

		standin_fault(&standin, order);
	}
	gitlab = door_to(&standin, ADMIN, 6, &notes);
	before = now_ms();
	result = functions[f].run(gitlab, &runner, &err);
	rc_gitlab_close(gitlab);
	problem = judge(f, n, result, &err);
	if (!problem && !is_clean(f, result, &err))
		problem = "something was left";
	if (!problem && now_ms() - before > 20000)
		problem = "it took too long";
	if (problem)
		fprintf(stderr, "%s, %s: %s: %d \"%s\"\n", functions[f].name, faults[n].why,
		    problem, err.code, err.text);
	return !problem;
}

/* A part of the faults at one function, in a process of its own. */
static pid_t
suffer_apart(size_t f, size_t part)
{
	pid_t child = fork();
	int bad = 0;

	if (child != 0)
		return child;
	standin_start(&standin, NULL, NULL);
	for (size_t n = part; n < RC_COUNT(faults); n += PARTS)
		bad += !suffer(f, n);
	standin_stop(&standin);
	_exit(bad > 0);
}

static void
test_matrix(void **state)
{
	pid_t children[RC_COUNT(functions) * PARTS];
	int bad = 0;

	(void)state;
	for (size_t i = 0; i < RC_COUNT(children); i++)
		children[i] = suffer_apart(i / PARTS, i % PARTS);
	for (size_t i = 0; i < RC_COUNT(children); i++) {
		int status = -1;

		waitpid(children[i], &status, 0);
		bad += status != 0;
	}
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matrix),
	};

	return cmocka_run_group_tests_name("gitlab_faults", tests, NULL, NULL);
}
