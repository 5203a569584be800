/* What a change of limits comes to: now, and with the next generation. */
#ifndef RC_CORE_SETTING_H
#define RC_CORE_SETTING_H

#include "base/str.h"
#include "core/appliance.h"

/* What a person asks for. */
struct rc_setting_wish {
	struct rc_limits limits; /* those that shall change */
	struct rc_strv defaults; /* names of those that shall be the profile's again */
};

struct rc_setting {
	struct rc_limits own;     /* what is recorded as a person's wish */
	struct rc_limits next;    /* what the next generation gets */
	struct rc_limits limits;  /* what this one has then */
	struct rc_limits changed; /* those of them that it had not, as in a wish */
};

/* profile: what its profile says now.  RC_USAGE: limits that cannot be. */
RC_MUST_CHECK int rc_setting_choose(struct rc_setting *ret, const struct rc_appliance *a,
    const struct rc_limits *profile, const struct rc_setting_wish *wish, struct rc_error *err);

/* Is one of them of that kind? */
bool rc_limits_touch(const struct rc_limits *limits, enum rc_limit_live live);

#endif
