/* destroy: drain, then remove every generation of a name. */
#ifndef RC_OPS_DESTROY_H
#define RC_OPS_DESTROY_H

#include "ops/session.h"

RC_MUST_CHECK int rc_destroy(struct rc_session *session, const struct rc_destroy_wish *wish,
    struct rc_outcomes *ret, struct rc_error *err);

#endif
