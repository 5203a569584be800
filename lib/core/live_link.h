/* Where a running domain is plugged in. */
#ifndef RC_CORE_LIVE_LINK_H
#define RC_CORE_LIVE_LINK_H

#include "base/error.h"

/* The first interface's own device and its bridge, from the live document; the caller frees both.
 */
RC_MUST_CHECK int rc_live_link(
    char **ret_device, char **ret_bridge, const char *xml, struct rc_error *err);

#endif
