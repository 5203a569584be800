/* A directory to build in, that is found again when its run died. */
#ifndef RC_HOST_WORKDIR_H
#define RC_HOST_WORKDIR_H

#include <stdint.h>

#include "base/run.h"

/*
 * Makes one below /var/tmp.  *ret_lock says that somebody works in it: programs
 * that are started inherit it, so that one that outlives us is not disturbed.
 */
RC_MUST_CHECK int rc_workdir_make(char **ret, int *ret_lock, struct rc_error *err);
/* Bytes that are free where they are made. */
RC_MUST_CHECK int rc_workdir_room(uint64_t *ret, struct rc_error *err);
/* With all that is in it; what cannot be removed stays for the next sweep. */
void rc_workdir_remove(const char *path);
/* Removes those in which nobody works any more, and says so. */
void rc_workdir_sweep(const struct rc_run *run);

#endif
