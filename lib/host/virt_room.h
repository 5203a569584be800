/* What of the host is spoken for, as libvirt knows it. */
#ifndef RC_HOST_VIRT_ROOM_H
#define RC_HOST_VIRT_ROOM_H

#include "host/virt.h"

/* A domain that runs, anybody's, transient ones too. */
struct rc_lodger {
	char *name;
	char uuid[37];
	uint64_t cpus;
	uint64_t memory_max;  /* bytes its guest may take */
	uint64_t memory_host; /* resident bytes, 0 when not known */
	uint64_t disk_growth; /* bytes by which its thin disks beside ours may still grow */
};
struct rc_lodgers {
	struct rc_lodger *items;
	size_t count;
};
/*
 * One call for the list, one for the numbers.  beside: a directory of the pool's
 * file system; disks elsewhere do not count, where this machine can tell.
 */
RC_MUST_CHECK int rc_virt_lodgers(
    struct rc_virt *virt, const char *beside, struct rc_lodgers *ret, struct rc_error *err);
void rc_lodgers_release(struct rc_lodgers *lodgers);

struct rc_pool_space {
	char *path; /* the pool's directory; NULL: there is no pool */
	uint64_t whole, free;
};
/* Of its file system, as it is now: libvirt is made to look again. */
RC_MUST_CHECK int rc_virt_pool_space(
    struct rc_virt *virt, struct rc_pool_space *ret, struct rc_error *err);
void rc_pool_space_release(struct rc_pool_space *space);

#endif
