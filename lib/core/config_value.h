/* The values that keys of the configuration file may have. */
#ifndef RC_CORE_CONFIG_VALUE_H
#define RC_CORE_CONFIG_VALUE_H

#include <stdint.h>

#include "base/error.h"

/* What a field holds is a string up to RC_VALUE_LAST_TEXT. */
enum rc_value {
	RC_VALUE_TEXT,
	RC_VALUE_PATH,
	RC_VALUE_ADDRESS,   /* of a network, with its prefix */
	RC_VALUE_ALLOWS,    /* holes, see core/allow.h */
	RC_VALUE_BLOCKS,    /* of addresses */
	RC_VALUE_RESOLVERS, /* addresses */
	RC_VALUE_PULL,
	RC_VALUE_PROXY,
	RC_VALUE_NO_PROXY,
	RC_VALUE_TAGS,
	RC_VALUE_LAST_TEXT = RC_VALUE_TAGS,
	RC_VALUE_BOOLEAN,
	RC_VALUE_SWITCH,  /* on, off */
	RC_VALUE_EXPOSED, /* cut, warn */
	RC_VALUE_ID,
	RC_VALUE_UNSIGNED,
	RC_VALUE_SECONDS,
	RC_VALUE_RESERVE,
	RC_VALUE_RATIO,   /* in hundredths */
	RC_VALUE_PERCENT, /* 0 to 99 */
	RC_VALUE_ACCEL,
	RC_VALUE_DOCKER,
	RC_VALUE_STRATEGY,
};

/* Checks text and stores it in the field, which is of the kind's type. */
RC_MUST_CHECK int rc_value_set(
    void *field, enum rc_value kind, const char *text, struct rc_error *err);

#endif
