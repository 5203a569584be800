/* A new generation on trial: until it asks GitLab for work, its elder serves. */
#ifndef RC_OPS_SUCCESSION_H
#define RC_OPS_SUCCESSION_H

#include "ops/draining.h"
#include "ops/registration.h"
#include "ops/session.h"

/*
 * How the next generation of the elder gets its runner.  check: GitLab is asked, as by the elder,
 * whether it takes a lent runner's token; an owned runner's access token is always looked at.
 */
RC_MUST_CHECK int rc_successor_registration(struct rc_registration *ret, struct rc_session *session,
    const struct rc_appliance *elder, bool check, struct rc_error *err);
/* Waits as long as the configuration says: RC_TIMEOUT. */
RC_MUST_CHECK int rc_successor_wait(
    struct rc_session *session, const struct rc_appliance *appliance, struct rc_error *err);
/* Takes it back, orderly; one that has got a job just now is left draining. */
void rc_withdrawal_begin(
    struct rc_session *session, struct rc_appliance *appliance, struct rc_drain_watch *watch);
/* Is it gone, or left?  patience: seconds that it is given to power off. */
bool rc_withdrawal_look(struct rc_session *session, struct rc_appliance *appliance,
    struct rc_drain_watch *watch, int64_t patience);

#endif
