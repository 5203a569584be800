/* Caps of a domain that can be changed while it runs; in its definition too, or there only. */
#ifndef RC_HOST_VIRT_LIMITS_H
#define RC_HOST_VIRT_LIMITS_H

#include "host/virt.h"

/* All caps of that kind as they are in limits.  Refused, nothing has changed. */
RC_MUST_CHECK int rc_virt_set_limits(struct rc_virt *virt, const struct rc_appliance *a,
    enum rc_limit_live live, const struct rc_limits *limits, struct rc_error *err);

#endif
