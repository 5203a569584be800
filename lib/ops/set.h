#ifndef RC_OPS_SET_H
#define RC_OPS_SET_H

#include "ops/session.h"

/* Changes limits, while it runs where libvirt can; what it cannot is for the next generation. */
RC_MUST_CHECK int rc_set(struct rc_session *session, const struct rc_set_wish *wish,
    struct rc_outcomes *ret, struct rc_error *err);

#endif
