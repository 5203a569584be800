/* An image's manifest.json: what the image is, and the checksums of its files. */
#ifndef RC_CORE_MANIFEST_H
#define RC_CORE_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/sha256.h"
#include "core/image_name.h"

struct rc_image_file {
	uint64_t size; /* 0: the image has no such part */
	char sha256[RC_SHA256_HEX];
};

/* What an image is: files that the hypervisor boots directly, or a disk with a boot loader. */
enum rc_layout { RC_LAYOUT_APPLIANCE, RC_LAYOUT_DISK, RC_LAYOUTS };
const char *rc_layout_name(enum rc_layout layout);

#define RC_PARTITION_MAX 128

struct rc_manifest {
	enum rc_layout layout;
	char *name;         /* [a-z][a-z0-9-]{0,30} */
	char *version;      /* [0-9A-Za-z.-]{1,40} */
	char *architecture; /* as libvirt names it: x86_64 */
	char *cmdline;      /* of the kernel; NULL: a disk's own */
	int64_t created;    /* unix seconds */
	struct rc_image_file parts[RC_IMAGE_PARTS];
	/* Of a disk: which partition has the root file system, and its size for the guest. */
	unsigned root_partition;
	uint64_t virtual_size;
	/* Versions of what is inside, for people; may be NULL.  Read from the contents, not
	 * written. */
	char *kernel, *docker, *runner;
};

void rc_manifest_release(struct rc_manifest *manifest);
/* Bytes of all its files. */
uint64_t rc_manifest_size(const struct rc_manifest *manifest);

/* The JSON text; contents is the recipe's contents.json and goes in whole (may be NULL). */
RC_MUST_CHECK int rc_manifest_write(
    char **ret, const struct rc_manifest *manifest, const char *contents, struct rc_error *err);
/* An unknown layout or member, a wrong type or a file name with a '/' is an error. */
RC_MUST_CHECK int rc_manifest_read(struct rc_manifest *ret, const char *text, struct rc_error *err);
/* The same manifest under another name of the image; its contents stay.  The caller frees. */
RC_MUST_CHECK int rc_manifest_rename(
    char **ret, const char *text, const char *name, struct rc_error *err);

#endif
