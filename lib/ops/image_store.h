/* How an image gets into the pool: whole, or not at all. */
#ifndef RC_OPS_IMAGE_STORE_H
#define RC_OPS_IMAGE_STORE_H

#include "core/manifest.h"
#include "ops/session.h"

/* Takes RC_IMAGE_LOCK, and removes what interrupted runs left; *ret_lock holds it. */
RC_MUST_CHECK int rc_image_store_begin(
    struct rc_session *session, int *ret_lock, struct rc_error *err);
/* A version that sorts by time and that the pool does not have yet; the manifest has a name. */
RC_MUST_CHECK int rc_image_store_version(
    struct rc_session *session, struct rc_manifest *manifest, struct rc_error *err);
/* Is there room for so many bytes, before the first is written? */
RC_MUST_CHECK int rc_image_store_room(
    struct rc_session *session, uint64_t bytes, struct rc_error *err);
/*
 * Stores the local files, which the manifest describes, and the manifest's own,
 * which is the last path.  What was stored is read back before it counts.
 */
RC_MUST_CHECK int rc_image_store(struct rc_session *session, const struct rc_manifest *manifest,
    char *const paths[RC_IMAGE_PARTS + 1], struct rc_error *err);

/* Size and checksum of a local file. */
RC_MUST_CHECK int rc_image_file_sum(
    const char *path, struct rc_image_file *ret, struct rc_error *err);

#endif
