/* What libvirt can make a running guest give back. */
#ifndef RC_HOST_VIRT_BALLOON_H
#define RC_HOST_VIRT_BALLOON_H

#include "host/virt.h"

/* What the balloon shall leave the guest; returns at once, and holds until it is told otherwise. */
RC_MUST_CHECK int rc_virt_balloon_set(
    struct rc_virt *virt, const char *uuid, uint64_t bytes, struct rc_error *err);
/* What it leaves the guest now; of one that is off all it may have. */
RC_MUST_CHECK int rc_virt_balloon_get(
    struct rc_virt *virt, const char *uuid, uint64_t *ret, struct rc_error *err);
/* The agent trims all that is mounted; waits so many seconds for it at most. */
RC_MUST_CHECK int rc_virt_trim(
    struct rc_virt *virt, const char *uuid, int seconds, struct rc_error *err);

#endif
