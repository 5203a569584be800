/* A machine for the time of one run: it dies with our connection, and leaves nothing. */
#ifndef RC_OPS_THROWAWAY_H
#define RC_OPS_THROWAWAY_H

#include "ops/steps.h"

/*
 * Gives the appliance a UUID and a MAC that are the same for every run, so that what
 * one leaves the next one finds, and gc; removes it.  Its name is locked.
 */
RC_MUST_CHECK int rc_throwaway_prepare(struct rc_work *work, struct rc_error *err);
/* Takes back all that a run makes; also what one left that was killed. */
RC_MUST_CHECK int rc_throwaway_remove(struct rc_work *work, struct rc_error *err);

#endif
