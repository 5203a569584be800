/* Talking to the guest through its agent; whatever it says is hostile input. */
#ifndef RC_OPS_GUEST_H
#define RC_OPS_GUEST_H

#include "core/guest_status.h"
#include "ops/session.h"

/* Reads the status document that the appliance's status unit publishes. */
RC_MUST_CHECK int rc_guest_status(struct rc_session *session, const char *uuid,
    struct rc_guest_status *ret, struct rc_error *err);

struct rc_guest_answer {
	const char *uuid; /* borrowed; NULL: not to be asked */
	bool known;
	struct rc_guest_status status; /* if known */
	struct rc_error error;         /* if not */
};
/*
 * Asks several side by side: one that is silent costs seconds.  None is begun with
 * after the deadline, by rc_clock_monotonic(); 0: there is none.
 */
void rc_guests_ask(
    struct rc_session *session, struct rc_guest_answer *answers, size_t count, int64_t deadline);

#endif
