/*
 * How an image gets into the pool: its files first, the manifest last.  An image
 * without its manifest does not exist, and the next run removes what such a one
 * left.
 */
#include "ops/image_store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "host/lock.h"
#include "host/virt_storage.h"
#include "host/workdir.h"
#include "ops/host_objects.h"
#include "ops/image_remains.h"
#include "ops/images.h"

int
rc_image_store_begin(struct rc_session *session, int *ret_lock, struct rc_error *err)
{
	if (rc_lock_take(ret_lock, RC_IMAGE_LOCK, 10, &session->run, err) < 0)
		return -1;
	rc_workdir_sweep(&session->run);
	return rc_ensure_pool(session, err) < 0 ? -1 : rc_image_remains_remove(session, err);
}

/* The file may have changed since its checksum was taken, and so may what libvirt wrote. */
static int
check_stored(struct rc_session *session, const char *volume, const struct rc_image_file *file,
    struct rc_error *err)
{
	char hex[RC_SHA256_HEX];
	uint64_t size;

	if (rc_virt_volume_sum(session->virt, volume, &size, hex, err) < 0)
		return -1;
	if (size == file->size && strcmp(hex, file->sha256) == 0)
		return 0;
	return rc_fail(err, RC_FAILED,
	    "the volume %s does not hold what its file did: the file or the disk changed", volume);
}

static int
store_parts(struct rc_session *session, const struct rc_manifest *m,
    char *const paths[RC_IMAGE_PARTS + 1], struct rc_error *err)
{
	for (int i = 0; i <= RC_IMAGE_PARTS; i++) {
		scoped(rc_str_release) char *volume =
		    rc_image_volume(m->name, m->version, (enum rc_image_part)i);

		if (i < RC_IMAGE_PARTS && !m->parts[i].size)
			continue;
		rc_run_step(&session->run, "store %s", volume);
		if (rc_virt_volume_upload(
			session->virt, volume, paths[i], false, &session->run, err) < 0)
			return -1;
		if (i < RC_IMAGE_PARTS && check_stored(session, volume, &m->parts[i], err) < 0)
			return -1;
	}
	return 0;
}

int
rc_image_store(struct rc_session *session, const struct rc_manifest *manifest,
    char *const paths[RC_IMAGE_PARTS + 1], struct rc_error *err)
{
	if (store_parts(session, manifest, paths, err) == 0)
		return 0;
	/* All parts or none: one that cannot be stored takes its siblings with it. */
	for (int i = RC_IMAGE_PARTS; i >= 0; i--) {
		scoped(rc_str_release) char *volume =
		    rc_image_volume(manifest->name, manifest->version, (enum rc_image_part)i);
		struct rc_error ignored;

		if (rc_virt_volume_delete(session->virt, volume, &ignored) < 0)
			rc_run_warn(&session->run, "%s", ignored.text);
	}
	return -1;
}

int
rc_image_file_sum(const char *path, struct rc_image_file *ret, struct rc_error *err)
{
	FILE *file = fopen(path, "re");
	struct rc_sha256 *sum;
	char piece[4096];
	size_t n;
	bool failed;

	if (!file)
		return rc_fail_sys(err, errno, "cannot open %s", path);
	*ret = (struct rc_image_file){ 0 };
	sum = rc_sha256_new();
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0) {
		rc_sha256_add(sum, piece, n);
		ret->size += n;
	}
	failed = ferror(file);
	fclose(file);
	rc_sha256_finish(sum, ret->sha256);
	return failed ? rc_fail(err, RC_FAILED, "cannot read %s", path) : 0;
}
