/* logs: what a guest said on its serial line. */
#ifndef RC_OPS_LOGS_H
#define RC_OPS_LOGS_H

#include "ops/session.h"

RC_MUST_CHECK int rc_logs(
    struct rc_session *session, const struct rc_logs_wish *wish, struct rc_error *err);

#endif
