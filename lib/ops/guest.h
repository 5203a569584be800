/* Talking to the guest through its agent; whatever it says is hostile input. */
#ifndef RC_OPS_GUEST_H
#define RC_OPS_GUEST_H

#include "core/guest_status.h"
#include "ops/session.h"

/* Reads the status document that the appliance's status unit publishes. */
RC_MUST_CHECK int rc_guest_status(struct rc_session *session, const char *uuid,
    struct rc_guest_status *ret, struct rc_error *err);

#endif
