/* The door to GitLab and the network: time, ^C, redirects, certificates, and what goes over the
 * wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "gitlab_standin.h"

/* ms; far less than what would be waited for otherwise. */
#define SOON 5000
/* A label of 64 letters, one too many: no server is asked for it. */
#define NOWHERE "http://nowhere-nowhere-nowhere-nowhere-nowhere-nowhere-nowhere-nowhere0.invalid"

static const struct rc_runner_wish wish = {
	.group_id = GROUP, .description = MARKER, .run_untagged = true
};

static void
test_refused(void **state)
{
	struct standin nobody = { 0 };
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = NULL;
	struct rc_error err;
	int port;
	scoped(rc_fd_release) int fd = bind_somewhere(&port);

	(void)state;
	assert_true(fd >= 0);
	snprintf(nobody.url, sizeof(nobody.url), "http://127.0.0.1:%d", port);
	gitlab = door_to(&nobody, ADMIN, 1, &notes);
	assert_in_range(ask_in_vain(gitlab, &err), 0, SOON);
	assert_error(&err, RC_FAILED, "cannot connect to http://127.0.0.1", "firewall");
	create_in_vain(gitlab, &wish, &err);
	assert_error(&err, RC_FAILED, "cannot connect to http://127.0.0.1", "firewall");
	assert_null(strstr(err.text, "left"));
}

static void
test_no_such_host(void **state)
{
	struct standin nowhere = { .url = NOWHERE };
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = door_to(&nowhere, ADMIN, 1, &notes);
	struct rc_error err;

	(void)state;
	assert_in_range(ask_in_vain(gitlab, &err), 0, SOON);
	assert_error(&err, RC_FAILED, "cannot find " NOWHERE, "name resolution");
	assert_non_null(strstr(notes.warnings, NOWHERE " is not https"));
}

static void
test_deadline(void **state)
{
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = door_to(&standin, ADMIN, 1, &notes);
	struct rc_error err;

	(void)state;
	/* What the caller does with its time is its own affair. */
	usleep(1100000);
	standin_fault(&standin, "{'action':'hang','seconds':30,'times':0}");
	assert_in_range(ask_in_vain(gitlab, &err), 900, SOON);
	assert_error(
	    &err, RC_TIMEOUT, "did not answer GET /personal_access_tokens/self within", "later");
	assert_in_range(ask_in_vain(gitlab, &err), 0, 900);
	assert_error(&err, RC_TIMEOUT, "no time is left", "");
}

/* An answer that has begun is no reason to wait longer. */
static void
test_slow(void **state)
{
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = door_to(&standin, ADMIN, 1, &notes);
	struct rc_error err;

	(void)state;
	standin_fault(&standin, "{'action':'slow','when':'after','bytes_per_second':5,'times':0}");
	assert_in_range(ask_in_vain(gitlab, &err), 900, SOON);
	assert_error(&err, RC_TIMEOUT, "did not answer", "later");
}

static void
on_alarm(int signal)
{
	(void)signal;
	notes.stop = 1;
}

static void
stop_soon(void)
{
	const struct itimerval soon = { .it_value = { .tv_usec = 300000 } };

	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &soon, NULL);
}

static void
test_interrupt(void **state)
{
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = door_to(&standin, ADMIN, 60, &notes);
	struct rc_error err;

	(void)state;
	standin_fault(&standin, "{'action':'hang','seconds':30,'times':0}");
	stop_soon();
	assert_in_range(ask_in_vain(gitlab, &err), 200, SOON);
	assert_error(&err, RC_FAILED, "interrupted", "");
	notes.stop = 0;
	stop_soon();
	assert_in_range(create_in_vain(gitlab, &wish, &err), 200, SOON);
	assert_error(&err, RC_FAILED,
	    "interrupted; whether it made a runner described \"" MARKER "\" could not be told", "");
	assert_int_equal(standin_requests(&standin, "GET", "/api/v4/groups/10/runners"), 0);
}

/* What fails after a lost answer may work later, but not for a token that may not do it. */
static void
test_lost_answer_later(void **state)
{
	static const struct {
		const char *fault, *text;
		bool maybe;
	} rows[] = {
		{ "{'action':'status','status':401,'method':'GET','times':0}",
		    "described \"" MARKER "\" could not be told (GitLab answers GET", true },
		{ "{'action':'status','status':401,'method':'DELETE','times':0}",
		    "made all the same, could not be deleted (GitLab answers DELETE", true },
		{ "{'action':'login_page','status':403,'method':'DELETE','times':0}",
		    "made all the same, could not be deleted (GitLab answers DELETE", true },
		{ "{'action':'status','status':403,'body':{},'method':'GET','times':0}",
		    "a runner described \"" MARKER "\" may be left at GitLab", false },
		{ "{'action':'status','status':403,'body':{},'method':'DELETE','times':0}",
		    "is left at GitLab, its token is lost", false },
		{ NULL, "was deleted", false },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(rows); i++) {
		scoped(rc_gitlab_release) struct rc_gitlab *gitlab =
		    door_to(&standin, ADMIN, 10, &notes);
		struct rc_runner_grant grant = { 0 };
		struct rc_error err;

		standin_reset(&standin);
		standin_fault(&standin, "{'action':'close','when':'after','path':'user/runners'}");
		if (rows[i].fault)
			standin_fault(&standin, rows[i].fault);
		assert_int_equal(rc_gitlab_create_runner(gitlab, &grant, &wish, &err), -1);
		assert_error(&err, RC_FAILED, rows[i].text, "");
		assert_int_equal(grant.maybe, rows[i].maybe);
	}
}

static void
test_interrupt_wait(void **state)
{
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = door_to(&standin, ADMIN, 60, &notes);
	struct rc_error err;

	(void)state;
	standin_fault(&standin, "{'action':'status','status':429,'headers':{'Retry-After':'20'}}");
	stop_soon();
	assert_in_range(create_in_vain(gitlab, &wish, &err), 200, SOON);
	assert_error(&err, RC_FAILED, "interrupted", "");
	assert_null(strstr(err.text, "left"));
}

/* The warning is where the person stops, so that nobody waits. */
static void
test_warning(void **state)
{
	const int64_t now = time(NULL);
	scoped(rc_str_release) char *reset = rc_format("{'action':'status','status':429,'headers':"
						       "{'RateLimit-Reset':'%lld'}}",
	    (long long)now + 9);
	const struct {
		const char *fault, *warning;
	} rows[] = {
		{ "{'action':'status','status':429,'headers':{'Retry-After':'5'}}",
		    "GitLab asks to wait 5 s (429 Too Many Requests)\n" },
		{ "{'action':'status','status':503,'headers':{'Retry-After':'3'}}",
		    "GitLab asks to wait 3 s (503 Service Unavailable)\n" },
		{ "{'action':'status','status':429,'headers':{'Retry-After':'60'}}",
		    "GitLab asks to wait 60 s (429 Too Many Requests); trying again in 30 s\n" },
		{ reset, "GitLab asks to wait " },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(rows); i++) {
		scoped(rc_gitlab_release) struct rc_gitlab *gitlab =
		    door_to(&standin, ADMIN, 60, &notes);
		struct rc_error err;

		notes_init(&notes);
		notes.stop_at_warning = true;
		standin_fault(&standin, rows[i].fault);
		ask_in_vain(gitlab, &err);
		assert_error(&err, RC_FAILED, "interrupted", "");
		if (!rc_str_starts(notes.warnings, rows[i].warning))
			fail_msg("%s", notes.warnings);
		/* Once is enough. */
		notes.stop = 0;
		standin_fault(&standin, rows[i].fault);
		stop_soon();
		ask_in_vain(gitlab, &err);
		assert_int_equal(notes.warned, 1);
	}
}

/* Longer than there is time: the answer counts at once, with what GitLab asked for. */
static void
test_no_time_to_wait(void **state)
{
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = door_to(&standin, ADMIN, 20, &notes);
	struct rc_error err;

	(void)state;
	standin_fault(&standin, "{'action':'status','status':429,'body':'Retry later\\n',"
				"'headers':{'Retry-After':'60'},'times':0}");
	assert_in_range(ask_in_vain(gitlab, &err), 0, SOON);
	assert_error(&err, RC_GITLAB, "429 Too Many Requests: Retry later", "in 60 s");
	assert_int_equal(notes.warned, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_refused, standin_clean),
		cmocka_unit_test_setup(test_no_such_host, standin_clean),
		cmocka_unit_test_setup(test_deadline, standin_clean),
		cmocka_unit_test_setup(test_slow, standin_clean),
		cmocka_unit_test_setup(test_interrupt, standin_clean),
		cmocka_unit_test_setup(test_lost_answer_later, standin_clean),
		cmocka_unit_test_setup(test_interrupt_wait, standin_clean),
		cmocka_unit_test_setup(test_warning, standin_clean),
		cmocka_unit_test_setup(test_no_time_to_wait, standin_clean),
	};

	return cmocka_run_group_tests_name("gitlab_net", tests, standin_setup, standin_teardown);
}
