/* Does an appliance fit on the host? */
#ifndef RC_OPS_ADMISSION_H
#define RC_OPS_ADMISSION_H

#include "core/room.h"
#include "ops/session.h"

/* The profile's limits with those of wish (where they are not 0) in their place. */
RC_MUST_CHECK int rc_limits_choose(struct rc_limits *ret, const struct rc_config *config,
    const char *profile, const struct rc_limits *wish, struct rc_error *err);

/*
 * The host, and all that is promised of it: our appliances from their definition on, and
 * what runs of others.  without: names whose generations do not count, or NULL.
 */
RC_MUST_CHECK int rc_room_survey(struct rc_room *ret, struct rc_session *session,
    const struct rc_strv *without, struct rc_error *err);
/* What it may come to take there, with a disk that is still empty. */
void rc_takes_of(
    uint64_t ret[RC_RESOURCES], const struct rc_room *room, const struct rc_appliance *a);

enum rc_admittance {
	RC_ADMIT_ALONE,    /* there is, or will be, no other generation of it */
	RC_ADMIT_BESIDE,   /* its elder stays for a while */
	RC_ADMIT_IN_PLACE, /* what its elder leaves was found to be enough before that was asked to
			    * go
			    */
	RC_ADMIT_FORCED,   /* a person knows better: a refusal is a warning */
};
/*
 * RC_NO_ROOM unless it fits.  Whoever is about to define it holds RC_DEFINE_LOCK: what is
 * defined counts, so that no two can take the same room.
 */
RC_MUST_CHECK int rc_admit(struct rc_session *session, const struct rc_appliance *a,
    enum rc_admittance how, struct rc_error *err);

#endif
