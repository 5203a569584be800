/* Looks at all links of the machine we run on for frames that carry a probe's marker. */
#ifndef RC_HOST_WATCH_H
#define RC_HOST_WATCH_H

#include "base/scope.h"
#include "core/probe_verdict.h"

struct rc_watch;

/*
 * own: the link that the probes come in by; what is seen there has not met the
 * filter yet, and does not count.  bridge: the appliances'; it is made to show
 * also frames that are for others.  RC_HOST without the right to look.
 */
RC_MUST_CHECK int rc_watch_open(struct rc_watch **ret, const struct rc_probes *probes,
    const char *own, const char *bridge, struct rc_error *err);
/* Becomes readable when there is something to look at. */
int rc_watch_fd(const struct rc_watch *watch);
/* Adds what was seen since the last call; never waits. */
void rc_watch_read(struct rc_watch *watch, struct rc_sightings *sightings);
void rc_watch_close(struct rc_watch *watch);
RC_RELEASER(rc_watch_release, struct rc_watch *, rc_watch_close)

#endif
