/* Work in several threads: each thing once, and all of them done at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "base/parallel.h"
#include "base/str.h"

#define MOST 100

struct seen {
	atomic_int times[MOST], together, highest;
	pthread_t caller;
	atomic_int open; /* threads beside the caller's that a signal could reach */
};

static void
see(void *data, size_t i)
{
	struct seen *seen = data;
	int now = atomic_fetch_add(&seen->together, 1) + 1, highest = seen->highest;
	sigset_t mask;

	while (now > highest && !atomic_compare_exchange_weak(&seen->highest, &highest, now))
		;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	if (!pthread_equal(pthread_self(), seen->caller) && !sigismember(&mask, SIGINT))
		seen->open++;
	seen->times[i]++;
	seen->together--;
}

static void
test_each_once(void **state)
{
	static const struct {
		const char *why;
		size_t count;
		unsigned most;
	} cases[] = {
		{ "nothing", 0, 4 },
		{ "one", 1, 4 },
		{ "fewer than threads", 3, 4 },
		{ "more than threads", MOST, 4 },
		{ "one thread", MOST, 1 },
		{ "a thread each", MOST, MOST },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct seen seen = { .caller = pthread_self() };

		rc_parallel(cases[i].count, cases[i].most, see, &seen);
		for (size_t k = 0; k < MOST; k++)
			if (seen.times[k] != (k < cases[i].count))
				fail_msg(
				    "%s: %zu was done %d times", cases[i].why, k, seen.times[k]);
		if (seen.highest > (int)cases[i].most || seen.together || seen.open)
			fail_msg("%s: %d at a time, %d still at it, %d that a signal reaches",
			    cases[i].why, seen.highest, seen.together, seen.open);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_each_once) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
