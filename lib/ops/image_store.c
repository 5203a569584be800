/*
 * How an image gets into the pool: its files first, the manifest last.  An image
 * without its manifest does not exist, and the next run removes what such a one
 * left.
 */
#include "ops/image_store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/size.h"
#include "base/str.h"
#include "host/clock.h"
#include "host/lock.h"
#include "host/virt_room.h"
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

int
rc_image_store_version(
    struct rc_session *session, struct rc_manifest *manifest, struct rc_error *err)
{
	struct rc_manifest *m = manifest;
	scoped(rc_volumes_release) struct rc_volumes volumes = { 0 };

	if (rc_virt_volumes(session->virt, RC_VOLUME_NAMES, &volumes, err) < 0)
		return -1;
	for (;; rc_clock_wait(0.2)) {
		scoped(rc_str_release) char *volume = NULL;
		struct tm now;
		char version[32];

		m->created = rc_clock_now();
		gmtime_r(&(time_t){ m->created }, &now);
		strftime(version, sizeof(version), "%Y%m%d-%H%M%S", &now);
		rc_str_set(&m->version, version);
		volume = rc_image_volume(m->name, version, RC_IMAGE_PARTS);
		if (!rc_volumes_find(&volumes, volume))
			return 0;
		if (rc_run_check(&session->run, err) < 0)
			return -1;
	}
}

int
rc_image_store_room(struct rc_session *session, uint64_t bytes, struct rc_error *err)
{
	char has[16], wants[16];
	scoped(rc_pool_space_release) struct rc_pool_space space = { 0 };

	if (rc_virt_pool_space(session->virt, &space, err) < 0)
		return -1;
	if (space.free >= bytes)
		return 0;
	rc_fail(err, RC_NO_ROOM, "it needs %s in the storage pool, and %s are free",
	    rc_size_format(wants, bytes), rc_size_format(has, space.free));
	return rc_hint(
	    err, "make room, for example with: runnerctl image remove --unused --keep 1");
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
	if (rc_image_store_room(session, rc_manifest_size(manifest), err) < 0)
		return -1;
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
