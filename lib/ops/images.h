/* Images as volumes of the pool: a manifest, and the files it vouches for. */
#ifndef RC_OPS_IMAGES_H
#define RC_OPS_IMAGES_H

#include "core/manifest.h"
#include "host/virt_storage.h"
#include "ops/session.h"

/* An image whose files were found as its manifest says. */
struct rc_image {
	struct rc_manifest manifest;
	char *reference;             /* NAME@VERSION */
	char *paths[RC_IMAGE_PARTS]; /* on the libvirt host; NULL: it has no such part */
};
void rc_image_release(struct rc_image *image);
/* The path of its root or its disk, whichever kind that is. */
const char *rc_image_root(const struct rc_image *image);
/* What appliances of an image of layout "disk" write over; paths are the image's. */
struct rc_backing rc_image_backing(const struct rc_image *image);
/*
 * Can an appliance with so large a disk be made of it, here?  Of layout
 * "disk", only one that has room for it, and where libguestfs sees the pool.
 */
RC_MUST_CHECK int rc_image_fits(const struct rc_session *session, const struct rc_image *image,
    uint64_t disk, struct rc_error *err);
/* The manifest of NAME@VERSION. */
RC_MUST_CHECK int rc_image_manifest_of(struct rc_session *session, const char *reference,
    struct rc_manifest *ret, struct rc_error *err);

/*
 * Finds NAME@VERSION, or the newest version of NAME, and checks size and
 * SHA-256 of every file.  RC_NOT_FOUND with a hint when there is none.
 */
RC_MUST_CHECK int rc_image_find(
    struct rc_session *session, const char *reference, struct rc_image *ret, struct rc_error *err);

#define RC_MANIFEST_MAX (4 * 1024 * 1024) /* bytes */
#define RC_IMAGE_LOCK "@image"            /* held by what stores or removes images */
#define RC_DEFINE_LOCK "@addresses"       /* held where domains are defined, and images removed */

/* Is it the name of a manifest's volume? */
bool rc_image_is_manifest(const char *volume);
/*
 * Is the manifest still there?  Asked under the lock that definitions of
 * domains are made under, as images are removed under it too.
 */
RC_MUST_CHECK int rc_image_still_there(
    struct rc_session *session, const struct rc_image *image, struct rc_error *err);
/* Reads the manifest in that volume; it must be the one of the image that the name says. */
RC_MUST_CHECK int rc_image_manifest(
    struct rc_session *session, const char *volume, struct rc_manifest *ret, struct rc_error *err);

#endif
