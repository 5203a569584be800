/* Locks that die with their holder: flock on files under /run/runnerctl. */
#ifndef RC_HOST_LOCK_H
#define RC_HOST_LOCK_H

#include "base/run.h"

/*
 * Takes the lock called name and writes our pid and command into its file.
 * Waits up to `patience` seconds for another holder; then RC_BUSY, naming it.
 * *ret is a descriptor: closing it releases the lock.  Names are apart for each host that a run
 * is at; another machine that is at the same host is not kept out.
 */
RC_MUST_CHECK int rc_lock_take(
    int *ret, const char *name, int patience, const struct rc_run *run, struct rc_error *err);

#endif
