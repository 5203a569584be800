/* Now, and waiting. */
#ifndef RC_HOST_CLOCK_H
#define RC_HOST_CLOCK_H

#include <stdint.h>

int64_t rc_clock_now(void);       /* unix seconds */
int64_t rc_clock_boot(void);      /* unix seconds: when this machine started */
int64_t rc_clock_monotonic(void); /* seconds; only differences mean something */
double rc_clock_stopwatch(void);  /* the same, with what is less than a second */
/* Returns early on a signal. */
void rc_clock_wait(double seconds);

#endif
