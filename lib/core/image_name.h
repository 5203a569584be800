/* What images, their files and the volumes of those are called. */
#ifndef RC_CORE_IMAGE_NAME_H
#define RC_CORE_IMAGE_NAME_H

#include "base/error.h"

/* The root is one of two file systems, a disk has one of two formats. */
enum rc_image_part {
	RC_IMAGE_KERNEL,
	RC_IMAGE_INITRD,
	RC_IMAGE_ROOT,
	RC_IMAGE_ROOT_EROFS,
	RC_IMAGE_DISK_RAW,
	RC_IMAGE_DISK_QCOW2,
	RC_IMAGE_PARTS
};

/* [0-9A-Za-z.-]{1,40} */
RC_MUST_CHECK int rc_image_version_check(const char *version, struct rc_error *err);

/* "root.squashfs" and so on: a part's file name, and the end of its volume's name. */
const char *rc_image_part_name(enum rc_image_part part);
/* The volume "NAME@VERSION.root.squashfs"; the caller frees.  RC_IMAGE_PARTS: the manifest's own.
 */
char *rc_image_volume(const char *name, const char *version, enum rc_image_part part);
/* "NAME@VERSION" of such a volume, which the caller frees; NULL for other volumes. */
char *rc_image_volume_reference(const char *volume, enum rc_image_part *ret_part);
/*
 * Takes "NAME" (the newest version is meant: *ret_version is NULL) or
 * "NAME@VERSION" apart; the caller frees both.
 */
RC_MUST_CHECK int rc_image_reference(
    char **ret_name, char **ret_version, const char *text, struct rc_error *err);

#endif
