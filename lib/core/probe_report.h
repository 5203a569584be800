/*
 * What the host tells the machine that probes, and what comes back: the frames
 * to send, and those that arrived.  What comes back is hostile input.
 */
#ifndef RC_CORE_PROBE_REPORT_H
#define RC_CORE_PROBE_REPORT_H

#include "core/probes.h"

#define RC_PROBE_REPORT_MAX (256 * 1024) /* bytes of a report that are looked at */
#define RC_PROBE_ANSWER_MAX 160          /* bytes of an answer */
#define RC_PROBE_ANSWERS_MAX 400

/* The text for probe/probe.c; the caller frees. */
char *rc_probe_script(const struct rc_probes *probes, const char *ip);

struct rc_probe_answer {
	unsigned char bytes[RC_PROBE_ANSWER_MAX];
	size_t size;
};
struct rc_probe_report {
	int *errors; /* one a probe: errno of its sending, 0: sent */
	size_t count;
	struct rc_probe_answer *answers;
	size_t answer_count;
};
/* One line of the machine's console; -1 if it is no whole report of this run. */
RC_MUST_CHECK int rc_probe_report_read(struct rc_probe_report *ret, const struct rc_probes *probes,
    const char *line, size_t size, struct rc_error *err);
void rc_probe_report_release(struct rc_probe_report *report);

#endif
