/*
 * What an appliance may reach: decided from the configuration, the host's own
 * networks and where GitLab is.
 */
#ifndef RC_OPS_ISOLATION_PLAN_H
#define RC_OPS_ISOLATION_PLAN_H

#include "core/filter_xml.h"
#include "ops/session.h"

struct rc_isolation {
	struct rc_filter filter;
	char *holes; /* all that are open, as rc_allows_format() writes them */
};
/*
 * For an appliance with those holes of its own, and IPv6 or not; url: its GitLab, or
 * NULL, which gets a hole of its own if it is where the filter closes.  Makes nothing.
 */
RC_MUST_CHECK int rc_isolation_plan(struct rc_isolation *ret, struct rc_session *session,
    const struct rc_appliance *appliance, const char *url, struct rc_error *err);
void rc_isolation_release(struct rc_isolation *isolation);

#endif
