/* How much memory an idle appliance can do without for a moment. */
#ifndef RC_CORE_RECLAIM_H
#define RC_CORE_RECLAIM_H

#include <stdbool.h>

#include "core/guest_status.h"
#include "core/usage.h"

/* What is known of one that runs. */
struct rc_reclaimable {
	bool guest_known; /* its agent answered */
	struct rc_guest_status guest;
	int64_t now;           /* unix seconds */
	uint64_t memory;       /* bytes it may have */
	uint64_t memory_now;   /* bytes its balloon leaves it, RC_UNKNOWN */
	struct rc_usage usage; /* checked */
};

/* Has it no job, and may it be disturbed?  Else why says why not. */
bool rc_reclaim_is_idle(const struct rc_reclaimable *r, char why[120]);
/*
 * What its balloon may leave it: what its guest uses and some headroom.  false, and
 * why, if that is not known, or would bring nothing.
 */
bool rc_reclaim_target(uint64_t *ret, const struct rc_reclaimable *r, char why[120]);

#endif
