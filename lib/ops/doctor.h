/* doctor: every precondition of the host and of GitLab, and whether appliances are isolated. */
#ifndef RC_OPS_DOCTOR_H
#define RC_OPS_DOCTOR_H

#include "ops/session.h"

RC_MUST_CHECK int rc_doctor(
    struct rc_session *session, bool fix, struct rc_checks *ret, struct rc_error *err);

#endif
