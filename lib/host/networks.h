/* What the kernel of the machine we run on knows of addresses and bridges. */
#ifndef RC_HOST_NETWORKS_H
#define RC_HOST_NETWORKS_H

#include <stdbool.h>

#include "core/address.h"

/*
 * Adds the on-link network of every global address of the host, in order;
 * what is special anyway the filter closes by itself.
 */
RC_MUST_CHECK int rc_host_networks(struct rc_blocks *to, struct rc_error *err);

/*
 * Adds every address of that name, in order whatever the resolver's; without ipv6
 * a name that has none but IPv6 ones adds nothing.  RC_HOST if it cannot be resolved.
 */
RC_MUST_CHECK int rc_host_resolve(
    struct rc_blocks *to, const char *name, bool ipv6, struct rc_error *err);

/* Is it a bridge port that exchanges no frames with other such ports? */
bool rc_host_port_isolated(const char *device);

RC_MUST_CHECK int rc_host_isolate_port(const char *device, struct rc_error *err);

/* The ethernet-layer rules of all devices; RC_HOST without the right to read them. */
RC_MUST_CHECK int rc_host_ebtables(char **ret, struct rc_error *err);

#endif
