/* How a long run talks to its caller, and how the caller stops it.  Every member may be NULL. */
#ifndef RC_BASE_RUN_H
#define RC_BASE_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct rc_run {
	const char *verb; /* "rotate": for others who wait for this run */
	const char *host; /* the one that it is at, where that is not this one */
	/* A step begins (the one before it ended); NULL: the last step ended. */
	void (*step)(void *context, const char *what);
	void (*warn)(void *context, const char *what);
	/* How far the present step is; total 0: unknown. */
	void (*progress)(void *context, uint64_t done, uint64_t total);
	/* The run is still at work, and waits for nobody who hangs.  From any thread. */
	void (*alive)(void *context);
	void *context;
	/* Becomes non-zero when the person wants the run to end (^C). */
	const volatile sig_atomic_t *stop;
};

void rc_run_step(const struct rc_run *run, const char *fmt, ...) RC_PRINTF(2, 3);
void rc_run_steps_end(const struct rc_run *run);
void rc_run_warn(const struct rc_run *run, const char *fmt, ...) RC_PRINTF(2, 3);
void rc_run_progress(const struct rc_run *run, uint64_t done, uint64_t total);
bool rc_run_stopped(const struct rc_run *run);
/* 0, or -1 with "interrupted" once the run shall end. */
RC_MUST_CHECK int rc_run_check(const struct rc_run *run, struct rc_error *err);

#endif
