/* list, status and metrics: appliances as seen from outside. */
#ifndef RC_OPS_STATUS_H
#define RC_OPS_STATUS_H

#include "ops/session.h"

/* One bulk call; nobody is asked but libvirt. */
RC_MUST_CHECK int rc_list(struct rc_session *session, struct rc_views *ret, struct rc_error *err);
/* Asks guests and GitLab too; name NULL: all. */
RC_MUST_CHECK int rc_status(
    struct rc_session *session, const char *name, struct rc_views *ret, struct rc_error *err);
/* All, in less than a minute: who is not asked in time is not known; GitLab is not asked at all. */
RC_MUST_CHECK int rc_status_survey(
    struct rc_session *session, struct rc_views *ret, struct rc_error *err);

#endif
