/* Now, and waiting. */
#include "host/clock.h"

#include <time.h>

int64_t
rc_clock_now(void)
{
	return time(NULL);
}

int64_t
rc_clock_boot(void)
{
	struct timespec up;

	clock_gettime(CLOCK_BOOTTIME, &up);
	return rc_clock_now() - up.tv_sec;
}

int64_t
rc_clock_monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

double
rc_clock_stopwatch(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void
rc_clock_wait(double seconds)
{
	struct timespec pause = { .tv_sec = (time_t)seconds };

	pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
	nanosleep(&pause, NULL);
}
