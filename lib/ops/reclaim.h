/* reclaim: what idle appliances do not use goes back to the host. */
#ifndef RC_OPS_RECLAIM_H
#define RC_OPS_RECLAIM_H

#include "ops/survey.h"

/* See ops/verbs.h; waits for no lock.  Takes some ten seconds, for one as for all. */
RC_MUST_CHECK int rc_reclaim(struct rc_session *session, const struct rc_reclaim_wish *wish,
    struct rc_reclaimeds *ret, struct rc_error *err);
void rc_reclaimeds_release(struct rc_reclaimeds *reclaimeds);

/* Those of a rotation's that may be idle, so that a tick with nothing to do asks nobody twice. */
void rc_reclaim_choose(struct rc_strv *ret, const struct rc_survey *survey);
/* The tick's other half.  What goes wrong with it is no failure of a rotation, but a warning. */
void rc_reclaim_idle(
    struct rc_reclaimeds *ret, const struct rc_strv *names, struct rc_session *session);

#endif
