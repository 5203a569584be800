/* What the two files that use libguestfs share. */
#ifndef RC_HOST_GUESTFS_INTERNAL_H
#define RC_HOST_GUESTFS_INTERNAL_H

#include <guestfs.h>
#include <stdbool.h>

#include "base/scope.h"
#include "host/guestfs.h"

RC_RELEASER(rc_guestfs_release, guestfs_h *, guestfs_close)

/* The first line of what supermin, qemu or the appliance said last; the first known cause stays. */
struct rc_last_words {
	char line[200];
	const char *hint; /* of the known cause, or NULL */
};

/* Returns -1. */
int rc_guestfs_fail(struct rc_error *err, guestfs_h *g, const char *what);
/* A handle that has all its settings but disks, or NULL; words must outlive it. */
RC_MUST_CHECK guestfs_h *rc_guestfs_open(
    struct rc_last_words *words, bool emulate, struct rc_error *err);
/* Files in a mounted file system get mode and owner, missing directories are made. */
RC_MUST_CHECK int rc_guestfs_write(guestfs_h *g, const struct rc_injected_file *file);
RC_MUST_CHECK int rc_guestfs_start(guestfs_h *g, struct rc_last_words *words, struct rc_error *err);
void rc_guestfs_names_release(char ***names);
/* Names of the disks, in the order in which they were added. */
RC_MUST_CHECK int rc_guestfs_devices(
    guestfs_h *g, char ***ret, size_t expected, struct rc_error *err);

#endif
