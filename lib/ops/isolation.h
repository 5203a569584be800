/* What an appliance may reach, put in force; and checked in the kernel, not in libvirt. */
#ifndef RC_OPS_ISOLATION_H
#define RC_OPS_ISOLATION_H

#include "ops/isolation_plan.h"

/* Writes the plan's filter and holes into the appliance; defines the filter unless only_look. */
RC_MUST_CHECK int rc_isolation_choose(struct rc_session *session, struct rc_appliance *appliance,
    const char *url, bool only_look, struct rc_error *err);

/*
 * Puts a defined appliance behind the filter that its plan asks for today, and
 * records it.  A running one has its link down meanwhile, and afterwards too
 * unless the kernel has the rules.
 */
RC_MUST_CHECK int rc_isolation_apply(
    struct rc_session *session, struct rc_appliance *appliance, struct rc_error *err);

/* What looking at several appliances in a row needs but once.  Start from { 0 }. */
struct rc_isolation_look {
	bool listed, planned; /* tried; if it failed, the error is set */
	char *listing;        /* the kernel's rules */
	char *allow, *url;    /* whose plan it is, */
	bool ipv6;            /* with IPv6 or without */
	char *filter;         /* the name that it asks for */
	struct rc_error list_error, plan_error;
};
void rc_isolation_look_release(struct rc_isolation_look *look);
/* The filter that its plan asks for, of the look; NULL if that cannot be told. */
const char *rc_isolation_filter(struct rc_session *session, struct rc_isolation_look *look,
    const struct rc_appliance *appliance);
/*
 * Is a running appliance behind its filter, in the kernel, and is that the filter
 * its plan asks for?  why: a line for all but RC_ISOLATED.
 */
enum rc_confidence rc_isolation_state(struct rc_session *session, struct rc_isolation_look *look,
    const struct rc_appliance *appliance, char why[200]);
bool rc_isolation_is_cut(struct rc_session *session, const struct rc_appliance *appliance);
/*
 * The first check after a start: what the kernel has is remembered as right.  RC_HOST if it is
 * not; what root cannot read on this host is an error, too.
 */
RC_MUST_CHECK int rc_isolation_confirm(
    struct rc_session *session, struct rc_appliance *appliance, struct rc_error *err);

/* When it is removed: the host forgets whose its IPv6 address was. */
void rc_isolation_forget(struct rc_session *session, const struct rc_appliance *appliance);

#endif
