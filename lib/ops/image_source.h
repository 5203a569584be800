/* What the two kinds of import share: files that somebody gave, and a place in the pool. */
#ifndef RC_OPS_IMAGE_SOURCE_H
#define RC_OPS_IMAGE_SOURCE_H

#include "core/manifest.h"
#include "ops/session.h"

/* --name, which may have no version. */
RC_MUST_CHECK int rc_image_source_name(const char *name, struct rc_error *err);
/* Opens a regular file of the directory (AT_FDCWD: a path): links, devices and pipes lead
 * elsewhere. */
RC_MUST_CHECK int rc_image_source_open(
    int *ret, int directory, const char *name, struct rc_error *err);
/*
 * Is the wish's signature, if there is one, a good one of the manifest's text?
 * directory is our own.
 */
RC_MUST_CHECK int rc_image_source_signature(struct rc_session *session, const char *directory,
    const char *text, const struct rc_import_wish *wish, struct rc_error *err);
/* Made for this host? */
RC_MUST_CHECK int rc_image_source_fits(
    struct rc_session *session, const struct rc_manifest *manifest, struct rc_error *err);
/* A version is one set of bytes for good: one that the pool has is refused. */
RC_MUST_CHECK int rc_image_source_is_new(
    struct rc_session *session, const struct rc_manifest *manifest, struct rc_error *err);

#endif
