/* Names on the command line. */
#ifndef RC_CMD_NAMES_H
#define RC_CMD_NAMES_H

#include "base/error.h"
#include "base/str.h"

/* Each is a name of an appliance, and stands there once. */
RC_MUST_CHECK int rc_names_check(const struct rc_strv *names, struct rc_error *err);
/* Adds STEM-1 to STEM-COUNT; count 0 adds all of names as they are. */
void rc_names_expand(struct rc_strv *ret, const struct rc_strv *names, unsigned count);

#endif
