/* register: a runner for an appliance that was created without one. */
#ifndef RC_OPS_REGISTER_H
#define RC_OPS_REGISTER_H

#include "ops/session.h"

RC_MUST_CHECK int rc_register(struct rc_session *session, const struct rc_register_wish *wish,
    struct rc_outcomes *ret, struct rc_error *err);

#endif
