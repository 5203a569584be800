/* A run in which nothing moves any more ends, with words and a status of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/str.h"
#include "cmd/guard.h"

#define WORDS "it hangs\nhint: do something\n"

/* Calls for so many tenths of a second, then hangs, or ends. */
static void __attribute__((noreturn)) run(int out, unsigned patience, unsigned tenths, bool hangs)
{
	const struct timespec tenth = { .tv_nsec = 100000000 };

	dup2(out, STDERR_FILENO);
	rc_guard_patience(patience, WORDS);
	while (tenths-- > 0) {
		rc_guard_alive(NULL);
		nanosleep(&tenth, NULL);
	}
	while (hangs)
		pause();
	_exit(RC_OK);
}

/* How it ended, and what it said. */
static int
status_of(unsigned patience, unsigned tenths, bool hangs, char said[80])
{
	int pipes[2], status;
	pid_t child;
	ssize_t n;

	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (child == 0)
		run(pipes[1], patience, tenths, hangs);
	close(pipes[1]);
	n = read(pipes[0], said, 79);
	said[n > 0 ? n : 0] = '\0';
	close(pipes[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
test_patience(void **state)
{
	static const struct {
		const char *why;
		unsigned patience;
		unsigned tenths;
		bool hangs;
		int status;
	} cases[] = {
		{ "hangs at once", 1, 0, true, RC_TIMEOUT },
		{ "hangs after a while", 1, 5, true, RC_TIMEOUT },
		{ "takes longer than that, but moves", 3, 35, false, RC_OK },
	};
	char said[80];

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		print_message("%s\n", cases[i].why);
		assert_int_equal(
		    status_of(cases[i].patience, cases[i].tenths, cases[i].hangs, said),
		    cases[i].status);
		assert_string_equal(said, cases[i].hangs ? WORDS : "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patience),
	};

	return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
