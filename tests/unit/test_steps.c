/* The engine of transactions: forward in order, backward in the opposite order, each work for
 * itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "ops/outcomes.h"
#include "ops/steps.h"

#define WORKS_MAX 3

/* What happened, in words: "1a" is step 1 run for the work a, "-1a" its undoing, "!" a warning. */
static char story[500];
static volatile sig_atomic_t stop;

/* What shall go wrong; "" for nothing. */
static struct {
	const char *fail;      /* this call of a step fails, such as "2a" */
	const char *fail_undo; /* this undoing fails, such as "-1a" */
	const char *stop;      /* the person presses ^C during this call */
	const char *mark;      /* this call marks its work as failed, and goes on */
} wish;

static void
tell(const char *what)
{
	size_t used = strlen(story);

	snprintf(story + used, sizeof(story) - used, "%s%s", used ? " " : "", what);
}

static bool
is_wished(const char *wished, const char *what)
{
	return wished && strcmp(wished, what) == 0;
}

static int
run(struct rc_work *work, int step, struct rc_error *err)
{
	char what[8];

	snprintf(what, sizeof(what), "%d%s", step, work->appliance.name);
	tell(what);
	if (is_wished(wish.stop, what))
		stop = 1;
	return is_wished(wish.fail, what) ? rc_fail(err, RC_GITLAB, "step %s refused", what) : 0;
}

static int
undo(struct rc_work *work, int step, struct rc_error *err)
{
	char what[8];

	snprintf(what, sizeof(what), "-%d%s", step, work->appliance.name);
	tell(what);
	if (is_wished(wish.stop, what))
		stop = 1;
	/* The undoing must never see the interruption that may have caused it. */
	assert_false(rc_run_stopped(&work->session->run));
	assert_int_equal(rc_run_check(&work->session->run, err), 0);
	return is_wished(wish.fail_undo, what) ? rc_fail(err, RC_FAILED, "undoing %s failed", what)
					       : 0;
}

#define CALL(what, step)                                                                           \
	static int what##step(struct rc_work *work, struct rc_error *err)                          \
	{                                                                                          \
		return what(work, step, err);                                                      \
	}
CALL(run, 1)
CALL(undo, 1)
CALL(run, 2)
CALL(undo, 2)
CALL(undo, 3)
CALL(run, 4)
CALL(undo, 4)
CALL(run, 5)

static int
run3_all(struct rc_work **works, size_t count, struct rc_error *err)
{
	char what[8] = "3";

	for (size_t i = 0; i < count; i++) {
		char mine[8];

		snprintf(mine, sizeof(mine), "3%s", works[i]->appliance.name);
		strcat(what, works[i]->appliance.name);
		if (is_wished(wish.mark, mine)) {
			works[i]->failed = true;
			rc_fail(&works[i]->outcome->error, RC_TIMEOUT, "%s is too late", mine);
		}
	}
	tell(what);
	if (is_wished(wish.stop, what))
		stop = 1;
	return is_wished(wish.fail, what) ? rc_fail(err, RC_HOST, "step %s refused", what) : 0;
}

/* Step 5 has nothing to take back. */
static const struct rc_step steps[] = {
	{ "one", run1, NULL, undo1 },
	{ "two", run2, NULL, undo2 },
	{ "three", NULL, run3_all, undo3 },
	{ "four", run4, NULL, undo4 },
	{ "five", run5, NULL, NULL },
	{ 0 },
};

static void
on_warning(void *context, const char *what)
{
	(void)context;
	tell("!");
	assert_non_null(strstr(what, "cannot undo"));
}

struct scene {
	struct rc_session session;
	struct rc_outcome outcomes[WORKS_MAX];
	struct rc_work works[WORKS_MAX];
	struct rc_work *list[WORKS_MAX];
};

/* Works a, b and c, all in one session. */
static void
begin(struct scene *scene)
{
	static char names[WORKS_MAX][2] = { "a", "b", "c" };

	*scene = (struct scene){ .session.run = { .warn = on_warning, .stop = &stop } };
	story[0] = '\0';
	for (size_t i = 0; i < WORKS_MAX; i++) {
		scene->works[i] = (struct rc_work){ .session = &scene->session,
			.outcome = &scene->outcomes[i],
			.appliance = { .name = names[i], .generation = 1 } };
		scene->list[i] = &scene->works[i];
	}
}

static void
test_run(void **state)
{
	static const struct {
		const char *why;
		size_t count;
		const char *fail, *fail_undo, *stop, *mark;
		const char *story, *errors; /* one error a work, "|" between */
		bool left;                  /* something is, in the first work that failed */
	} cases[] = {
		{ "nobody", 0, NULL, NULL, NULL, NULL, "", "", false },
		{ "all is well", 1, NULL, NULL, NULL, NULL, "1a 2a 3a 4a 5a", "", false },
		{ "side by side", 2, NULL, NULL, NULL, NULL, "1a 1b 2a 2b 3ab 4a 4b 5a 5b", "|",
		    false },
		{ "the first step fails: it is undone too", 1, "1a", NULL, NULL, NULL, "1a -1a",
		    "step 1a refused", false },
		{ "backwards", 1, "4a", NULL, NULL, NULL, "1a 2a 3a 4a -4a -3a -2a -1a",
		    "step 4a refused", false },
		{ "a step without undoing", 1, "5a", NULL, NULL, NULL,
		    "1a 2a 3a 4a 5a -4a -3a -2a -1a", "step 5a refused", false },
		{ "one fails, the other goes on", 2, "2a", NULL, NULL, NULL,
		    "1a 1b 2a -2a -1a 2b 3b 4b 5b", "step 2a refused|", false },
		{ "the second fails", 2, "2b", NULL, NULL, NULL, "1a 1b 2a 2b -2b -1b 3a 4a 5a",
		    "|step 2b refused", false },
		{ "the one in the middle fails late", 3, "4b", NULL, NULL, NULL,
		    "1a 1b 1c 2a 2b 2c 3abc 4a 4b -4b -3b -2b -1b 4c 5a 5c", "|step 4b refused|",
		    false },
		{ "what all do fails for all", 2, "3ab", NULL, NULL, NULL,
		    "1a 1b 2a 2b 3ab -3a -2a -1a -3b -2b -1b", "step 3ab refused|step 3ab refused",
		    false },
		{ "one marks itself: neither undone nor gone on with", 2, NULL, NULL, NULL, "3a",
		    "1a 1b 2a 2b 3ab 4b 5b", "3a is too late|", false },
		{ "one marks itself, then it fails for the others", 2, "3ab", NULL, NULL, "3a",
		    "1a 1b 2a 2b 3ab -3b -2b -1b", "3a is too late|step 3ab refused", false },
		{ "all mark themselves", 1, NULL, NULL, NULL, "3a", "1a 2a 3a", "3a is too late",
		    false },
		{ "an undoing fails: it ends there", 1, "4a", "-3a", NULL, NULL,
		    "1a 2a 3a 4a -4a -3a !", "step 4a refused", true },
		{ "the first undoing fails", 1, "2a", "-2a", NULL, NULL, "1a 2a -2a !",
		    "step 2a refused", true },
		{ "the last undoing fails", 1, "2a", "-1a", NULL, NULL, "1a 2a -2a -1a !",
		    "step 2a refused", true },
		{ "one's undoing fails, the other goes on", 2, "2a", "-2a", NULL, NULL,
		    "1a 1b 2a -2a ! 2b 3b 4b 5b", "step 2a refused|", true },
		{ "^C in a step: the next one is not begun, nor undone", 1, NULL, NULL, "1a", NULL,
		    "1a -1a", "interrupted", false },
		{ "^C between two works", 2, NULL, NULL, "1a", NULL, "1a -1a",
		    "interrupted|interrupted", false },
		{ "^C before what all do", 2, NULL, NULL, "2b", NULL, "1a 1b 2a 2b -2a -1a -2b -1b",
		    "interrupted|interrupted", false },
		{ "^C in what all do", 2, NULL, NULL, "3ab", NULL,
		    "1a 1b 2a 2b 3ab -3a -2a -1a -3b -2b -1b", "interrupted|interrupted", false },
		{ "^C and a failure in the same step", 1, "2a", NULL, "2a", NULL, "1a 2a -2a -1a",
		    "step 2a refused", false },
		{ "^C while undoing: that ends first", 2, "2a", NULL, "-2a", NULL,
		    "1a 1b 2a -2a -1a -1b", "step 2a refused|interrupted", false },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *errors = NULL;
		scoped(rc_strv_release) struct rc_strv list = { 0 };
		bool left = false;
		static struct scene scene;

		begin(&scene);
		stop = 0;
		wish.fail = cases[i].fail;
		wish.fail_undo = cases[i].fail_undo;
		wish.stop = cases[i].stop;
		wish.mark = cases[i].mark;
		rc_steps_run(steps, scene.list, cases[i].count);
		for (size_t k = 0; k < cases[i].count; k++) {
			const struct rc_outcome *o = &scene.outcomes[k];

			assert_int_equal(o->ok, !scene.works[k].failed);
			assert_int_equal(o->ok, o->error.code == RC_OK);
			rc_strv_add(&list, o->error.text);
			left = left || o->error.hint[0];
			assert_true(!o->error.hint[0] ||
				    rc_str_starts(o->error.hint,
					"something is left; finish with: runnerctl destroy "));
		}
		errors = rc_strv_join(&list, "|");
		if (strcmp(story, cases[i].story) != 0 || strcmp(errors, cases[i].errors) != 0 ||
		    left != cases[i].left)
			fail_msg("%s: %s; %s", cases[i].why, story, errors);
		/* The undoing gives back what it took. */
		assert_ptr_equal(scene.session.run.stop, &stop);
	}
}

/* ^C that comes before anything was begun. */
static void
test_stopped_at_once(void **state)
{
	static struct scene scene;

	(void)state;
	begin(&scene);
	stop = 1;
	rc_steps_run(steps, scene.list, 2);
	assert_string_equal(story, "");
	assert_string_equal(scene.outcomes[0].error.text, "interrupted");
	assert_string_equal(scene.outcomes[1].error.text, "interrupted");
	assert_false(scene.outcomes[0].ok);
}

/* A session without listener and without a flag is one that cannot be stopped. */
static void
test_silent(void **state)
{
	static struct scene scene;

	(void)state;
	begin(&scene);
	memset(&wish, 0, sizeof(wish));
	wish.fail = "4a";
	wish.fail_undo = "-2a";
	scene.session.run = (struct rc_run){ 0 };
	rc_steps_run(steps, scene.list, 1);
	assert_string_equal(story, "1a 2a 3a 4a -4a -3a -2a");
	assert_non_null(strstr(scene.outcomes[0].error.hint, "runnerctl destroy a"));
}

static void
on_step(void *context, const char *what)
{
	rc_strv_add(context, what);
}

static void
test_progress(void **state)
{
	static const char *const expected[] = { "one a.1", "two a.1", "four a.1", "undo: four a.1",
		"undo: three a.1", "undo: two a.1", "undo: one a.1" };
	scoped(rc_strv_release) struct rc_strv said = { 0 };
	static struct scene scene;

	(void)state;
	begin(&scene);
	memset(&wish, 0, sizeof(wish));
	wish.fail = "4a";
	scene.session.run = (struct rc_run){ .step = on_step, .context = &said };
	rc_steps_run(steps, scene.list, 1);
	assert_int_equal(said.count, RC_COUNT(expected));
	for (size_t i = 0; i < said.count; i++)
		assert_string_equal(said.items[i], expected[i]);
}

/* A dry run says every step of every work, and runs none. */
static void
test_plan(void **state)
{
	static struct scene scene;

	(void)state;
	begin(&scene);
	rc_steps_plan(steps, scene.list, 2);
	assert_string_equal(story, "");
	for (size_t i = 0; i < 2; i++) {
		scoped(rc_str_release) char *plan = rc_strv_join(&scene.outcomes[i].plan, ", ");

		assert_string_equal(plan, i ? "one b.1, two b.1, three b.1, four b.1, five b.1"
					    : "one a.1, two a.1, three a.1, four a.1, five a.1");
		assert_true(scene.outcomes[i].ok);
		rc_strv_release(&scene.outcomes[i].plan);
	}
}

/* What a work holds at its end: a file with the token in it, and the token. */
static void
test_release(void **state)
{
	char path[] = "/tmp/rc-steps-XXXXXX";
	scoped(rc_fd_release) int fd = mkstemp(path);
	struct rc_work work = { .config_disk = rc_strdup(path), .token = rc_strdup("glrt-x") },
		       none = { 0 };

	(void)state;
	assert_true(fd >= 0);
	work.appliance.name = rc_strdup("a");
	rc_work_release(&work);
	assert_int_equal(access(path, F_OK), -1);
	assert_null(work.config_disk);
	assert_null(work.token);
	assert_null(work.appliance.name);
	rc_work_release(&none);
}

/* Who is only waited for may have jobs: ^C before the waiting takes nothing back. */
static void
test_wait(void **state)
{
	static const struct rc_step started[] = {
		{ "one", run1, NULL, undo1 },
		{ "wait for", NULL, run3_all, NULL },
		{ 0 },
	};
	static struct scene scene;

	(void)state;
	begin(&scene);
	memset(&wish, 0, sizeof(wish));
	stop = 0;
	wish.stop = "1b";
	rc_steps_run(started, scene.list, 2);
	assert_string_equal(story, "1a 1b 3ab");
	assert_true(scene.outcomes[0].ok && scene.outcomes[1].ok);
	stop = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_stopped_at_once),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
