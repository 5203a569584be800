/*
 * Limits that libvirt sets in one call change together: one that is changed
 * takes along what the profile says of the others of its kind, else a burst
 * could outlive its rate.  The rest of what the profile has come to say stays
 * a reason for rotation.
 */
#include "core/setting.h"

#include <string.h>

/* Of which kinds something is said. */
static void
take_wish(struct rc_limits *own, bool kinds[RC_LIVE_COUNT], const struct rc_setting_wish *wish)
{
	for (const struct rc_limit *limit = rc_limit_rows; limit->name; limit++) {
		uint64_t value = rc_limit_get(&wish->limits, limit);

		if (value) {
			rc_limit_put(own, limit, value);
			kinds[limit->live] = true;
		}
		for (size_t i = 0; i < wish->defaults.count; i++)
			if (strcmp(wish->defaults.items[i], limit->name) == 0) {
				rc_limit_put(own, limit, 0);
				kinds[limit->live] = true;
			}
	}
}

static bool
is_cap(const struct rc_limit *limit)
{
	return limit->kind == RC_LIMIT_CPUS;
}

int
rc_setting_choose(struct rc_setting *ret, const struct rc_appliance *a,
    const struct rc_limits *profile, const struct rc_setting_wish *wish, struct rc_error *err)
{
	struct rc_setting setting = { .own = a->own, .limits = a->limits };
	bool kinds[RC_LIVE_COUNT] = { false };

	take_wish(&setting.own, kinds, wish);
	setting.next = rc_limits_over(profile, &setting.own);
	if (rc_limits_check(&setting.next, err) < 0)
		return -1;
	for (const struct rc_limit *limit = rc_limit_rows; limit->name; limit++) {
		uint64_t now = rc_limit_get(&a->limits, limit);
		uint64_t then = rc_limit_get(&setting.next, limit);

		if (limit->live == RC_LIVE_NOT || !kinds[limit->live] || then == now)
			continue;
		/* A cap above the CPUs that it has is for the CPUs that it gets. */
		if (is_cap(limit) && then > a->limits.cpus * UINT64_C(100))
			continue;
		rc_limit_put(&setting.limits, limit, then);
		rc_limit_put(&setting.changed, limit, then ? then : RC_NO_LIMIT);
	}
	*ret = setting;
	return 0;
}

bool
rc_limits_touch(const struct rc_limits *limits, enum rc_limit_live live)
{
	for (const struct rc_limit *limit = rc_limit_rows; limit->name; limit++)
		if (limit->live == live && rc_limit_get(limits, limit))
			return true;
	return false;
}
