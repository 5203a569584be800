/*
 * An entry of the kernel's own in its table of neighbours, which no packet changes:
 * so that nobody need be asked, or believed, who has an appliance's IPv6 address.
 */
#ifndef RC_HOST_PINNED_H
#define RC_HOST_PINNED_H

#include <stdbool.h>

#include "base/error.h"

RC_MUST_CHECK int rc_host_pin(
    const char *device, const char *ip6, const char *mac, struct rc_error *err);
bool rc_host_is_pinned(const char *device, const char *ip6, const char *mac);
/* No error if it is not there. */
RC_MUST_CHECK int rc_host_unpin(const char *device, const char *ip6, struct rc_error *err);

#endif
