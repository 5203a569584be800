/* How a long run talks to its caller: thin senders that allow for a missing listener. */
#include "base/run.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"

static void
is_alive(const struct rc_run *run)
{
	if (run->alive)
		run->alive(run->context);
}

static void RC_PRINTF(3, 0)
    say(void (*listener)(void *, const char *), void *context, const char *fmt, va_list args)
{
	char line[480];

	if (!listener)
		return;
	vsnprintf(line, sizeof(line), fmt, args);
	rc_str_to_line(line);
	listener(context, line);
}

void
rc_run_step(const struct rc_run *run, const char *fmt, ...)
{
	va_list args;

	is_alive(run);
	va_start(args, fmt);
	say(run->step, run->context, fmt, args);
	va_end(args);
}

void
rc_run_steps_end(const struct rc_run *run)
{
	if (run->step)
		run->step(run->context, NULL);
}

void
rc_run_warn(const struct rc_run *run, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(run->warn, run->context, fmt, args);
	va_end(args);
}

void
rc_run_progress(const struct rc_run *run, uint64_t done, uint64_t total)
{
	is_alive(run);
	if (run->progress)
		run->progress(run->context, done, total);
}

bool
rc_run_stopped(const struct rc_run *run)
{
	is_alive(run);
	return run->stop && *run->stop;
}

int
rc_run_check(const struct rc_run *run, struct rc_error *err)
{
	return rc_run_stopped(run) ? rc_fail(err, RC_FAILED, "interrupted") : 0;
}
