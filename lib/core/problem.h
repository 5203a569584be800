/*
 * What is wrong with an appliance: a line for people, and a word that programs
 * can rely on.  The words are in runnerctl-status(1); none is ever renamed.
 */
#ifndef RC_CORE_PROBLEM_H
#define RC_CORE_PROBLEM_H

#include <stddef.h>

#include "base/error.h"

enum rc_problem_code {
	RC_PROBLEM_HALF_MADE,
	RC_PROBLEM_HALF_REMOVED,
	RC_PROBLEM_OFF,
	RC_PROBLEM_PAUSED,
	RC_PROBLEM_CRASHED,
	RC_PROBLEM_IO_ERROR,
	RC_PROBLEM_EXPOSED,
	RC_PROBLEM_CUT_OFF,
	RC_PROBLEM_FILTER_OUTDATED,
	RC_PROBLEM_ISOLATION_UNKNOWN,
	RC_PROBLEM_PUMPED,
	RC_PROBLEM_GUEST_SILENT,
	RC_PROBLEM_GUEST_LIES,
	RC_PROBLEM_DOCKER_FAILED,
	RC_PROBLEM_RUNNER_FAILED,
	RC_PROBLEM_ROTATION_FAILED,
	RC_PROBLEM_TOKEN_RESET,
	RC_PROBLEM_CODES
};
const char *rc_problem_word(enum rc_problem_code code);

struct rc_problem {
	enum rc_problem_code code;
	char *text; /* what, and what to do about it */
};
struct rc_problems {
	struct rc_problem *items;
	size_t count;
};
void rc_problems_add(struct rc_problems *to, enum rc_problem_code code, const char *fmt, ...)
    RC_PRINTF(3, 4);
void rc_problems_release(struct rc_problems *problems);

#endif
