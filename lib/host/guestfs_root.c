/*
 * Root file systems of images that boot by themselves, by libguestfs.  Only disks
 * that no guest has written to are opened: images as they came, and overlays that
 * were just made.  File systems are found by the number of their partition, never
 * by a label or a UUID, which clones share; nothing in them is run.
 *
 * No disk is added read-only: libguestfs 1.48 puts an overlay of its own over such a
 * one and lets qemu guess the format of what it sees through it, so that a raw disk
 * that begins like a qcow2 could name any file of the host.  An overlay of ours is
 * added with its format, and that of the disk below is written in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "host/guestfs_internal.h"

#define SECTOR 512
#define BOOT_CODE 440 /* bytes at the beginning of the first sector */
#define ROOT_MARK "/etc/passwd"

/* A BIOS starts what is in the first sector; an image for UEFI has nothing there, or only a stub.
 */
static int
check_boot_sector(guestfs_h *g, const char *device, struct rc_error *err)
{
	size_t size = 0, code = 0;
	scoped(rc_str_release) char *sector = guestfs_pread_device(g, device, SECTOR, 0, &size);

	if (!sector || size != SECTOR)
		return rc_guestfs_fail(err, g, "cannot read the first sector");
	while (code < BOOT_CODE && !sector[code])
		code++;
	if (code < BOOT_CODE && memcmp(sector + SECTOR - 2, "\x55\xaa", 2) == 0)
		return 0;
	rc_fail(err, RC_FAILED, "there is no boot loader in its first sector");
	return rc_hint(err, "a disk must boot by BIOS; UEFI is not supported");
}

/* Only these are mounted: the kernel's other drivers are not for strangers' disks. */
static bool
can_be_root(const char *type)
{
	static const char *const types[] = { "ext2", "ext3", "ext4", "xfs", "btrfs" };

	for (size_t i = 0; type && i < RC_COUNT(types); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

static bool
has_root(guestfs_h *g, const char *partition)
{
	scoped(rc_str_release) char *type = guestfs_vfs_type(g, partition);
	bool found;

	if (!can_be_root(type) || guestfs_mount_ro(g, partition, "/") < 0)
		return false;
	found = guestfs_is_file(g, ROOT_MARK) == 1;
	return guestfs_umount(g, "/") == 0 && found;
}

static int
choose(struct rc_disk_image *image, unsigned found, unsigned count, struct rc_error *err)
{
	if (image->root_partition && count == 0)
		return rc_fail(err, RC_FAILED, "its partition %u has no root file system",
		    image->root_partition);
	if (count == 1) {
		image->root_partition = found;
		return 0;
	}
	if (count == 0)
		rc_fail(err, RC_FAILED, "none of its partitions has a root file system");
	else
		rc_fail(err, RC_FAILED, "%u of its partitions have a root file system", count);
	return rc_hint(
	    err, count ? "say which one: --root-partition N"
		       : "it must be ext2, ext3, ext4, xfs or btrfs, not in LVM or encrypted");
}

static int
find_root(guestfs_h *g, struct rc_disk_image *image, struct rc_error *err)
{
	scoped(rc_guestfs_names_release) char **devices = NULL, **partitions = NULL;
	unsigned found = 0, count = 0;

	if (rc_guestfs_devices(g, &devices, 1, err) < 0 ||
	    check_boot_sector(g, devices[0], err) < 0)
		return -1;
	partitions = guestfs_list_partitions(g);
	if (!partitions)
		return rc_guestfs_fail(err, g, "cannot read its partitions");
	for (size_t i = 0; partitions[i]; i++) {
		int number = guestfs_part_to_partnum(g, partitions[i]);

		if (number < 1 ||
		    (image->root_partition && (unsigned)number != image->root_partition) ||
		    !has_root(g, partitions[i]))
			continue;
		found = (unsigned)number;
		count++;
	}
	return choose(image, found, count, err);
}

int
rc_guestfs_find_root(
    struct rc_disk_image *image, bool emulate, const struct rc_run *run, struct rc_error *err)
{
	struct rc_last_words words = { "", NULL }; /* outlives the handle, which writes to it */
	scoped(rc_guestfs_release) guestfs_h *g = NULL;

	if (rc_run_check(run, err) < 0)
		return -1;
	g = rc_guestfs_open(&words, emulate, err);
	if (!g)
		return -1;
	rc_run_step(run, "look for the root file system");
	if (guestfs_disk_create(g, image->overlay, "qcow2", -1, GUESTFS_DISK_CREATE_BACKINGFILE,
		image->path, GUESTFS_DISK_CREATE_BACKINGFORMAT, image->format, -1) < 0 ||
	    guestfs_add_drive_opts(g, image->overlay, GUESTFS_ADD_DRIVE_OPTS_FORMAT, "qcow2", -1) <
		0)
		return rc_guestfs_fail(err, g, "cannot open it");
	if (rc_guestfs_start(g, &words, err) < 0 || find_root(g, image, err) < 0)
		return rc_run_stopped(run) ? rc_run_check(run, err) : -1;
	return 0;
}

/* A file that is there may be a link: it is replaced, not followed. */
static int
fill_root(guestfs_h *g, const char *device, const struct rc_root_disk *disk, struct rc_error *err)
{
	scoped(rc_str_release) char *partition = rc_format("%s%u", device, disk->partition);

	if (guestfs_mount(g, partition, "/") < 0)
		return rc_guestfs_fail(err, g, "cannot mount its root file system");
	for (size_t i = 0; i < disk->injection->count; i++) {
		const struct rc_injected_file *file = &disk->injection->files[i];

		if (guestfs_rm_f(g, file->path) < 0 || rc_guestfs_write(g, file) < 0) {
			rc_guestfs_fail(err, g, file->path);
			return rc_within(err, "cannot write");
		}
	}
	return guestfs_umount(g, "/") < 0
		   ? rc_guestfs_fail(err, g, "cannot unmount its root file system")
		   : 0;
}

static int
fill_roots(guestfs_h *g, const struct rc_root_disk *disks, size_t count, const struct rc_run *run,
    struct rc_error *err)
{
	scoped(rc_guestfs_names_release) char **devices = NULL;

	if (rc_guestfs_devices(g, &devices, count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (rc_run_check(run, err) < 0)
			return -1;
		rc_run_step(run, "root file system %zu of %zu", i + 1, count);
		if (fill_root(g, devices[i], &disks[i], err) < 0)
			return rc_within(err, "%s", disks[i].path);
	}
	/* guestfs_close() would hide that the last writes failed. */
	return guestfs_shutdown(g) < 0 ? rc_guestfs_fail(err, g, "cannot finish the disks") : 0;
}

int
rc_guestfs_fill_roots(const struct rc_root_disk *disks, size_t count, bool emulate,
    const struct rc_run *run, struct rc_error *err)
{
	struct rc_last_words words = { "", NULL }; /* outlives the handle, which writes to it */
	scoped(rc_guestfs_release) guestfs_h *g = NULL;

	if (count == 0)
		return 0;
	if (rc_run_check(run, err) < 0)
		return -1;
	g = rc_guestfs_open(&words, emulate, err);
	if (!g)
		return -1;
	rc_run_step(run, "libguestfs appliance");
	for (size_t i = 0; i < count; i++)
		if (guestfs_add_drive_opts(
			g, disks[i].path, GUESTFS_ADD_DRIVE_OPTS_FORMAT, "qcow2", -1) < 0)
			return rc_guestfs_fail(err, g, disks[i].path);
	if (rc_guestfs_start(g, &words, err) == 0 && fill_roots(g, disks, count, run, err) == 0)
		return 0;
	return rc_run_stopped(run) ? rc_run_check(run, err) : -1;
}
