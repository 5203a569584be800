/* Known ways to go wrong that need more than one disturbed run: each is a story of its own. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "ops/reclaim.h"
#include "play_world.h"

#define CALLS_MAX 250 /* that rotate with another token takes */
#define BAD_GATEWAY_AFTER 18

/* A run, with one order. */
static int
run_with(enum play_verb verb, struct fake_order order)
{
	fake_host->orders[0] = order;
	fake_host->order_count = 1;
	return play_run(verb);
}

/*
 * A reset that was begun and died before GitLab heard of it; then one of the two is destroyed, and
 * the answer to that is lost.  The other one goes on with the token it has.
 */
static unsigned
token_of_another(void)
{
	unsigned bad = 0, tried = 0;

	for (unsigned at = 1; at <= CALLS_MAX; at++) {
		bool served;

		play_prepare(PLAY_RESET, NULL, 0);
		if (run_with(PLAY_RESET, (struct fake_order){ FAKE_KILL_BEFORE, at, 1, 0 }) >= 0)
			break;
		served = play_serves("made-2");
		tried += served;
		run_with(PLAY_DESTROY, (struct fake_order){ FAKE_HTTP, 1, 1, BAD_GATEWAY_AFTER });
		if (!served || play_serves("made-2"))
			continue;
		fprintf(
		    stderr, "FAILED destroy after a kill at %u: its runner's token is dead\n", at);
		bad++;
	}
	return tried ? bad : 1;
}

/* Another run is at one of two that have a runner: its token is not reset, and that is no failure.
 */
static unsigned
other_run(void)
{
	const char *problem = NULL;

	play_prepare(PLAY_RESET, NULL, 0);
	snprintf(fake_host->held, sizeof(fake_host->held), "made-2");
	if (play_run(PLAY_RESET) != 0)
		problem = "it fails";
	fake_host->held[0] = '\0';
	if (!problem)
		problem = play_judge(false);
	if (!problem && play_run(PLAY_RESET) != 0)
		problem = "it fails afterwards";
	play_recover();
	if (!problem)
		problem = play_judge(false);
	if (problem)
		fprintf(stderr, "FAILED rotate with another token, beside another run: %s\n%s",
		    problem, fake_host->said);
	return problem != NULL;
}

/* A domain gets the disk of one that is gone, while gc is at work: it removes it, or says not so.
 */
static unsigned
taken_meanwhile(void)
{
	unsigned bad = 0, tried = 0;

	for (unsigned at = 1; at <= CALLS_MAX; at++) {
		const char *said = fake_host->said;
		bool there = false, removed, kept;
		int status;

		play_prepare(PLAY_GC, NULL, 0);
		status = run_with(PLAY_GC, (struct fake_order){ FAKE_APPEAR, at, 1, 0 });
		if (!fake_host->first)
			break;
		for (size_t i = 0; i < fake_host->volume_count; i++)
			there |= strcmp(fake_host->volumes[i].name, "made.1.data") == 0;
		removed = strstr(said, "removed: made.1.data");
		kept = strstr(said, "made.1.data is in use by now");
		tried += kept;
		if (status == 0 && there == !removed && there == kept)
			continue;
		fprintf(stderr, "FAILED gc, when its disk is in use before call %u: %d, %s\n%s", at,
		    status, there ? "it is there" : "it is gone", said);
		bad++;
	}
	return tried ? bad : 1;
}

static int
reclaim(struct rc_session *session, enum play_verb verb, struct rc_error *err)
{
	char name[] = "made";
	const struct rc_reclaim_wish wish = { .names = {
						  .items = (char *[]){ name }, .count = 1 } };
	struct rc_reclaimeds results = { 0 };

	(void)verb;
	return rc_reclaim(session, &wish, &results, err);
}

static unsigned
trims_of_reclaim(const char *held)
{
	fake_host->trims = 0;
	snprintf(fake_host->held, sizeof(fake_host->held), "%s", held);
	play_apart(reclaim, PLAY_VERBS);
	return fake_host->trims;
}

/* Two generations of one name run, and another run has its lock: nobody touches either. */
static unsigned
both_held(void)
{
	unsigned bad = 0;
	bool both = false;

	for (unsigned at = 1; at <= CALLS_MAX; at++) {
		play_prepare(PLAY_SURGE, NULL, 0);
		if (run_with(PLAY_SURGE, (struct fake_order){ FAKE_KILL_BEFORE, at, 1, 0 }) >= 0)
			break;
		fake_host->order_count = 0;
		fake_host->job_time = 0;
		bad += trims_of_reclaim("made") > 0;
		both |= trims_of_reclaim("") == 2;
	}
	if (!bad && both)
		return 0;
	fprintf(stderr, "FAILED reclaim of two generations: %u times beside another run\n%s", bad,
	    both ? "" : "it was never tried\n");
	return 1;
}

static void
switch_off(const char *name)
{
	for (size_t i = 0; i < fake_host->domain_count; i++)
		if (strcmp(fake_host->domains[i].name, name) == 0)
			fake_host->domains[i].active = fake_host->domains[i].job = false;
}

/*
 * One that is off is replaced, and somebody starts it meanwhile: its job is not killed.  Between
 * the last look at it and its end nothing can be done about that: those are WINDOW calls.
 */
#define WINDOW 6

static unsigned
started_meanwhile(enum play_verb verb)
{
	unsigned killed = 0, tried = 0;

	for (unsigned at = 1; at <= CALLS_MAX; at++) {
		play_prepare(verb, NULL, 0);
		switch_off("made.1");
		run_with(verb, (struct fake_order){ FAKE_START, at, 1, 0 });
		if (!fake_host->first)
			break;
		tried++;
		killed += fake_host->jobs_killed > 0;
	}
	if (tried > WINDOW && killed <= WINDOW)
		return 0;
	fprintf(stderr, "FAILED rotate of one that is started meanwhile: %u of %u jobs killed\n",
	    killed, tried);
	return 1;
}

unsigned
play_known(void)
{
	return started_meanwhile(PLAY_SURGE) + started_meanwhile(PLAY_REPLACE) +
	       token_of_another() + other_run() + taken_meanwhile() + both_held();
}
