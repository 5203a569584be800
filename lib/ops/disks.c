/* An appliance's own disk: empty, or what the guest writes over its image's. */
#include "ops/disks.h"

#include <stdlib.h>

#include "base/str.h"
#include "host/guestfs.h"
#include "host/virt_storage.h"

static int
make_overlay(struct rc_work *work, const char *volume, const struct rc_manifest *manifest,
    struct rc_error *err)
{
	struct rc_virt *virt = work->session->virt;
	bool raw = manifest->parts[RC_IMAGE_DISK_RAW].size > 0;
	scoped(rc_str_release) char *path = NULL;
	scoped(rc_str_release) char *disk = rc_image_volume(
	    manifest->name, manifest->version, raw ? RC_IMAGE_DISK_RAW : RC_IMAGE_DISK_QCOW2);
	struct rc_backing backing = { .format = raw ? "raw" : "qcow2" };

	if (rc_virt_volume_path(virt, disk, &path, err) < 0)
		return -1;
	backing.path = path;
	return rc_virt_volume_data(virt, volume, work->appliance.limits.disk, &backing, err);
}

int
rc_disk_make(struct rc_work *work, const struct rc_manifest *manifest, struct rc_error *err)
{
	struct rc_virt *virt = work->session->virt;
	scoped(rc_str_release) char *volume = rc_appliance_data_volume(&work->appliance);

	/* One that is there belonged to a domain of this name that is gone. */
	if (rc_virt_volume_delete(virt, volume, err) < 0)
		return -1;
	if (manifest->layout == RC_LAYOUT_DISK)
		return make_overlay(work, volume, manifest, err);
	return rc_virt_volume_data(virt, volume, work->appliance.limits.disk, NULL, err);
}

/* The guest may have run, if a run died between its start and the record of it. */
static int
make_anew(struct rc_work *work, char **ret_path, struct rc_error *err)
{
	scoped(rc_str_release) char *volume = rc_appliance_data_volume(&work->appliance);

	if (rc_disk_make(work, work->manifest, err) < 0)
		return -1;
	return rc_virt_volume_path(work->session->virt, volume, ret_path, err);
}

int
rc_disks_fill(struct rc_work **works, struct rc_injection *injections, size_t count, bool emulate,
    struct rc_error *err)
{
	struct rc_root_disk *disks = rc_alloc(count, sizeof(*disks));
	char **paths = rc_alloc(count, sizeof(*paths));
	int result = 0;

	for (size_t i = 0; i < count && result == 0; i++) {
		rc_injection_into_root(&injections[i], works[i]->appliance.uuid);
		result = make_anew(works[i], &paths[i], err);
		disks[i] = (struct rc_root_disk){ paths[i], works[i]->manifest->root_partition,
			&injections[i] };
	}
	if (result == 0)
		result = rc_guestfs_fill_roots(disks, count, emulate, &works[0]->session->run, err);
	for (size_t i = 0; i < count; i++)
		free(paths[i]);
	free(paths);
	free(disks);
	return result;
}
