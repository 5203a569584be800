/* Running another program to its end, with what it says passed on line by line. */
#ifndef RC_HOST_PROGRAM_H
#define RC_HOST_PROGRAM_H

#include "base/run.h"
#include "base/str.h"

/*
 * Runs arguments (the first is the program's path) without standard input.
 * Each line of its standard error becomes a step of the run; standard output
 * is thrown away.  When the run shall stop, the program gets SIGTERM and the
 * time it needs.  A failure carries the program's last line.
 */
RC_MUST_CHECK int rc_program_run(
    const struct rc_strv *arguments, const struct rc_run *run, struct rc_error *err);
/*
 * What the program prints, at most max bytes of it; a program that fails, says
 * more, or takes longer than 20 s is a failure.  The caller frees.
 */
RC_MUST_CHECK int rc_program_read(
    char **ret, const struct rc_strv *arguments, size_t max, struct rc_error *err);

#endif
