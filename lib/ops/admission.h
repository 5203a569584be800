/* Does an appliance fit on the host? */
#ifndef RC_OPS_ADMISSION_H
#define RC_OPS_ADMISSION_H

#include "ops/session.h"

/* The profile's limits with those of wish (where they are not 0) in their place. */
RC_MUST_CHECK int rc_limits_choose(struct rc_limits *ret, const struct rc_config *config,
    const char *profile, const struct rc_limits *wish, struct rc_error *err);
/*
 * The same, checked against what the host has at all: RC_NO_ROOM.
 */
RC_MUST_CHECK int rc_admit(struct rc_limits *ret, struct rc_session *session, const char *profile,
    const struct rc_limits *wish, struct rc_error *err);

#endif
