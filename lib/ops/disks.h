/* An appliance's own disk: empty, or what the guest writes over its image's. */
#ifndef RC_OPS_DISKS_H
#define RC_OPS_DISKS_H

#include "core/injection.h"
#include "ops/steps.h"

/* Makes it anew; one that is there, whatever was written to it, is removed. */
RC_MUST_CHECK int rc_disk_make(
    struct rc_work *work, const struct rc_manifest *manifest, struct rc_error *err);

/*
 * Makes the disks of works whose image is a disk anew, and puts the files into
 * their root file systems; the works' manifests are read.
 */
RC_MUST_CHECK int rc_disks_fill(struct rc_work **works, struct rc_injection *injections,
    size_t count, bool emulate, struct rc_error *err);

#endif
