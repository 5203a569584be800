/* When GitLab last heard of a runner of ours. */
#ifndef RC_OPS_CONTACT_H
#define RC_OPS_CONTACT_H

#include "ops/session.h"

/* When GitLab last heard of our manager, 0 if it cannot be known. */
int64_t rc_runner_contacted(struct rc_session *session, const struct rc_appliance *appliance);

#endif
