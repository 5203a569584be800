/* create: from a name to a complete appliance, with or without its runner. */
#ifndef RC_OPS_CREATE_H
#define RC_OPS_CREATE_H

#include "ops/session.h"

RC_MUST_CHECK int rc_create(struct rc_session *session, const struct rc_create_wish *wish,
    struct rc_outcomes *ret, struct rc_error *err);

#endif
