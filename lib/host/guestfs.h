/* The door to libguestfs: makes and fills config disks, several in one launch. */
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

#endif
