/* What is measured of an appliance: a row a metric, in Prometheus' terms. */
#ifndef RC_CMD_METRIC_H
#define RC_CMD_METRIC_H

#include <stddef.h>
#include <stdint.h>

#include "ops/verbs.h"

/* What a number counts, for it is written in base units. */
enum rc_metric_scale { RC_WHOLE, RC_HUNDREDTHS, RC_NANOS };

struct rc_metric {
	const char *name, *type, *help; /* the name without "runnerctl_" */
	enum rc_metric_scale scale;
	uint64_t (*value)(const struct rc_view *view, int64_t now);
	size_t usage; /* where there is no function: the field of struct rc_usage */
};

/* In the order of the output; ends with one without a name. */
extern const struct rc_metric rc_metrics[];

/* RC_UNKNOWN: it has no sample. */
uint64_t rc_metric_value(const struct rc_metric *metric, const struct rc_view *view, int64_t now);

#endif
