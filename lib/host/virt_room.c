/* What of the host is spoken for: domains that run, and the pool's file system. */
#include "host/virt_room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "core/xml.h"
#include "host/virt_internal.h"
#include "host/virt_storage.h"

void
rc_lodgers_release(struct rc_lodgers *lodgers)
{
	for (size_t i = 0; i < lodgers->count; i++)
		free(lodgers->items[i].name);
	free(lodgers->items);
	*lodgers = (struct rc_lodgers){ 0 };
}

static void
free_handles(virDomainPtr **list)
{
	for (virDomainPtr *d = *list; d && *d; d++)
		virDomainFree(*d);
	free(*list);
}

static void
free_stats(virDomainStatsRecordPtr **stats)
{
	if (*stats)
		virDomainStatsRecordListFree(*stats);
}

static uint64_t
number(const virDomainStatsRecord *record, const char *field)
{
	unsigned long long value = 0;

	virTypedParamsGetULLong(record->params, record->nparams, field, &value);
	return value;
}

/* A device has its room already; a file may be in another file system than our pool. */
static bool
is_beside(const char *path, const char *beside, bool local)
{
	struct stat file, pool;

	if (path[0] != '/' || rc_str_starts(path, "/dev/"))
		return false;
	return !local || !beside || stat(path, &file) < 0 || stat(beside, &pool) < 0 ||
	       file.st_dev == pool.st_dev;
}

static uint64_t
disk_growth(const virDomainStatsRecord *record, const char *beside, bool local)
{
	unsigned count = 0;
	uint64_t sum = 0;

	virTypedParamsGetUInt(record->params, record->nparams, "block.count", &count);
	for (unsigned i = 0; i < count; i++) {
		const char *path = NULL;
		uint64_t capacity, takes;
		char field[64];

		snprintf(field, sizeof(field), "block.%u.path", i);
		virTypedParamsGetString(record->params, record->nparams, field, &path);
		snprintf(field, sizeof(field), "block.%u.capacity", i);
		capacity = number(record, field);
		snprintf(field, sizeof(field), "block.%u.physical", i);
		takes = number(record, field);
		if (path && capacity > takes && is_beside(path, beside, local))
			sum += capacity - takes;
	}
	return sum;
}

static int
read_lodger(struct rc_lodger *ret, const virDomainStatsRecord *record, const char *beside,
    bool local, struct rc_error *err)
{
	unsigned cpus = 0;

	if (virDomainGetUUIDString(record->dom, ret->uuid) < 0)
		return rc_fail_virt(err, "cannot read the UUID of a domain");
	ret->name = rc_strdup(virDomainGetName(record->dom));
	/* The most that can be plugged in, as the memory's maximum is the most for the balloon. */
	virTypedParamsGetUInt(record->params, record->nparams, "vcpu.maximum", &cpus);
	ret->cpus = cpus;
	ret->memory_max = number(record, "balloon.maximum") * 1024;
	ret->memory_host = number(record, "balloon.rss") * 1024;
	ret->disk_growth = disk_growth(record, beside, local);
	return 0;
}

int
rc_virt_lodgers(
    struct rc_virt *virt, const char *beside, struct rc_lodgers *ret, struct rc_error *err)
{
	const unsigned wanted =
	    VIR_DOMAIN_STATS_VCPU | VIR_DOMAIN_STATS_BALLOON | VIR_DOMAIN_STATS_BLOCK;
	scoped(rc_lodgers_release) struct rc_lodgers lodgers = { 0 };
	scoped(free_handles) virDomainPtr *handles = NULL;
	scoped(free_stats) virDomainStatsRecordPtr *stats = NULL;
	int count =
	    virConnectListAllDomains(virt->connection, &handles, VIR_CONNECT_LIST_DOMAINS_ACTIVE);

	if (count < 0)
		return rc_fail_virt(err, "cannot list the domains");
	/* NOWAIT: one stuck qemu shall not hang every create; its maximum is known without it. */
	if (count > 0 && virDomainListGetStats(
			     handles, wanted, &stats, VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT) < 0)
		return rc_fail_virt(err, "cannot read the domains' statistics");
	lodgers.items = rc_alloc((size_t)count, sizeof(*lodgers.items));
	for (virDomainStatsRecordPtr *r = stats; r && *r; r++)
		if (read_lodger(&lodgers.items[lodgers.count++], *r, beside, virt->local, err) < 0)
			return -1;
	*ret = lodgers;
	lodgers = (struct rc_lodgers){ 0 };
	return 0;
}

void
rc_pool_space_release(struct rc_pool_space *space)
{
	rc_str_release(&space->path);
}

static char *
target_path(const char *xml)
{
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	struct rc_error ignored;
	xmlNode *path;

	if (rc_xml_parse(&doc, xml, "pool", &ignored) < 0)
		return NULL;
	path = rc_xml_child(rc_xml_child(xmlDocGetRootElement(doc), "target"), "path");
	return path ? rc_xml_content(path) : NULL;
}

int
rc_virt_pool_space(struct rc_virt *virt, struct rc_pool_space *ret, struct rc_error *err)
{
	scoped(rc_pool_handle_release) virStoragePoolPtr pool =
	    virStoragePoolLookupByName(virt->connection, RC_POOL);
	scoped(rc_str_release) char *xml = NULL;
	virStoragePoolInfo info;

	*ret = (struct rc_pool_space){ 0 };
	if (!pool && rc_virt_error_is(VIR_ERR_NO_STORAGE_POOL))
		return 0;
	if (!pool)
		return rc_fail_virt(err, "cannot look for the pool " RC_POOL);
	/* While another run uploads into it libvirt refuses; then what it knows has to do. */
	(void)!virStoragePoolRefresh(pool, 0);
	xml = virStoragePoolGetXMLDesc(pool, 0);
	if (!xml || virStoragePoolGetInfo(pool, &info) < 0)
		return rc_fail_virt(err, "cannot ask for the room in the pool " RC_POOL);
	ret->path = target_path(xml);
	ret->whole = info.capacity;
	ret->free = info.available;
	return 0;
}

/*
 * Bytes.  virNodeGetInfo() adds up what the NUMA nodes tell, which leaves out
 * memory that was plugged in later (seen: 9 of 24 GiB); a driver without these
 * statistics has nothing better.
 */
static uint64_t
memory_of(struct rc_virt *virt, const virNodeInfo *info)
{
	const int all = VIR_NODE_MEMORY_STATS_ALL_CELLS;
	virNodeMemoryStats stats[16];
	int count = 0;

	/* It takes an array of exactly its own length. */
	if (virNodeGetMemoryStats(virt->connection, all, NULL, &count, 0) == 0 &&
	    (size_t)count <= RC_COUNT(stats) &&
	    virNodeGetMemoryStats(virt->connection, all, stats, &count, 0) == 0)
		for (int i = 0; i < count; i++)
			if (strcmp(stats[i].field, VIR_NODE_MEMORY_STATS_TOTAL) == 0)
				return (uint64_t)stats[i].value * 1024;
	return (uint64_t)info->memory * 1024;
}

int
rc_virt_host(struct rc_virt *virt, struct rc_host_facts *ret, struct rc_error *err)
{
	virNodeInfo info;
	virSecurityModel security = { 0 };
	unsigned long version;

	if (virNodeGetInfo(virt->connection, &info) < 0 ||
	    virConnectGetLibVersion(virt->connection, &version) < 0 ||
	    virNodeGetSecurityModel(virt->connection, &security) < 0)
		return rc_fail_virt(err, "cannot ask libvirt what the host is like");
	*ret = (struct rc_host_facts){
		.memory = memory_of(virt, &info), .cpus = info.cpus, .libvirt = version
	};
	snprintf(ret->arch, sizeof(ret->arch), "%s", info.model);
	snprintf(ret->security, sizeof(ret->security), "%.31s", security.model);
	return 0;
}
