/* The same work on many things, several at a time. */
#ifndef RC_BASE_PARALLEL_H
#define RC_BASE_PARALLEL_H

#include <stddef.h>

/*
 * Calls work(data, i) once for each i below count, in up to `most` threads, and
 * returns when all are done.  No signal reaches the threads; where none can be
 * made, the caller's does all.
 */
void rc_parallel(size_t count, unsigned most, void (*work)(void *data, size_t i), void *data);

#endif
