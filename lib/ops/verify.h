/* verify: a throw-away machine behind an appliance's filter tries everything. */
#ifndef RC_OPS_VERIFY_H
#define RC_OPS_VERIFY_H

#include "ops/session.h"

/* Of the probe machine: name, domain NAME.1, lock, volumes. */
#define RC_VERIFY_NAME "runnerctl-verify"

RC_MUST_CHECK int rc_verify(struct rc_session *session, const struct rc_verify_wish *wish,
    struct rc_verification *ret, struct rc_error *err);
void rc_verification_release(struct rc_verification *verification);

#endif
