/* How much memory an idle appliance can do without for a moment. */
#include "core/reclaim.h"

#include <stdio.h>
#include <string.h>

#define MiB (UINT64_C(1) << 20)
/*
 * At least; a 256th of its memory where that is more.  It stays filled with cache, as does
 * what the guest does not call available because its kernel wants to have it free, which is
 * 24 MiB in the shipped image, and more where huge pages raise it: so it can be small.
 */
#define HEADROOM (8 * MiB)
#define STALE 120        /* seconds */
#define WORTH (64 * MiB) /* less is not worth disturbing a guest for */

static bool
no(char why[120], const char *reason)
{
	snprintf(why, 120, "%s", reason);
	return false;
}

bool
rc_reclaim_is_idle(const struct rc_reclaimable *r, char why[120])
{
	if (!r->guest_known)
		return no(why, "its guest does not answer");
	/* A status that nobody writes any more tells of no job either. */
	if (r->guest.time + STALE < r->now || r->guest.time > r->now + STALE)
		return no(why, "what its guest tells is old, or its clock is wrong");
	if (r->guest.jobs)
		return no(why, "a job runs in it");
	if (strcmp(r->guest.runner, "polling") != 0)
		return no(why, "its runner does not wait for work");
	return true;
}

bool
rc_reclaim_target(uint64_t *ret, const struct rc_reclaimable *r, char why[120])
{
	uint64_t used = rc_usage_guest_used(&r->usage);
	uint64_t headroom = r->memory / 256 > HEADROOM ? r->memory / 256 : HEADROOM;
	uint64_t target;

	if (used == RC_UNKNOWN)
		return no(why, "what its guest says of its memory is old, or cannot be");
	if (r->memory_now == RC_UNKNOWN || r->memory_now < r->memory)
		return no(why, "its balloon is not empty");
	/* The guest's kernel does not count what it took for itself at its begin. */
	target = used + (r->memory - r->usage.guest_memory) + headroom;
	target = (target + MiB - 1) / MiB * MiB;
	if (target + WORTH > r->memory)
		return no(why, "its guest uses what it has");
	if (r->usage.memory == RC_UNKNOWN || r->usage.memory < target + WORTH)
		return no(why, "the host has what its guest does not use");
	*ret = target;
	return true;
}
