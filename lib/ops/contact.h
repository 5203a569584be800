/* When GitLab last heard of a runner of ours. */
#ifndef RC_OPS_CONTACT_H
#define RC_OPS_CONTACT_H

#include "ops/session.h"

/* When GitLab last heard of our manager, *ret is 0 if never; false: it does not tell. */
bool rc_runner_contacted(
    struct rc_session *session, const struct rc_appliance *appliance, int64_t *ret);

#endif
