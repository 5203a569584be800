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

/*
 * Finds NAME@VERSION, or the newest version of NAME, and checks size and
 * SHA-256 of every file.  RC_NOT_FOUND with a hint when there is none.
 */
RC_MUST_CHECK int rc_image_find(
    struct rc_session *session, const char *reference, struct rc_image *ret, struct rc_error *err);

/* Is it the name of a manifest's volume? */
bool rc_image_is_manifest(const char *volume);
/* The name of the manifest that vouches for an image part's volume; NULL for other volumes. */
char *rc_image_part_manifest(const char *volume);
/* Reads the manifest in that volume; it must be the one of the image that the name says. */
RC_MUST_CHECK int rc_image_manifest(
    struct rc_session *session, const char *volume, struct rc_manifest *ret, struct rc_error *err);

#endif
