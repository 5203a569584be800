/* One appliance gives back what it does not use. */
#ifndef RC_OPS_PUMPING_H
#define RC_OPS_PUMPING_H

#include "core/reclaim.h"
#include "ops/session.h"

/* Starts as { .lock = -1 }. */
struct rc_pump {
	struct rc_session *session;
	struct rc_reclaimed *result;
	struct rc_appliance appliance;
	struct rc_reclaimable facts;
	int lock;
	bool idle;
	uint64_t target; /* 0: it is not pumped */
	uint64_t least;  /* what the balloon left it in the end */
	int64_t begun;   /* when it was last told what to do */
};

void rc_pump_release(struct rc_pump *pump);

/* Adds a reason to those that are there. */
void rc_pump_because(struct rc_pump *pump, const char *why);
void rc_pump_fail(struct rc_pump *pump, const struct rc_error *why);

/* Always, whatever happened: the last thing that is done to a balloon. */
RC_MUST_CHECK int rc_pump_restore(struct rc_pump *pump, struct rc_error *err);
/* Marks and begins; nothing without a target. */
void rc_pump_begin(struct rc_pump *pump);
/* Waits for the balloon, and restores; time runs since it was begun, for several at once. */
void rc_pump_end(struct rc_pump *pump);
/* Waits until the guest has its memory again. */
void rc_pump_settle(struct rc_pump *pump);
/* Of one that is idle. */
void rc_pump_trim(struct rc_pump *pump);

#endif
