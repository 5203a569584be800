/* gc: finds and removes what is ours and belongs to nothing, here and at GitLab. */
#ifndef RC_OPS_GC_H
#define RC_OPS_GC_H

#include "ops/session.h"

RC_MUST_CHECK int rc_gc(struct rc_session *session, const struct rc_gc_wish *wish,
    struct rc_finds *ret, struct rc_error *err);
void rc_finds_release(struct rc_finds *finds);

#endif
