/* libvirt's storage: our pool and its volumes. */
#ifndef RC_HOST_VIRT_STORAGE_H
#define RC_HOST_VIRT_STORAGE_H

#include "base/sha256.h"
#include "host/virt.h"

#define RC_POOL "runnerctl"

struct rc_volume {
	char *name, *path;
	uint64_t capacity, allocation; /* bytes */
};
struct rc_volumes {
	struct rc_volume *items;
	size_t count;
};

/* Defines, builds and starts the pool if need be; a pool of that name with another UUID is foreign.
 */
RC_MUST_CHECK int rc_virt_pool_ensure(
    struct rc_virt *virt, const char *xml, const char *uuid, struct rc_error *err);
/* The UUID of the pool of our name, "" if there is none. */
RC_MUST_CHECK int rc_virt_pool_uuid(struct rc_virt *virt, char uuid[37], struct rc_error *err);

/* Starts the pool if it is ours and off. */
RC_MUST_CHECK int rc_virt_pool_wake(struct rc_virt *virt, const char *uuid, struct rc_error *err);

/* The names come with the list, everything else is two calls for each volume. */
enum rc_volume_detail { RC_VOLUME_NAMES, RC_VOLUME_FACTS };
/* All volumes of the pool; none if there is no pool. */
RC_MUST_CHECK int rc_virt_volumes(struct rc_virt *virt, enum rc_volume_detail detail,
    struct rc_volumes *ret, struct rc_error *err);
void rc_volumes_release(struct rc_volumes *volumes);
/* Borrowed, or NULL. */
const struct rc_volume *rc_volumes_find(const struct rc_volumes *volumes, const char *name);

/* What an overlay shows until it is written over; the format is never guessed. */
struct rc_backing {
	const char *path, *format;
};
/* A thin qcow2 (compat 1.1) of that virtual size; backing NULL: empty. */
RC_MUST_CHECK int rc_virt_volume_data(struct rc_virt *virt, const char *name, uint64_t capacity,
    const struct rc_backing *backing, struct rc_error *err);
/* A raw volume with the content of the local file; secret: readable by nobody but qemu. */
RC_MUST_CHECK int rc_virt_volume_upload(struct rc_virt *virt, const char *name, const char *file,
    bool secret, const struct rc_run *run, struct rc_error *err);
/* The path of an existing volume on the libvirt host. */
RC_MUST_CHECK int rc_virt_volume_path(
    struct rc_virt *virt, const char *name, char **ret, struct rc_error *err);
/* The content as text, at most max bytes; RC_NOT_FOUND if there is no such volume, or nothing in it
 * yet. */
RC_MUST_CHECK int rc_virt_volume_text(
    struct rc_virt *virt, const char *name, size_t max, char **ret, struct rc_error *err);
/* Size and checksum of the content; RC_NOT_FOUND if there is no such volume. */
RC_MUST_CHECK int rc_virt_volume_sum(struct rc_virt *virt, const char *name, uint64_t *ret_size,
    char hex[RC_SHA256_HEX], struct rc_error *err);
/* No error if it is gone. */
RC_MUST_CHECK int rc_virt_volume_delete(
    struct rc_virt *virt, const char *name, struct rc_error *err);

#endif
