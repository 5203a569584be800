/* Talking to the guest through its agent; whatever it says is hostile input. */
#ifndef RC_OPS_GUEST_H
#define RC_OPS_GUEST_H

#include "core/guest_status.h"
#include "ops/session.h"

struct rc_guest_bytes {
	char *bytes; /* a NUL is behind them; the caller frees */
	size_t size;
};
/* The begin of a file, as much as a status document may have. */
RC_MUST_CHECK int rc_guest_file(struct rc_session *session, const char *uuid, const char *path,
    struct rc_guest_bytes *ret, struct rc_error *err);
/* Adds the agent's calls that are enabled and should not be. */
RC_MUST_CHECK int rc_guest_harmful_calls(
    struct rc_session *session, const char *uuid, struct rc_strv *ret, struct rc_error *err);

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
