/* What is wrong with an appliance. */
#include "core/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

const char *
rc_problem_word(enum rc_problem_code code)
{
	static const char *const words[RC_PROBLEM_CODES] = {
		[RC_PROBLEM_HALF_MADE] = "half_made",
		[RC_PROBLEM_HALF_REMOVED] = "half_removed",
		[RC_PROBLEM_OFF] = "off",
		[RC_PROBLEM_PAUSED] = "paused",
		[RC_PROBLEM_CRASHED] = "crashed",
		[RC_PROBLEM_IO_ERROR] = "io_error",
		[RC_PROBLEM_EXPOSED] = "exposed",
		[RC_PROBLEM_CUT_OFF] = "cut_off",
		[RC_PROBLEM_FILTER_OUTDATED] = "filter_outdated",
		[RC_PROBLEM_ISOLATION_UNKNOWN] = "isolation_unknown",
		[RC_PROBLEM_PUMPED] = "pumped",
		[RC_PROBLEM_GUEST_SILENT] = "guest_silent",
		[RC_PROBLEM_GUEST_LIES] = "guest_lies",
		[RC_PROBLEM_DOCKER_FAILED] = "docker_failed",
		[RC_PROBLEM_RUNNER_FAILED] = "runner_failed",
		[RC_PROBLEM_ROTATION_FAILED] = "rotation_failed",
		[RC_PROBLEM_TOKEN_RESET] = "token_reset",
	};

	return words[code];
}

void
rc_problems_add(struct rc_problems *to, enum rc_problem_code code, const char *fmt, ...)
{
	char line[480];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	to->items = rc_grow(to->items, to->count + 1, sizeof(*to->items));
	to->items[to->count++] = (struct rc_problem){ code, rc_strdup(line) };
}

void
rc_problems_release(struct rc_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		free(problems->items[i].text);
	free(problems->items);
	*problems = (struct rc_problems){ 0 };
}
