/* The options that say what an appliance may take of its host: create and set share them. */
#ifndef RC_CMD_LIMITS_H
#define RC_CMD_LIMITS_H

#include "cmd/command.h"

/* For a struct rc_limits; their names are those of core/limits.h. */
extern const struct rc_option rc_limit_options[];

#endif
