/* Taking one generation apart, from any state a crash may have left it in. */
#ifndef RC_OPS_REMOVING_H
#define RC_OPS_REMOVING_H

#include "ops/session.h"

/*
 * Removes everything of a generation that is off or shall be stopped now:
 * runner, token, disks, address, and the domain last, because it is what a
 * later run finds if this one dies.  Every part may be gone already.
 */
RC_MUST_CHECK int rc_remove(struct rc_session *session, const struct rc_appliance *appliance,
    bool forget, struct rc_error *err);

#endif
