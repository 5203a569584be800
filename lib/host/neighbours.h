/* Who the machine we run on is, and who is near it. */
#ifndef RC_HOST_NEIGHBOURS_H
#define RC_HOST_NEIGHBOURS_H

#include <stdbool.h>

#include "base/str.h"
#include "core/address.h"

/* Adds all its addresses of both families, IPv4 first; not the loopback's. */
RC_MUST_CHECK int rc_host_addresses(struct rc_strv *to, struct rc_error *err);
/*
 * Adds machines on its networks: routers and those that it talked to lately,
 * and the last address of each network, whether somebody has it or not.  What
 * is behind the link called `except` is left out.
 */
RC_MUST_CHECK int rc_host_neighbours(struct rc_strv *to, const char *except, struct rc_error *err);

/* The first IPv4 address of that name; RC_HOST if it has none. */
RC_MUST_CHECK int rc_host_address_of(
    char buf[RC_ADDRESS_TEXT], const char *name, struct rc_error *err);
/* The first IPv6 address, if there is one. */
bool rc_host_address6_of(char buf[RC_ADDRESS_TEXT], const char *name);

#endif
