/* The fake host's libvirt: the pool with one image, and the network. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/filter_xml.h"
#include "core/manifest.h"
#include "core/network_xml.h"
#include "fake_host.h"
#include "host/virt_network.h"
#include "host/virt_room.h"
#include "host/virt_storage.h"

const char *fake_local_token(const char *path);

#define SUM "0000000000000000000000000000000000000000000000000000000000000000"

/* The one image there is: appliance@1. */
static char *
manifest(void)
{
	struct rc_manifest m = { .name = "appliance",
		.version = "1",
		.architecture = "x86_64",
		.cmdline = "quiet",
		.created = 1 };
	struct rc_error err;
	char *text;

	for (int i = 0; i <= RC_IMAGE_ROOT; i++) {
		m.parts[i].size = 1;
		memcpy(m.parts[i].sha256, SUM, sizeof(SUM));
	}
	if (rc_manifest_write(&text, &m, NULL, &err) < 0)
		abort();
	return text;
}

static size_t
volume_at(const char *name)
{
	size_t i = 0;

	while (i < fake_host->volume_count && strcmp(fake_host->volumes[i].name, name) != 0)
		i++;
	return i;
}

int
rc_virt_pool_ensure(struct rc_virt *virt, const char *xml, const char *uuid, struct rc_error *err)
{
	(void)virt, (void)xml, (void)uuid;
	if (fake_host->pool)
		return 0;
	if (!fake_call("make the pool", err))
		return -1;
	fake_host->pool = true;
	return fake_done("make the pool", err);
}

int
rc_virt_pool_wake(struct rc_virt *virt, const char *uuid, struct rc_error *err)
{
	(void)virt, (void)uuid, (void)err;
	return 0;
}

int
rc_virt_pool_uuid(struct rc_virt *virt, char uuid[37], struct rc_error *err)
{
	(void)virt;
	uuid[0] = '\0';
	if (!fake_call("look at the pool", err))
		return -1;
	if (fake_host->pool)
		rc_uuid_of(uuid, "runnerctl pool");
	return 0;
}

int
rc_virt_pool_space(struct rc_virt *virt, struct rc_pool_space *ret, struct rc_error *err)
{
	(void)virt;
	if (!fake_call("look for room", err))
		return -1;
	*ret = (struct rc_pool_space){ rc_strdup(FAKE_POOL), UINT64_C(1) << 40, UINT64_C(1) << 40 };
	return 0;
}

void
rc_pool_space_release(struct rc_pool_space *space)
{
	free(space->path);
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

int
rc_virt_volumes(struct rc_virt *virt, enum rc_volume_detail detail, struct rc_volumes *ret,
    struct rc_error *err)
{
	(void)virt;
	if (!fake_call("list the volumes", err))
		return -1;
	*ret = (struct rc_volumes){ .items = rc_alloc(
					fake_host->volume_count, sizeof(struct rc_volume)) };
	for (size_t i = 0; i < fake_host->volume_count; i++) {
		const char *name = fake_host->volumes[i].name;

		ret->items[ret->count++] = detail == RC_VOLUME_NAMES
					       ? (struct rc_volume){ .name = rc_strdup(name) }
					       : (struct rc_volume){ .name = rc_strdup(name),
							 .path = rc_format(FAKE_POOL "%s", name),
							 .capacity = 1,
							 .allocation = 1 };
	}
	return 0;
}

static int
make(const char *call, const char *name, const char *token, struct rc_error *err)
{
	size_t at = volume_at(name);

	if (!fake_call(call, err))
		return -1;
	if (at < fake_host->volume_count)
		return rc_fail(err, RC_FAILED, "there is a volume %s", name);
	if (at == RC_COUNT(fake_host->volumes))
		abort();
	fake_host->volume_count++;
	snprintf(fake_host->volumes[at].name, sizeof(fake_host->volumes[at].name), "%s", name);
	snprintf(fake_host->volumes[at].token, sizeof(fake_host->volumes[at].token), "%s", token);
	return fake_done(call, err);
}

int
rc_virt_volume_data(struct rc_virt *virt, const char *name, uint64_t capacity,
    const struct rc_backing *backing, struct rc_error *err)
{
	(void)virt, (void)capacity, (void)backing;
	return make("make the data disk", name, "", err);
}

int
rc_virt_volume_upload(struct rc_virt *virt, const char *name, const char *file, bool secret,
    const struct rc_run *run, struct rc_error *err)
{
	(void)virt, (void)secret, (void)run;
	return make("upload", name, fake_local_token(file), err);
}

static int
missing(const char *name, struct rc_error *err)
{
	return rc_fail(err, RC_NOT_FOUND, "no volume %s", name);
}

int
rc_virt_volume_path(struct rc_virt *virt, const char *name, char **ret, struct rc_error *err)
{
	(void)virt;
	if (!fake_call("look at a volume", err))
		return -1;
	if (volume_at(name) == fake_host->volume_count)
		return missing(name, err);
	*ret = rc_format(FAKE_POOL "%s", name);
	return 0;
}

int
rc_virt_volume_text(
    struct rc_virt *virt, const char *name, size_t max, char **ret, struct rc_error *err)
{
	(void)virt, (void)max;
	if (!fake_call("read a volume", err))
		return -1;
	if (volume_at(name) == fake_host->volume_count)
		return missing(name, err);
	*ret = manifest();
	return 0;
}

int
rc_virt_volume_sum(struct rc_virt *virt, const char *name, uint64_t *ret_size,
    char hex[RC_SHA256_HEX], struct rc_error *err)
{
	(void)virt;
	if (!fake_call("sum a volume", err))
		return -1;
	if (volume_at(name) == fake_host->volume_count)
		return missing(name, err);
	*ret_size = 1;
	memcpy(hex, SUM, sizeof(SUM));
	return 0;
}

int
rc_virt_volume_delete(struct rc_virt *virt, const char *name, struct rc_error *err)
{
	size_t at = volume_at(name);

	(void)virt;
	if (!fake_call("delete a volume", err))
		return -1;
	if (at < fake_host->volume_count)
		fake_remove(
		    fake_host->volumes, &fake_host->volume_count, sizeof(struct fake_volume), at);
	return fake_done("delete a volume", err);
}

/* -- the network ---------------------------------------------------------------------------- */

int
rc_virt_network_ensure(
    struct rc_virt *virt, const char *xml, const char *uuid, struct rc_error *err)
{
	(void)virt, (void)xml, (void)uuid;
	if (fake_host->network)
		return 0;
	if (!fake_call("make the network", err))
		return -1;
	fake_host->network = true;
	return fake_done("make the network", err);
}

int
rc_virt_network_read(struct rc_virt *virt, struct rc_network *ret, struct rc_error *err)
{
	char uuid[37];

	(void)virt;
	if (!fake_call("read the network", err))
		return -1;
	if (!fake_host->network)
		return rc_fail(err, RC_NOT_FOUND, "no network");
	*ret = (struct rc_network){
		.uuid = rc_strdup(rc_uuid_of(uuid, "runnerctl network")),
		.mac = rc_strdup("52:54:00:ff:ff:ff"),
		.bridge = rc_strdup("virbr-runner"),
		.gateway = rc_strdup("192.168.231.1"),
		.prefix = 24,
		.reservations =
		    rc_alloc(fake_host->reservation_count, sizeof(struct rc_reservation)),
	};
	for (; ret->count < fake_host->reservation_count; ret->count++) {
		const struct fake_reservation *from = &fake_host->reservations[ret->count];

		ret->reservations[ret->count] =
		    (struct rc_reservation){ rc_strdup(from->mac), rc_strdup(from->ip), false };
	}
	return 0;
}

int
rc_virt_reserve(struct rc_virt *virt, const char *mac, const char *ip, struct rc_error *err)
{
	struct fake_reservation *to = &fake_host->reservations[fake_host->reservation_count];

	(void)virt;
	if (!fake_call("reserve", err))
		return -1;
	if (fake_host->reservation_count == RC_COUNT(fake_host->reservations))
		abort();
	for (size_t i = 0; i < fake_host->reservation_count; i++)
		if (strcmp(fake_host->reservations[i].mac, mac) == 0 ||
		    strcmp(fake_host->reservations[i].ip, ip) == 0)
			return rc_fail(err, RC_FAILED, "%s or %s is reserved", mac, ip);
	snprintf(to->mac, sizeof(to->mac), "%s", mac);
	snprintf(to->ip, sizeof(to->ip), "%s", ip);
	fake_host->reservation_count++;
	return fake_done("reserve", err);
}

int
rc_virt_unreserve(struct rc_virt *virt, const char *mac, const char *ip, struct rc_error *err)
{
	(void)virt, (void)ip;
	if (!fake_call("free the address", err))
		return -1;
	for (size_t i = fake_host->reservation_count; i-- > 0;)
		if (strcmp(fake_host->reservations[i].mac, mac) == 0)
			fake_remove(fake_host->reservations, &fake_host->reservation_count,
			    sizeof(struct fake_reservation), i);
	return fake_done("free the address", err);
}
