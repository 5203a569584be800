/* What an appliance may take of its host. */
#ifndef RC_CORE_LIMITS_H
#define RC_CORE_LIMITS_H

#include "core/appliance.h"

/* "1", "1.5", "0.25": percent of one CPU. */
RC_MUST_CHECK int rc_cpus_parse(unsigned *ret_percent, const char *text, struct rc_error *err);
/* Limits that qemu and libvirt can mean at all; whether the host has room is another question. */
RC_MUST_CHECK int rc_limits_check(const struct rc_limits *limits, struct rc_error *err);

#endif
