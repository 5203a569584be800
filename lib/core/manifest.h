/* An image's manifest.json: what the image is, and the checksums of its files. */
#ifndef RC_CORE_MANIFEST_H
#define RC_CORE_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/sha256.h"

enum rc_image_part { RC_IMAGE_KERNEL, RC_IMAGE_INITRD, RC_IMAGE_ROOT, RC_IMAGE_PARTS };

struct rc_image_file {
	uint64_t size; /* 0: the image has no such part */
	char sha256[RC_SHA256_HEX];
};

struct rc_manifest {
	char *name;         /* [a-z][a-z0-9-]{0,30} */
	char *version;      /* [0-9A-Za-z.-]{1,40} */
	char *architecture; /* as libvirt names it: x86_64 */
	char *cmdline;      /* of the kernel */
	int64_t created;    /* unix seconds */
	struct rc_image_file parts[RC_IMAGE_PARTS];
	/* Versions of what is inside, for people; may be NULL.  Read from the contents, not
	 * written. */
	char *kernel, *docker, *runner;
};

void rc_manifest_release(struct rc_manifest *manifest);

/* The JSON text; contents is the recipe's contents.json and goes in whole (may be NULL). */
RC_MUST_CHECK int rc_manifest_write(
    char **ret, const struct rc_manifest *manifest, const char *contents, struct rc_error *err);
/* Layout "appliance" only; an unknown layout, a wrong type or a file name with a '/' is an error.
 */
RC_MUST_CHECK int rc_manifest_read(struct rc_manifest *ret, const char *text, struct rc_error *err);

/* "root.squashfs" and so on: a part's file name, and the end of its volume's name. */
const char *rc_image_part_name(enum rc_image_part part);
/* The volume "NAME@VERSION.root.squashfs"; the caller frees.  RC_IMAGE_PARTS: the manifest's own.
 */
char *rc_image_volume(const char *name, const char *version, enum rc_image_part part);
/*
 * Takes "NAME" (the newest version is meant: *ret_version is NULL) or
 * "NAME@VERSION" apart; the caller frees both.
 */
RC_MUST_CHECK int rc_image_reference(
    char **ret_name, char **ret_version, const char *text, struct rc_error *err);

#endif
