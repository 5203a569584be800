/* The appliances that the libvirt host knows. */
#ifndef RC_OPS_FLEET_H
#define RC_OPS_FLEET_H

#include "core/network_xml.h"
#include "ops/session.h"

struct rc_member {
	struct rc_appliance appliance;
	struct rc_domain domain; /* its metadata text is gone: it was read */
};
struct rc_fleet {
	struct rc_member *items; /* by name, then generation */
	size_t count;
};

/*
 * All of ours.  A domain whose metadata do not agree with it is left out with
 * a warning: it is not ours to touch.
 */
RC_MUST_CHECK int rc_fleet_read(
    struct rc_session *session, struct rc_fleet *ret, struct rc_error *err);
/* The same with what each of ours takes; unchecked. */
RC_MUST_CHECK int rc_fleet_usage(
    struct rc_session *session, struct rc_fleet *ret, struct rc_error *err);
void rc_fleet_release(struct rc_fleet *fleet);
/* The newest generation of that name, borrowed, or NULL. */
struct rc_member *rc_fleet_find(const struct rc_fleet *fleet, const char *name);
/* Was its memory saved, with its jobs?  What is half-removed has none. */
bool rc_fleet_is_saved(const struct rc_member *member);
/* Has its name other generations? */
bool rc_fleet_shared(const struct rc_fleet *fleet, const struct rc_member *member);

/*
 * Marks the addresses of all of ours as taken in the network, for one that died
 * between its definition and its reservation has an address without a reservation.
 */
RC_MUST_CHECK int rc_fleet_take_addresses(
    struct rc_session *session, struct rc_network *network, struct rc_error *err);

/* Writes the appliance's element into its domain; RC_NOT_FOUND: the domain is gone. */
RC_MUST_CHECK int rc_fleet_record(
    struct rc_session *session, const struct rc_appliance *appliance, struct rc_error *err);

#endif
