/* The addresses of the machine we run on. */
#ifndef RC_HOST_ADDRESSES_H
#define RC_HOST_ADDRESSES_H

#include "base/str.h"

/* Adds the host's global IPv4 addresses; the special ones are denied by the filter anyway. */
RC_MUST_CHECK int rc_host_addresses(struct rc_strv *list, struct rc_error *err);

#endif
