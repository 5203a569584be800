/*
 * image import of a disk that boots by itself.  Its format is what the person
 * says, never what its first bytes suggest: a raw disk belongs to its guest, which
 * could write there what looks like a qcow2 header naming any file of the host.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/size.h"
#include "base/str.h"
#include "core/qcow2.h"
#include "host/clock.h"
#include "host/guestfs.h"
#include "host/kvm.h"
#include "host/workdir.h"
#include "ops/host_objects.h"
#include "ops/image_source.h"
#include "ops/image_store.h"
#include "ops/image_verbs.h"
#include "ops/images.h"

#define SECTOR 512

struct import {
	struct rc_session *session;
	const struct rc_import_wish *wish;
	char *path; /* of the disk, through all links */
	char *directory;
	int lock; /* on our own */
	int disk;
	enum rc_image_part part;
	struct rc_image_file file; /* as it is */
	uint64_t virtual_size;
	char *text; /* of the manifest */
	struct rc_manifest manifest;
};

static void
import_release(struct import *import)
{
	if (import->directory)
		rc_workdir_remove(import->directory);
	rc_fd_release(&import->lock);
	rc_fd_release(&import->disk);
	free(import->path);
	free(import->directory);
	free(import->text);
	rc_manifest_release(&import->manifest);
}

static int
check_raw(struct import *import, const unsigned char *head, struct rc_error *err)
{
	if (import->file.size == 0 || import->file.size % SECTOR)
		return rc_fail(
		    err, RC_FAILED, "a raw disk cannot have %" PRIu64 " bytes", import->file.size);
	import->virtual_size = import->file.size;
	if (rc_qcow2_begins(head, RC_QCOW2_HEADER))
		rc_run_warn(&import->session->run,
		    "%s begins like a qcow2 image, and is taken as the raw disk that it is said to "
		    "be",
		    import->wish->disk);
	return 0;
}

/* What can be told without reading all of it. */
static int
look(struct import *import, struct rc_error *err)
{
	unsigned char head[RC_QCOW2_HEADER] = { 0 };
	struct stat about;
	ssize_t n;

	import->path = realpath(import->wish->disk, NULL);
	if (!import->path)
		return rc_fail_sys(err, errno, "cannot open %s", import->wish->disk);
	if (rc_image_source_open(&import->disk, AT_FDCWD, import->path, err) < 0)
		return -1;
	n = pread(import->disk, head, sizeof(head), 0);
	if (n < 0 || fstat(import->disk, &about) < 0)
		return rc_fail(err, RC_FAILED, "%s cannot be read", import->wish->disk);
	import->file.size = (uint64_t)about.st_size;
	if (import->part == RC_IMAGE_DISK_RAW
		? check_raw(import, head, err) < 0
		: rc_qcow2_check(&import->virtual_size, head, (size_t)n, err) < 0)
		return rc_within(err, "%s", import->wish->disk);
	return 0;
}

/* The checksum, of the very file that will be stored. */
static int
sum(struct import *import, struct rc_error *err)
{
	scoped(rc_str_release) char *path = rc_format("/proc/self/fd/%d", import->disk);

	rc_run_step(&import->session->run, "check %s", import->wish->disk);
	return rc_image_file_sum(path, &import->file, err);
}

static int
read_manifest(struct import *import, struct rc_error *err)
{
	const struct rc_import_wish *wish = import->wish;
	scoped(rc_str_release) char *text = NULL;
	struct rc_manifest *m = &import->manifest;

	if (rc_file_read(&import->text, NULL, wish->manifest, RC_MANIFEST_MAX, err) < 0 ||
	    rc_image_source_signature(import->session, import->directory, import->text, wish, err) <
		0 ||
	    rc_manifest_rename(&text, import->text, wish->name, err) < 0 ||
	    rc_manifest_read(m, text, err) < 0)
		return -1;
	rc_str_set(&import->text, text);
	if (m->layout != RC_LAYOUT_DISK || !m->parts[import->part].size)
		return rc_fail(err, RC_FAILED, "it is not the manifest of a %s",
		    rc_image_part_name(import->part));
	if (wish->root_partition && wish->root_partition != m->root_partition)
		return rc_fail(err, RC_USAGE,
		    "its root file system is in partition %u, not in --root-partition %u",
		    m->root_partition, wish->root_partition);
	if (m->virtual_size != import->virtual_size)
		return rc_fail(err, RC_FAILED,
		    "it speaks of a disk of %" PRIu64 " bytes, this one has %" PRIu64,
		    m->virtual_size, import->virtual_size);
	return rc_image_source_fits(import->session, m, err) < 0 ||
		       rc_image_source_is_new(import->session, m, err) < 0
		   ? -1
		   : 0;
}

static int
compare(const struct import *import, struct rc_error *err)
{
	const struct rc_image_file *wanted = &import->manifest.parts[import->part];

	if (!import->wish->manifest)
		return 0;
	if (import->file.size != wanted->size)
		return rc_fail(err, RC_FAILED,
		    "%s has %" PRIu64 " bytes, its manifest says %" PRIu64, import->wish->disk,
		    import->file.size, wanted->size);
	if (strcmp(import->file.sha256, wanted->sha256) != 0)
		return rc_fail(err, RC_FAILED, "%s does not have the checksum of its manifest",
		    import->wish->disk);
	return 0;
}

/* It is pristine only now: no guest of ours has seen it. */
static int
find_root(struct import *import, struct rc_error *err)
{
	struct rc_manifest *m = &import->manifest;
	scoped(rc_str_release) char *overlay = rc_format("%s/overlay", import->directory);
	struct rc_disk_image image = {
		.overlay = overlay,
		.path = import->path,
		.format = import->wish->format,
		.root_partition =
		    m->root_partition ? m->root_partition : import->wish->root_partition,
	};
	char why[128];

	if (rc_guestfs_find_root(&image, !rc_kvm_works(why), &import->session->run, err) < 0)
		return rc_within(err, "%s", import->wish->disk);
	m->root_partition = image.root_partition;
	return 0;
}

/* What nobody wrote down follows from the disk and this host. */
static int
derive_manifest(struct import *import, struct rc_error *err)
{
	struct rc_manifest *m = &import->manifest;
	struct rc_host_facts host;

	if (import->wish->manifest)
		return 0;
	if (rc_virt_host(import->session->virt, &host, err) < 0)
		return -1;
	m->layout = RC_LAYOUT_DISK;
	m->name = rc_strdup(import->wish->name);
	m->architecture = rc_strdup(host.arch);
	m->virtual_size = import->virtual_size;
	m->parts[import->part] = import->file;
	return 0;
}

static int
prepare(struct import *import, struct rc_error *err)
{
	const struct rc_import_wish *wish = import->wish;

	if (wish->root_partition > RC_PARTITION_MAX)
		return rc_fail(err, RC_USAGE, "--root-partition is at most %d", RC_PARTITION_MAX);
	if (rc_image_source_name(wish->name, err) < 0 || look(import, err) < 0 ||
	    (!wish->dry_run &&
		(rc_ensure_pool(import->session, err) < 0 ||
		    rc_image_store_room(import->session, import->file.size, err) < 0)) ||
	    rc_workdir_make(&import->directory, &import->lock, err) < 0)
		return -1;
	if (wish->manifest && read_manifest(import, err) < 0)
		return rc_within(err, "%s", wish->manifest);
	if (sum(import, err) < 0 || compare(import, err) < 0 || derive_manifest(import, err) < 0)
		return -1;
	return find_root(import, err);
}

static int
store(struct import *import, struct rc_error *err)
{
	struct rc_manifest *m = &import->manifest;
	scoped(rc_str_release) char *disk = rc_format("/proc/self/fd/%d", import->disk);
	scoped(rc_str_release) char *manifest = rc_format("%s/manifest.json", import->directory);
	char *paths[RC_IMAGE_PARTS + 1] = { NULL };

	if (import->text ? rc_image_source_is_new(import->session, m, err) < 0
			 : rc_image_store_version(import->session, m, err) < 0 ||
			       rc_manifest_write(&import->text, m, NULL, err) < 0)
		return -1;
	if (rc_file_publish(manifest, import->text, strlen(import->text), 0644, err) < 0)
		return -1;
	paths[import->part] = disk;
	paths[RC_IMAGE_PARTS] = manifest;
	return rc_image_store(import->session, m, paths, err);
}

static void
plan(const struct import *import, struct rc_strv *to)
{
	const struct rc_manifest *m = &import->manifest;
	scoped(rc_str_release) char *line = NULL;
	char size[16];

	line = rc_format("store %s%s%s in the pool: a disk of %s, with its root file system in "
			 "partition %u",
	    m->name, m->version ? "@" : "", m->version ? m->version : " as a new version",
	    rc_size_format(size, m->virtual_size), m->root_partition);
	rc_strv_add(to, line);
}

int
rc_image_import_disk(struct rc_session *session, const struct rc_import_wish *wish,
    struct rc_manifest *ret, struct rc_strv *ret_plan, struct rc_error *err)
{
	scoped(import_release) struct import import = {
		.session = session,
		.wish = wish,
		.lock = -1,
		.disk = -1,
		.part = strcmp(wish->format, "raw") == 0 ? RC_IMAGE_DISK_RAW : RC_IMAGE_DISK_QCOW2,
	};
	scoped(rc_fd_release) int lock = -1;

	if (prepare(&import, err) < 0)
		return -1;
	if (wish->dry_run) {
		plan(&import, ret_plan);
		return 0;
	}
	if (rc_image_store_begin(session, &lock, err) < 0 || store(&import, err) < 0)
		return -1;
	*ret = import.manifest;
	import.manifest = (struct rc_manifest){ 0 };
	return 0;
}
