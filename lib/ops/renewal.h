/* Another token for a lent runner, in place. */
#ifndef RC_OPS_RENEWAL_H
#define RC_OPS_RENEWAL_H

#include "ops/session.h"

/*
 * Resets the token of the lent runner at GitLab and keeps the new one for all
 * appliances of this host that have the runner; their guests keep the old one, which
 * is dead, and have to be replaced.  *ret_names gets the names of all of them, on
 * failure too.  Takes their locks, and waits for each up to `patience` seconds: RC_BUSY if another
 * run is at one of them.
 */
RC_MUST_CHECK int rc_renew(struct rc_session *session, const struct rc_appliance *appliance,
    int patience, struct rc_strv *ret_names, struct rc_error *err);

#endif
