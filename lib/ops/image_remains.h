/* The images in the pool, and what interrupted builds and removals left of some. */
#ifndef RC_OPS_IMAGE_REMAINS_H
#define RC_OPS_IMAGE_REMAINS_H

#include "host/virt_storage.h"
#include "ops/image_users.h"

/* Adds all images, sorted, also those whose manifests cannot be read. */
RC_MUST_CHECK int rc_image_references(
    struct rc_session *session, struct rc_strv *ret, struct rc_error *err);
/*
 * Adds the names of volumes that belong to no image: parts whose manifest is
 * missing, and manifests that were never written.  Also those of a build that
 * is storing its image right now, unless RC_IMAGE_LOCK is held.
 */
RC_MUST_CHECK int rc_image_remains(struct rc_session *session, const struct rc_volumes *volumes,
    struct rc_strv *ret, struct rc_error *err);
/* Removes them, but for what a domain uses; says so.  RC_IMAGE_LOCK must be held. */
RC_MUST_CHECK int rc_image_remains_remove(struct rc_session *session, struct rc_error *err);

#endif
