/* From what was sent, what came back and what was seen to a verdict on each probe. */
#ifndef RC_CORE_PROBE_VERDICT_H
#define RC_CORE_PROBE_VERDICT_H

#include "core/probe_report.h"

/* A probe was seen behind the filter. */
struct rc_sighting {
	unsigned probe;
	bool bridge;   /* on the bridge's own end */
	char link[16]; /* its name, or another link's */
};
struct rc_sightings {
	bool watched;    /* somebody looked */
	unsigned missed; /* frames that came too fast to be looked at */
	struct rc_sighting *items;
	size_t count;
};
/* Once for each probe and link. */
void rc_sightings_add(struct rc_sightings *sightings, const struct rc_sighting *sighting);
void rc_sightings_release(struct rc_sightings *sightings);

enum rc_verdict {
	RC_VERDICT_OK,
	RC_VERDICT_LEAK,   /* what must not arrive did, or was answered */
	RC_VERDICT_FAILED, /* what must work did not, or it could not be tried */
};

struct rc_finding {
	enum rc_verdict verdict;
	char detail[64]; /* "seen on eth0"; "" when there is nothing to say */
};
struct rc_finding rc_probe_judge(const struct rc_probes *probes, size_t index,
    const struct rc_probe_report *report, const struct rc_sightings *sightings);

#endif
