/*
 * Everything goes wrong, on a host made of memory: the verbs are killed at every call, every call
 * fails in every way, GitLab answers every request in every wrong way, and then all of that at
 * random, the same every time.  Afterwards the next runs have their turn, and what must hold,
 *holds.
 *
 *	test_sequences kills | failures | gitlab | undo | known | tick | random [FIRST [COUNT]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "play.h"

#define SEED 20261128
#define SEQUENCES 1200
#define ALWAYS 10000

/* Of fake_http_name(). */
enum { AWAY = 0, TIME_OUT_AFTER = 5, NOT_FOUND = 8, REFUSED = 12, GATEWAY_TIME_OUT_AFTER = 21 };

static unsigned tried, bad;

/* Does a failure of it take back all that it did? */
static bool
is_undone(enum play_verb verb, const struct fake_order *orders, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (orders[i].deed == FAKE_VANISH)
			return false;
	return verb != PLAY_DESTROY && verb != PLAY_DESTROY_LENT && verb != PLAY_RESET &&
	       verb != PLAY_GC;
}

/* What comes after a disturbed run, before destroy. */
enum next { NOTHING, CRON, AGAIN, OTHERS };

static const char *
recover(enum play_verb verb, enum next next)
{
	switch (next) {
	case CRON:
		play_recover();
		return play_judge(false);
	case AGAIN:
		play_let_jobs_begin();
		play_again(verb);
		/* One that still drains is in the way of its successor's replacement. */
		if (verb == PLAY_RESET)
			play_recover();
		return play_judge(false);
	case OTHERS:
		play_let_jobs_begin();
		fake_host->order_count = 0;
		if (play_run(PLAY_CREATE) <= 0 || play_run(PLAY_REGISTER) <= 0)
			return "what serves was made again, or registered again";
		play_recover();
		return play_judge(false);
	case NOTHING:
		break;
	}
	return NULL;
}

/* One disturbed run, what comes next, and destroy. */
static void
attempt(enum play_verb verb, const struct fake_order *orders, size_t count, enum next next)
{
	static const char *const names[] = { "destroy", "rotate", "the same",
		"create and register" };
	const char *problem = NULL;
	int status;
	bool killed;

	play_prepare(verb, orders, count);
	status = play_run(verb);
	killed = status < 0;
	if (status > 0 && is_undone(verb, orders, count))
		problem = play_judge_undone(verb);
	/* A drain that was begun is the elder's end; but then its successor serves. */
	if (killed && (verb == PLAY_SURGE || verb == PLAY_SURGE_LENT) && !play_serves("made"))
		problem = "nobody takes jobs";
	if (!problem)
		problem = recover(verb, next);
	if (!problem) {
		play_destroy();
		/* The other one that has the token is cron's. */
		if (verb == PLAY_RESET)
			play_recover();
		problem = play_judge(true);
	}
	tried++;
	if (!problem)
		return;
	bad++;
	fprintf(stderr, "FAILED %s, then %s: %s; orders:", play_name(verb), names[next], problem);
	for (size_t i = 0; i < count; i++)
		fprintf(stderr, " deed %d at %u times %u (%s);", (int)orders[i].deed,
		    orders[i].call, orders[i].times,
		    orders[i].deed == FAKE_HTTP ? fake_http_name(orders[i].fault) : "");
	fprintf(stderr, " last %s; said:\n%s", fake_host->last, fake_host->said);
}

/* How many calls and requests it takes. */
static void
measure(enum play_verb verb, unsigned *ret_calls, unsigned *ret_requests)
{
	const char *problem;
	int status;

	play_prepare(verb, NULL, 0);
	status = play_run(verb);
	*ret_calls = fake_host->calls;
	*ret_requests = fake_host->requests;
	problem = status ? "it fails" : play_judge(false);
	if (!problem)
		return;
	fprintf(stderr, "%s: %s: %s\n", play_name(verb), problem, fake_host->said);
	exit(1);
}

static void
each_call(enum play_verb verb, enum fake_deed deed, unsigned calls, enum next next)
{
	for (unsigned at = 1; at <= calls; at++) {
		const struct fake_order order = { deed, at, 1, 0 };

		attempt(verb, &order, 1, next);
	}
}

static void
kills(enum play_verb verb, unsigned calls, unsigned requests)
{
	(void)requests;
	each_call(verb, FAKE_KILL_BEFORE, calls, NOTHING);
	each_call(verb, FAKE_KILL_AFTER, calls, CRON);
	/* Whose end state is one that the world's judge knows. */
	if (verb != PLAY_DESTROY && verb != PLAY_DESTROY_LENT && verb != PLAY_GC)
		each_call(verb, FAKE_KILL_AFTER, calls, AGAIN);
	if (verb == PLAY_SURGE || verb == PLAY_SURGE_LENT)
		each_call(verb, FAKE_KILL_AFTER, calls, OTHERS);
}

static void
failures(enum play_verb verb, unsigned calls, unsigned requests)
{
	(void)requests;
	each_call(verb, FAKE_FAIL, calls, CRON);
	each_call(verb, FAKE_LOSE, calls, CRON);
	each_call(verb, FAKE_VANISH, calls, CRON);
	each_call(verb, FAKE_BREAK, calls, CRON);
}

/* Once, and from there on. */
static void
gitlab(enum play_verb verb, unsigned calls, unsigned requests)
{
	(void)calls;
	for (unsigned at = 1; at <= requests; at++)
		for (unsigned fault = 0; fake_http_name(fault); fault++) {
			const struct fake_order once = { FAKE_HTTP, at, 1, fault };
			const struct fake_order always = { FAKE_HTTP, at, ALWAYS, fault };

			attempt(verb, &once, 1, fault % 2 ? CRON : NOTHING);
			attempt(verb, &always, 1, fault % 2 ? NOTHING : CRON);
		}
}

/* What makes it fail, and then its end at each call from there on: most of them take back. */
static void
kills_after(enum play_verb verb, const struct fake_order *failures, size_t count)
{
	struct fake_order orders[FAKE_ORDERS] = { { 0 } };
	unsigned begin, end;

	play_prepare(verb, failures, count);
	if (play_run(verb) == 0)
		return;
	begin = fake_host->first;
	end = fake_host->calls;
	memcpy(orders, failures, count * sizeof(*orders));
	for (unsigned at = begin + 1; at <= end; at++) {
		orders[count] = (struct fake_order){ FAKE_KILL_BEFORE, at, 1, 0 };
		attempt(verb, orders, count + 1, CRON);
	}
}

static void
undo(enum play_verb verb, unsigned calls, unsigned requests)
{
	/* Its undos are those of the other rotations, and it goes on with its second appliance. */
	if (verb == PLAY_RESET)
		return;
	for (unsigned at = 1; at <= calls; at++) {
		kills_after(verb, &(struct fake_order){ FAKE_FAIL, at, 1, 0 }, 1);
		kills_after(verb, &(struct fake_order){ FAKE_LOSE, at, 1, 0 }, 1);
	}
	for (unsigned at = 1; at <= requests; at++)
		kills_after(verb, &(struct fake_order){ FAKE_HTTP, at, ALWAYS, REFUSED }, 1);
}

/*
 * GitLab does what it is asked, the answer is lost, and then it is away: at once, or when what it
 * made was found.  The same verb again finishes it, without gc, which looks in one place only.
 */
static void
lost_and_away(enum play_verb verb, unsigned requests)
{
	for (unsigned at = 1; at <= requests; at++)
		for (unsigned answers = 0; answers < 2; answers++) {
			const struct fake_order orders[] = {
				{ FAKE_HTTP, at, 1, GATEWAY_TIME_OUT_AFTER },
				{ FAKE_HTTP, at + 1 + answers, ALWAYS, AWAY },
			};

			attempt(verb, orders, RC_COUNT(orders), AGAIN);
		}
}

/* What was found at random, and left something behind when it was ended at the wrong call. */
static void
known(const unsigned *requests)
{
	static const struct {
		const char *why;
		enum play_verb verb;
		size_t count;
		struct fake_order orders[FAKE_ORDERS - 1];
	} cases[] = {
		{ "no runner: without its disk and address it passed for whole", PLAY_CREATE_LENT,
		    1, { { FAKE_HTTP, 1, 3, REFUSED } } },
		{ "a machine that was made, and denied: its token went first", PLAY_REGISTER_LENT,
		    3,
		    { { FAKE_HTTP, 1, 1, GATEWAY_TIME_OUT_AFTER },
			{ FAKE_HTTP, 2, 1, TIME_OUT_AFTER }, { FAKE_HTTP, 3, 3, NOT_FOUND } } },
	};

	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		unsigned before = bad;

		kills_after(cases[i].verb, cases[i].orders, cases[i].count);
		if (bad > before)
			fprintf(stderr, "that is: %s\n", cases[i].why);
	}
	for (enum play_verb verb = PLAY_CREATE; verb < PLAY_RESET; verb++)
		if (verb != PLAY_DESTROY && verb != PLAY_DESTROY_LENT)
			lost_and_away(verb, requests[verb]);
	bad += play_known();
}

static void
random_sequence(unsigned number, const unsigned *calls, const unsigned *requests)
{
	struct fake_order orders[FAKE_ORDERS];
	unsigned short state[3] = { SEED & 0xffff, SEED >> 16, (unsigned short)number };
	enum play_verb verb = (enum play_verb)(nrand48(state) % PLAY_SET);
	size_t count = 1 + (size_t)nrand48(state) % FAKE_ORDERS;
	unsigned kinds = 0;

	while (fake_http_name(kinds))
		kinds++;
	for (size_t i = 0; i < count; i++) {
		struct fake_order *order = &orders[i];
		bool http = nrand48(state) % 2;

		*order = (struct fake_order){
			.deed = http ? FAKE_HTTP : (enum fake_deed)(nrand48(state) % FAKE_HTTP),
			.call = 1 + (unsigned)nrand48(state) %
					(http ? requests[verb] + 2 : calls[verb] + 5),
			.times = 1 + (unsigned)nrand48(state) % 3,
			.fault = (unsigned)nrand48(state) % kinds,
		};
	}
	attempt(verb, orders, count, nrand48(state) % 3 ? CRON : NOTHING);
}

/*
 * rotate with nothing to do, on a few appliances and on many: for each one that runs it reads its
 * live document, whether it is behind its filter, and for the rest it asks as often.  (Listing them
 * is a call for all, one for their states, and one for each one's metadata; each guest's agent
 * is asked three times besides.)
 */
static int
tick(void)
{
	unsigned calls[2], requests[2];
	const unsigned besides[2] = { 1, 99 };

	for (int i = 0; i < 2; i++) {
		struct timespec begin, end;

		play_prepare(PLAY_CREATE, NULL, 0);
		play_multiply(besides[i]);
		timespec_get(&begin, TIME_UTC);
		if (play_run(PLAY_VERBS) != 0) {
			fprintf(stderr, "tick: %s", fake_host->said);
			return 1;
		}
		timespec_get(&end, TIME_UTC);
		calls[i] = fake_host->calls;
		requests[i] = fake_host->requests;
		printf("a tick with nothing to do on %u appliances: %u calls of libvirt's door "
		       "besides "
		       "the agents', %u requests of GitLab, %.3f s of our own\n",
		    besides[i] + 1, calls[i], requests[i],
		    (double)(end.tv_sec - begin.tv_sec) +
			(double)(end.tv_nsec - begin.tv_nsec) / 1e9);
	}
	return calls[1] - calls[0] != besides[1] - besides[0] || calls[0] > 20 || requests[1] > 0;
}

static int
usage(void)
{
	fprintf(stderr,
	    "usage: test_sequences kills|failures|gitlab|undo|known|tick|random [FIRST [COUNT]]\n");
	return 2;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*each)(enum play_verb verb, unsigned calls, unsigned requests);
	} parts[] = { { "kills", kills }, { "failures", failures }, { "gitlab", gitlab },
		{ "undo", undo }, { "known", NULL }, { "tick", NULL }, { "random", NULL } };
	unsigned calls[PLAY_VERBS], requests[PLAY_VERBS], part = 0;
	unsigned first = argc > 2 ? (unsigned)atoi(argv[2]) : 0;
	unsigned count = argc > 3 ? (unsigned)atoi(argv[3]) : SEQUENCES;

	while (part < RC_COUNT(parts) && (argc < 2 || strcmp(argv[1], parts[part].name) != 0))
		part++;
	if (part == RC_COUNT(parts))
		return usage();
	play_begin();
	if (strcmp(parts[part].name, "tick") == 0) {
		bad = (unsigned)tick();
		play_end();
		return bad > 0;
	}
	for (enum play_verb verb = PLAY_CREATE; verb < PLAY_VERBS; verb++) {
		unsigned before = tried;

		measure(verb, &calls[verb], &requests[verb]);
		if (!parts[part].each)
			continue;
		parts[part].each(verb, calls[verb], requests[verb]);
		printf("%s: %u calls, of these %u requests of GitLab: %u runs\n", play_name(verb),
		    calls[verb], requests[verb], tried - before);
	}
	if (strcmp(parts[part].name, "known") == 0)
		known(requests);
	else
		for (unsigned i = first; !parts[part].each && i < first + count; i++)
			random_sequence(i, calls, requests);
	printf("%s: %u disturbed runs, seed %d: %u left something behind, %u told of a machine "
	       "at GitLab that may be left\n",
	    parts[part].name, tried, SEED, bad, play_told);
	play_end();
	return bad > 0;
}
