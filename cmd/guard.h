/* What protects the process and the person's data around a verb: descriptors, core files, signals.
 */
#ifndef RC_CMD_GUARD_H
#define RC_CMD_GUARD_H

#include <signal.h>

/*
 * Before anything else.  Standard descriptors exist, a broken pipe is an error
 * and no death, and no core file or debugger gets at the secrets to come.
 */
void rc_guard_process(void);

/*
 * From now on ^C, SIGTERM and SIGHUP only set what rc_guard_stopped() points
 * to; the first one says notice (may be "").  Those that were ignored stay so.
 */
void rc_guard_signals(const char *notice);
const volatile sig_atomic_t *rc_guard_stopped(void);

/* The process ends after so many seconds, wherever it is: it says notice, and has timed out. */
void rc_guard_deadline(unsigned seconds, const char *notice);
/*
 * The same once nothing has called rc_guard_alive() for so many seconds; a deadline goes
 * before.  A library that hangs cannot be made to return, and what dies here is as good as
 * killed: the next run finds its way.
 */
void rc_guard_patience(unsigned seconds, const char *notice);
/* The listener of that name of struct rc_run; context is not used. */
void rc_guard_alive(void *context);

#endif
