/* rotate: replaces what policy says is due, and finishes what a run that died left. */
#ifndef RC_OPS_ROTATE_H
#define RC_OPS_ROTATE_H

#include "ops/session.h"

RC_MUST_CHECK int rc_rotate(struct rc_session *session, const struct rc_rotate_wish *wish,
    struct rc_rotation *ret, struct rc_error *err);
void rc_rotation_release(struct rc_rotation *rotation);

#endif
