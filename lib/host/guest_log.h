/* The file that libvirt writes a guest's serial line to: its last lines, and those that come. */
#ifndef RC_HOST_GUEST_LOG_H
#define RC_HOST_GUEST_LOG_H

#include <stdbool.h>

#include "base/error.h"

struct rc_guest_log;

/* RC_HOST without the right to read it; RC_NOT_FOUND if there is none. */
RC_MUST_CHECK int rc_guest_log_open(
    struct rc_guest_log **ret, const char *path, unsigned lines, struct rc_error *err);
/*
 * The next line without its end, or NULL: there is none yet.  Bytes are the guest's,
 * except NUL, which is '?'; one that is longer than a terminal has lines comes in pieces.
 * The last one has no end while the guest is still at it: whole says to take it as it is.
 */
const char *rc_guest_log_next(struct rc_guest_log *log, bool whole);
void rc_guest_log_release(struct rc_guest_log **log);

#endif
