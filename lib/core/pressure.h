/* Pressure stall information of the kernel: how short the host is of memory and I/O. */
#ifndef RC_CORE_PRESSURE_H
#define RC_CORE_PRESSURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Hundredths of a percent of the last minute in which nothing got on; negative: not known. */
struct rc_pressure {
	int memory, io;
};

/* The "full" line's avg60 of a file in /proc/pressure; -1 if there is none that makes sense. */
int rc_pressure_read_text(const char *text);
/* Is it at the mark (percent)?  Then why says so; mark 0: never. */
bool rc_pressure_is_high(const struct rc_pressure *pressure, unsigned mark, char why[160]);

#endif
