/* The networks that the machine we run on is part of. */
#ifndef RC_HOST_NETWORKS_H
#define RC_HOST_NETWORKS_H

#include "base/str.h"

/*
 * Adds network and prefix length ("93.184.216.0" and "24") of every global IPv4
 * address of the host, its on-link neighbours with it; what is special anyway
 * is denied by the filter's own rules.
 */
RC_MUST_CHECK int rc_host_networks(
    struct rc_strv *networks, struct rc_strv *prefixes, struct rc_error *err);

#endif
