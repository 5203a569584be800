/*
 * Is there room on the host for one more?  The one notion of room, for create,
 * register and rotate; the caller brings what it found.  What counts is what each
 * may take, not what it takes just now: guests decide when they use it.
 */
#ifndef RC_CORE_ROOM_H
#define RC_CORE_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* What the host keeps for itself: bytes, or a part of what it has. */
struct rc_reserve {
	uint64_t bytes;
	unsigned percent; /* used if bytes is 0 */
};
/* "2GiB" or "10%"; nothing is "0%". */
RC_MUST_CHECK int rc_reserve_parse(struct rc_reserve *ret, const char *text, struct rc_error *err);
uint64_t rc_reserve_of(const struct rc_reserve *reserve, uint64_t whole);

enum rc_resource {
	RC_MEMORY, /* bytes */
	RC_CPUS,   /* vCPUs */
	RC_DISK,   /* bytes */
	RC_RESOURCES,
};

/* A domain, and the most that it may still come to take. */
struct rc_tenant {
	char *name;
	uint64_t takes[RC_RESOURCES]; /* of the disk only what it does not take yet */
};

struct rc_room {
	uint64_t has[RC_RESOURCES];  /* vCPUs: with the overcommitment; disk 0: not known */
	uint64_t free[RC_RESOURCES]; /* of that, before what is kept and what tenants may take */
	uint64_t keeps[RC_RESOURCES];
	uint64_t cpus; /* real ones */
	struct rc_tenant *tenants;
	size_t count;
};
void rc_room_release(struct rc_room *room);
void rc_room_add(struct rc_room *room, const char *name, const uint64_t takes[RC_RESOURCES]);

/* Nothing can be made any more: not even what a new one writes before its guest does. */
bool rc_room_disk_full(const struct rc_room *room);

/* Memory that a domain's qemu takes besides the guest's. */
uint64_t rc_room_of_qemu(bool emulated, uint64_t host_memory);

/*
 * RC_NO_ROOM with the numbers and who takes most; RC_USAGE if the host is to keep
 * more than it has.  instead: what one of the tenants takes that goes when this one
 * comes, so that only the difference needs room; or NULL.
 */
RC_MUST_CHECK int rc_room_admit(const struct rc_room *room, const uint64_t takes[RC_RESOURCES],
    const uint64_t instead[RC_RESOURCES], struct rc_error *err);

#endif
