/* libvirt's storage: the pool, and its volumes as they stand. */
#include "host/virt_storage.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/template.h"
#include "host/clock.h"
#include "host/virt_internal.h"

#define BUSY_TRIES 20 /* of a quarter of a second */

/* NULL with a libvirt error when there is none. */
static virStoragePoolPtr
open_pool(struct rc_virt *virt)
{
	return virStoragePoolLookupByName(virt->connection, RC_POOL);
}

static int
check_pool_is_ours(virStoragePoolPtr pool, const char *uuid, struct rc_error *err)
{
	char found[VIR_UUID_STRING_BUFLEN];

	if (virStoragePoolGetUUIDString(pool, found) < 0)
		return rc_fail_virt(err, "cannot read the UUID of the pool " RC_POOL);
	if (strcmp(found, uuid) == 0)
		return 0;
	rc_fail(err, RC_HOST, "the storage pool " RC_POOL " was not made by runnerctl");
	return rc_hint(err, "rename or remove it, then try again");
}

int
rc_virt_pool_ensure(struct rc_virt *virt, const char *xml, const char *uuid, struct rc_error *err)
{
	scoped(rc_pool_handle_release) virStoragePoolPtr pool = open_pool(virt);

	if (!pool && !rc_virt_error_is(VIR_ERR_NO_STORAGE_POOL))
		return rc_fail_virt(err, "cannot look for the pool " RC_POOL);
	if (!pool)
		pool = virStoragePoolDefineXML(virt->connection, xml, 0);
	if (!pool)
		return rc_fail_virt(err, "cannot define the pool " RC_POOL);
	if (check_pool_is_ours(pool, uuid, err) < 0)
		return -1;
	if (virStoragePoolIsActive(pool) != 1 &&
	    (virStoragePoolBuild(pool, 0) < 0 || virStoragePoolCreate(pool, 0) < 0))
		return rc_fail_virt(err, "cannot start the pool " RC_POOL);
	if (virStoragePoolSetAutostart(pool, 1) < 0)
		return rc_fail_virt(err, "cannot let the pool " RC_POOL " start with the host");
	return 0;
}

int
rc_virt_pool_uuid(struct rc_virt *virt, char uuid[37], struct rc_error *err)
{
	scoped(rc_pool_handle_release) virStoragePoolPtr pool = open_pool(virt);

	uuid[0] = '\0';
	if (!pool && rc_virt_error_is(VIR_ERR_NO_STORAGE_POOL))
		return 0;
	if (!pool || virStoragePoolGetUUIDString(pool, uuid) < 0)
		return rc_fail_virt(err, "cannot look for the pool " RC_POOL);
	return 0;
}

int
rc_virt_pool_wake(struct rc_virt *virt, const char *uuid, struct rc_error *err)
{
	scoped(rc_pool_handle_release) virStoragePoolPtr pool = open_pool(virt);

	if (!pool && rc_virt_error_is(VIR_ERR_NO_STORAGE_POOL))
		return 0;
	if (!pool)
		return rc_fail_virt(err, "cannot look for the pool " RC_POOL);
	if (virStoragePoolIsActive(pool) == 1 || check_pool_is_ours(pool, uuid, err) < 0)
		return 0;
	if (virStoragePoolCreate(pool, 0) < 0)
		return rc_fail_virt(err, "cannot start the pool " RC_POOL);
	return 0;
}

void
rc_volumes_release(struct rc_volumes *volumes)
{
	for (size_t i = 0; i < volumes->count; i++) {
		free(volumes->items[i].name);
		free(volumes->items[i].path);
	}
	free(volumes->items);
	*volumes = (struct rc_volumes){ 0 };
}

const struct rc_volume *
rc_volumes_find(const struct rc_volumes *volumes, const char *name)
{
	for (size_t i = 0; i < volumes->count; i++)
		if (strcmp(volumes->items[i].name, name) == 0)
			return &volumes->items[i];
	return NULL;
}

/* A volume that vanishes between two calls is left out: somebody else removed it. */
static void
add_volume(struct rc_volumes *volumes, enum rc_volume_detail detail, virStorageVolPtr handle)
{
	scoped(rc_str_release) char *path = NULL;
	virStorageVolInfo info = { 0 };

	if (detail == RC_VOLUME_FACTS) {
		path = virStorageVolGetPath(handle);
		if (!path || virStorageVolGetInfo(handle, &info) < 0)
			return;
	}
	volumes->items[volumes->count++] = (struct rc_volume){
		.name = rc_strdup(virStorageVolGetName(handle)),
		.path = path,
		.capacity = info.capacity,
		.allocation = info.allocation,
	};
	path = NULL;
}

int
rc_virt_volumes(struct rc_virt *virt, enum rc_volume_detail detail, struct rc_volumes *ret,
    struct rc_error *err)
{
	scoped(rc_pool_handle_release) virStoragePoolPtr pool = open_pool(virt);
	virStorageVolPtr *handles = NULL;
	int count;

	*ret = (struct rc_volumes){ 0 };
	if (!pool)
		return rc_virt_error_is(VIR_ERR_NO_STORAGE_POOL)
			   ? 0
			   : rc_fail_virt(err, "cannot look for the pool " RC_POOL);
	if (virStoragePoolIsActive(pool) != 1)
		return 0;
	count = virStoragePoolListAllVolumes(pool, &handles, 0);
	if (count < 0)
		return rc_fail_virt(err, "cannot list the pool " RC_POOL);
	ret->items = rc_alloc((size_t)count, sizeof(*ret->items));
	for (int i = 0; i < count; i++) {
		add_volume(ret, detail, handles[i]);
		virStorageVolFree(handles[i]);
	}
	free(handles);
	return 0;
}

/* libvirt's default, compat 0.10, cannot discard: the file would only ever grow. */
#define QCOW2_VOLUME                                                                               \
	"<volume><name>@name@</name><capacity unit='bytes'>@capacity@</capacity>"                  \
	"<allocation>0</allocation><target><format type='qcow2'/><compat>1.1</compat>"             \
	"<permissions><mode>0600</mode></permissions></target>"
static const char data_volume[] = QCOW2_VOLUME "</volume>";
static const char overlay_volume[] = QCOW2_VOLUME
    "<backingStore><path>@path@</path><format type='@format@'/></backingStore></volume>";
static const char raw_volume[] =
    "<volume><name>@name@</name><capacity unit='bytes'>@capacity@</capacity>"
    "<allocation>0</allocation><target><format type='raw'/>"
    "<permissions><mode>@mode@</mode></permissions></target></volume>";

static int
create_volume(struct rc_virt *virt, const char *name, const char *xml, virStorageVolPtr *ret,
    struct rc_error *err)
{
	scoped(rc_pool_handle_release) virStoragePoolPtr pool = open_pool(virt);

	if (!pool)
		return rc_fail_virt(err, "cannot look for the pool " RC_POOL);
	*ret = virStorageVolCreateXML(pool, xml, 0);
	return *ret ? 0 : rc_fail_virt(err, "cannot create the volume %s", name);
}

int
rc_virt_volume_data(struct rc_virt *virt, const char *name, uint64_t capacity,
    const struct rc_backing *backing, struct rc_error *err)
{
	scoped(rc_volume_handle_release) virStorageVolPtr volume = NULL;
	scoped(rc_str_release) char *bytes = rc_format("%llu", (unsigned long long)capacity);
	scoped(rc_str_release) char *xml = NULL;
	const struct rc_hole empty[] = { { "name", name, NULL }, { "capacity", bytes, NULL },
		{ 0 } };
	const struct rc_hole overlay[] = { { "name", name, NULL }, { "capacity", bytes, NULL },
		{ "path", backing ? backing->path : NULL, NULL },
		{ "format", backing ? backing->format : NULL, NULL }, { 0 } };

	if (rc_template_text(&xml, backing ? overlay_volume : data_volume, "volume",
		backing ? overlay : empty, err) < 0)
		return -1;
	return create_volume(virt, name, xml, &volume, err);
}

int
rc_virt_volume_raw(struct rc_virt *virt, const char *name, uint64_t capacity, bool secret,
    virStorageVolPtr *ret, struct rc_error *err)
{
	scoped(rc_str_release) char *bytes = rc_format("%llu", (unsigned long long)capacity);
	scoped(rc_str_release) char *xml = NULL;
	const struct rc_hole holes[] = { { "name", name, NULL }, { "capacity", bytes, NULL },
		{ "mode", secret ? "0600" : "0644", NULL }, { 0 } };

	if (rc_template_text(&xml, raw_volume, "volume", holes, err) < 0)
		return -1;
	return create_volume(virt, name, xml, ret, err);
}

int
rc_virt_volume_find(
    struct rc_virt *virt, const char *name, virStorageVolPtr *ret, struct rc_error *err)
{
	scoped(rc_pool_handle_release) virStoragePoolPtr pool = open_pool(virt);

	*ret = pool ? virStorageVolLookupByName(pool, name) : NULL;
	if (*ret || rc_virt_error_is(VIR_ERR_NO_STORAGE_VOL) ||
	    rc_virt_error_is(VIR_ERR_NO_STORAGE_POOL))
		return 0;
	return rc_fail_virt(err, "cannot look for the volume %s", name);
}

int
rc_virt_volume_path(struct rc_virt *virt, const char *name, char **ret, struct rc_error *err)
{
	scoped(rc_volume_handle_release) virStorageVolPtr volume = NULL;
	scoped(rc_str_release) char *path = NULL;

	if (rc_virt_volume_find(virt, name, &volume, err) < 0)
		return -1;
	if (!volume)
		return rc_fail(err, RC_NOT_FOUND, "the volume %s is missing", name);
	path = virStorageVolGetPath(volume);
	if (!path)
		return rc_fail_virt(err, "cannot read the path of the volume %s", name);
	*ret = rc_strdup(path);
	return 0;
}

/*
 * A volume whose content somebody reads or writes is busy, and one that a run was storing when it
 * was killed is so until libvirt has seen to that: it passes.
 */
static int
delete_patiently(virStorageVolPtr volume)
{
	int result = virStorageVolDelete(volume, 0);

	for (int i = 0; i < BUSY_TRIES && result < 0 && rc_virt_error_is(VIR_ERR_OPERATION_INVALID);
	     i++) {
		rc_clock_wait(0.25);
		result = virStorageVolDelete(volume, 0);
	}
	return result;
}

int
rc_virt_volume_delete(struct rc_virt *virt, const char *name, struct rc_error *err)
{
	scoped(rc_volume_handle_release) virStorageVolPtr volume = NULL;

	if (rc_virt_volume_find(virt, name, &volume, err) < 0)
		return -1;
	if (volume && delete_patiently(volume) < 0 && !rc_virt_error_is(VIR_ERR_NO_STORAGE_VOL))
		return rc_fail_virt(err, "cannot delete the volume %s", name);
	return 0;
}
