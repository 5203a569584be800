/* The door to libguestfs: config disks, and root file systems of images that boot by themselves. */
#ifndef RC_HOST_GUESTFS_H
#define RC_HOST_GUESTFS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/run.h"
#include "core/injection.h"

struct rc_config_disk {
	const char *path; /* a raw file to create; it must not exist */
	const struct rc_injection *injection;
};

/*
 * Makes count disks in one launch: one ext2 file system each, label RUNNERCFG,
 * files owned by root.  Files are created 0600 before anything is written.  On
 * failure no file of the batch is left.  emulate: the launch may not use KVM.
 * The handle takes nothing from the environment, has no network and no trace.
 */
RC_MUST_CHECK int rc_guestfs_make_disks(const struct rc_config_disk *disks, size_t count,
    bool emulate, const struct rc_run *run, struct rc_error *err);

/* The disk of an image, which no guest has written to. */
struct rc_disk_image {
	const char *path, *format; /* raw or qcow2 */
	const char *overlay;       /* where one is made, in a directory of the caller's */
	unsigned root_partition;   /* 0: the only one with a root file system */
};
/*
 * Finds the partition, or makes sure that the one that is named has a root file
 * system; a disk that a BIOS could not boot is refused.  Nothing is written to it.
 */
RC_MUST_CHECK int rc_guestfs_find_root(
    struct rc_disk_image *image, bool emulate, const struct rc_run *run, struct rc_error *err);

struct rc_root_disk {
	const char *path; /* of a qcow2 overlay that no guest has written to */
	unsigned partition;
	const struct rc_injection *injection;
};
/* Puts the files into the root file systems, all in one launch. */
RC_MUST_CHECK int rc_guestfs_fill_roots(const struct rc_root_disk *disks, size_t count,
    bool emulate, const struct rc_run *run, struct rc_error *err);

#endif
