/* Puts right what isolates running appliances: doctor, and every tick. */
#ifndef RC_OPS_REPAIR_H
#define RC_OPS_REPAIR_H

#include "ops/isolation.h"

struct rc_repair {
	struct rc_isolation_look look; /* the caller's, for all that it looks at: kept up to date */
	enum rc_confidence found;
	char why[200];         /* for all but RC_ISOLATED */
	bool fixed;            /* it is behind its filter now */
	bool cut;              /* it is not, and its link was taken down */
	struct rc_error error; /* why not; code RC_OK: it was not tried */
};
/*
 * Looks at one, and puts it right if fix says so.  One that is exposed loses its link
 * first, fix or not, unless the configuration wants it otherwise.  patience: seconds to
 * wait for a run that is at it; RC_BUSY.
 */
void rc_repair(struct rc_repair *ret, struct rc_session *session,
    const struct rc_appliance *appliance, bool fix, int patience);
void rc_repair_release(struct rc_repair *repair);

#endif
