/* Runs on the fake host. */
#include "play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "ops/create.h"
#include "ops/destroy.h"
#include "ops/gc.h"
#include "ops/outcomes.h"
#include "ops/register.h"
#include "ops/rotate.h"
#include "ops/session.h"
#include "ops/set.h"
#include "play_world.h"

#define SECONDS_MAX 1000 /* that a run may take, with all of its budgets */

static struct {
	struct fake_host host;
	char *gitlab;
} before[PLAY_VERBS];

const char *
play_name(enum play_verb verb)
{
	static const char *const names[] = { "create", "create of a lent runner", "register",
		"register of a lent runner", "destroy", "destroy of a lent runner",
		"rotate, the new one first", "rotate of a lent runner, the new one first",
		"rotate, the old one first", "rotate of a lent runner, the old one first",
		"rotate with another token", "gc", "set" };

	return names[verb];
}

/* -- what a run does, in its own process ---------------------------------------------------- */

static void
note(void *context, const char *what)
{
	size_t used = strlen(fake_host->said);

	(void)context;
	snprintf(fake_host->said + used, sizeof(fake_host->said) - used, "%s\n", what ? what : "");
}

static int
note_outcomes(const struct rc_outcomes *outcomes)
{
	int code = RC_OK;

	for (size_t i = 0; i < outcomes->count; i++) {
		if (outcomes->items[i].ok)
			continue;
		note(NULL, outcomes->items[i].error.text);
		note(NULL, outcomes->items[i].error.hint);
		code = outcomes->items[i].error.code;
	}
	return code;
}

static struct rc_strv
one_name(const char *name)
{
	struct rc_strv names = { 0 };

	rc_strv_add(&names, name);
	return names;
}

static struct rc_registration_wish
registration(bool lent)
{
	return (struct rc_registration_wish){ .token = { .file = lent ? play_lent_file : NULL },
		.wait = 60 };
}

int
play_create(struct rc_session *session, const char *name, bool lent, struct rc_error *err)
{
	const struct rc_create_wish wish = { .names = one_name(name),
		.registration = registration(lent) };
	struct rc_outcomes outcomes = { 0 };

	return rc_create(session, &wish, &outcomes, err) < 0 ? -1 : note_outcomes(&outcomes);
}

static int
enrol(struct rc_session *session, bool lent, struct rc_error *err)
{
	const struct rc_register_wish wish = { .name = "made", .registration = registration(lent) };
	struct rc_outcomes outcomes = { 0 };

	return rc_register(session, &wish, &outcomes, err) < 0 ? -1 : note_outcomes(&outcomes);
}

int
play_destroy_one(struct rc_session *session, const char *name, bool now, struct rc_error *err)
{
	const struct rc_destroy_wish wish = {
		.names = one_name(name), .drain_timeout = -1, .now = now
	};
	struct rc_outcomes outcomes = { 0 };

	return rc_destroy(session, &wish, &outcomes, err) < 0 ? -1 : note_outcomes(&outcomes);
}

static int
rotate(struct rc_session *session, const char *strategy, bool reset, struct rc_error *err)
{
	const struct rc_rotate_wish wish = {
		.names = strategy ? one_name("made") : (struct rc_strv){ 0 },
		.all = strategy,
		.strategy = strategy,
		.reset_token = reset,
		.max_age = -1,
		.drain_timeout = -1,
	};
	struct rc_rotation rotation = { 0 };

	return rc_rotate(session, &wish, &rotation, err) < 0 ? -1
							     : note_outcomes(&rotation.outcomes);
}

/* Caps that change at once, of two kinds, and what only the next generation gets. */
static int
set(struct rc_session *session, struct rc_error *err)
{
	const struct rc_set_wish wish = {
		.names = one_name("made"),
		.setting.limits = { .cpu_cap = 50, .memory = UINT64_C(1) << 30, .net_in = 1 << 20 },
	};
	struct rc_outcomes outcomes = { 0 };

	return rc_set(session, &wish, &outcomes, err) < 0 ? -1 : note_outcomes(&outcomes);
}

int
play_gc(struct rc_session *session, struct rc_error *err)
{
	struct rc_finds finds = { 0 };
	int code = RC_OK;

	if (rc_gc(session, &(struct rc_gc_wish){ 0 }, &finds, err) < 0)
		return -1;
	for (size_t i = 0; i < finds.count; i++) {
		scoped(rc_str_release) char *what = rc_format("removed: %s", finds.items[i].name);

		if (finds.items[i].removed) {
			note(NULL, what);
			continue;
		}
		note(NULL, finds.items[i].error.text);
		code = finds.items[i].error.code;
	}
	return code;
}

static int
act(struct rc_session *session, enum play_verb verb, struct rc_error *err)
{
	switch (verb) {
	case PLAY_CREATE:
	case PLAY_CREATE_LENT:
		return play_create(session, "made", verb == PLAY_CREATE_LENT, err);
	case PLAY_REGISTER:
	case PLAY_REGISTER_LENT:
		return enrol(session, verb == PLAY_REGISTER_LENT, err);
	case PLAY_DESTROY:
	case PLAY_DESTROY_LENT:
		return play_destroy_one(session, "made", false, err);
	case PLAY_SURGE:
	case PLAY_SURGE_LENT:
	case PLAY_RESET:
		return rotate(session, "surge", verb == PLAY_RESET, err);
	case PLAY_REPLACE:
	case PLAY_REPLACE_LENT:
		return rotate(session, "replace", false, err);
	case PLAY_SET:
		return set(session, err);
	case PLAY_GC:
		return play_gc(session, err);
	case PLAY_VERBS:
		break;
	}
	return rotate(session, NULL, false, err);
}

static void __attribute__((noreturn))
run_here(int (*what)(struct rc_session *, enum play_verb, struct rc_error *), enum play_verb verb)
{
	const struct rc_run run = { .warn = note };
	const struct rc_session_wish wish = { .config = play_config, .run = &run, .writes = true };
	struct rc_session *session;
	struct rc_error err;
	int code = -1;

	if (rc_session_open(&session, &wish, &err) == 0)
		code = what(session, verb, &err);
	if (code < 0) {
		note(NULL, err.text);
		note(NULL, err.hint);
		code = err.code;
	}
	/* Nothing is released: what is left of a process is the kernel's. */
	_exit(code);
}

/* -- around it ------------------------------------------------------------------------------ */

int
play_apart(int (*what)(struct rc_session *, enum play_verb, struct rc_error *), enum play_verb verb)
{
	int64_t begin = fake_host->now;
	int status;
	pid_t child;

	fflush(NULL);
	fake_host->calls = fake_host->requests = fake_host->first = 0;
	fake_host->broken = false;
	child = fork();
	if (child == 0)
		run_here(what, verb);
	while (waitpid(child, &status, 0) < 0)
		;
	if (fake_host->now - begin > SECONDS_MAX * 1000)
		play_give_up("it took too long");
	if ((WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL) ||
	    (WIFEXITED(status) && WEXITSTATUS(status) > RC_TIMEOUT))
		play_give_up("it crashed");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int
play_run(enum play_verb verb)
{
	return play_apart(act, verb);
}

void
play_prepare(enum play_verb verb, const struct fake_order *orders, size_t count)
{
	*fake_host = before[verb].host;
	play_put_gitlab(before[verb].gitlab);
	fake_host->order_count = count;
	for (size_t i = 0; i < count; i++)
		fake_host->orders[i] = orders[i];
}

/* A drain that takes longer than a tick waits is gone on with by the next. */
void
play_recover(void)
{
	fake_host->order_count = 0;
	for (int tick = 0; tick < 4; tick++) {
		play_run(PLAY_VERBS);
		fake_pass(600 * 1000);
	}
	play_run(PLAY_GC);
}

void
play_again(enum play_verb verb)
{
	fake_host->order_count = 0;
	play_run(verb);
	fake_pass(600 * 1000);
}

void
play_let_jobs_begin(void)
{
	fake_pass(60 * 1000);
	for (size_t i = 0; i < fake_host->domain_count; i++)
		fake_host->domains[i].job |=
		    fake_host->domains[i].active && fake_host->domains[i].token[0];
}

void
play_destroy(void)
{
	fake_host->order_count = 0;
	for (int again = 0; again < 3; again++) {
		play_run(PLAY_DESTROY);
		fake_pass(600 * 1000);
	}
	play_run(PLAY_GC);
}

void
play_keep(enum play_verb verb)
{
	fake_host->said[0] = '\0';
	before[verb].host = *fake_host;
	free(before[verb].gitlab);
	before[verb].gitlab = play_get_gitlab();
}

const struct fake_host *
play_before(enum play_verb verb, const char **ret_gitlab)
{
	*ret_gitlab = before[verb].gitlab;
	return &before[verb].host;
}

void
play_forget(void)
{
	for (enum play_verb verb = PLAY_CREATE; verb < PLAY_VERBS; verb++)
		free(before[verb].gitlab);
}
