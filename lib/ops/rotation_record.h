/*
 * What became of a rotation, for status and metrics.  A success is a generation
 * of its own; a failure is written into the metadata of the one that serves.
 */
#ifndef RC_OPS_ROTATION_RECORD_H
#define RC_OPS_ROTATION_RECORD_H

#include "ops/rotating.h"

/* Under the appliance's lock, when the spoke is over; does nothing for one that did not fail. */
void rc_rotation_note(const struct rc_spoke *spoke);
/* What is not due any more has not failed any more either. */
void rc_rotation_forgive(struct rc_session *session, const struct rc_survey *survey);

#endif
