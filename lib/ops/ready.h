/* Does one that was started ask GitLab for work? */
#ifndef RC_OPS_READY_H
#define RC_OPS_READY_H

#include "ops/steps.h"

/* Begins the waiting for works that have their registrations; its wait is how long, in seconds. */
void rc_ready_begin(struct rc_work **works, size_t count);
/* Is there nothing more to wait for?  Whom this marks as failed has the reason in its outcome. */
bool rc_ready_look(struct rc_work *work);
/* Waits until all ask GitLab for work, or a deadline passes: that undoes nothing. */
RC_MUST_CHECK int rc_ready_run_all(struct rc_work **works, size_t count, struct rc_error *err);

/* Is it certain that a machine that was just started comes to nothing?  By its last line, or it is
 * off. */
bool rc_is_hopeless(struct rc_session *session, const struct rc_appliance *appliance);

#endif
