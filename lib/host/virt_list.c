/* All domains at a glance: one call for the list, one for the statistics. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/metadata.h"
#include "core/name.h"
#include "host/virt_internal.h"

void
rc_domains_release(struct rc_domains *domains)
{
	for (size_t i = 0; i < domains->count; i++) {
		free(domains->items[i].name);
		free(domains->items[i].metadata);
	}
	free(domains->items);
	*domains = (struct rc_domains){ 0 };
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

/* Only a domain whose name could be ours is asked for metadata: that is a call each. */
static int
read_domain(struct rc_domain *ret, virDomainPtr handle, struct rc_error *err)
{
	char name[32];
	unsigned generation;

	ret->name = rc_strdup(virDomainGetName(handle));
	ret->active = virDomainGetID(handle) != (unsigned)-1;
	if (virDomainGetUUIDString(handle, ret->uuid) < 0)
		return rc_fail_virt(err, "cannot read the UUID of %s", ret->name);
	if (!rc_domain_name_split(ret->name, name, &generation))
		return 0;
	ret->metadata = virDomainGetMetadata(
	    handle, VIR_DOMAIN_METADATA_ELEMENT, RC_APPLIANCE_NAMESPACE, VIR_DOMAIN_AFFECT_CONFIG);
	if (!ret->metadata && !rc_virt_error_is(VIR_ERR_NO_DOMAIN_METADATA) &&
	    !rc_virt_error_is(VIR_ERR_NO_DOMAIN))
		return rc_fail_virt(err, "cannot read the metadata of %s", ret->name);
	return 0;
}

static uint64_t
stat_number(const virDomainStatsRecord *record, const char *field)
{
	unsigned long long value = 0;

	virTypedParamsGetULLong(record->params, record->nparams, field, &value);
	return value;
}

/* Adds up what the disks take on the host, without those that are shared and read-only. */
static uint64_t
writable_disks(const virDomainStatsRecord *record)
{
	unsigned count = 0;
	uint64_t sum = 0;

	virTypedParamsGetUInt(record->params, record->nparams, "block.count", &count);
	for (unsigned i = 0; i < count; i++) {
		const char *target = NULL;
		char field[64];

		snprintf(field, sizeof(field), "block.%u.name", i);
		virTypedParamsGetString(record->params, record->nparams, field, &target);
		snprintf(field, sizeof(field), "block.%u.allocation", i);
		if (target && strcmp(target, "vdc") == 0)
			sum += stat_number(record, field);
	}
	return sum;
}

static enum rc_halt
halt_of(const virDomainStatsRecord *record)
{
	int state = VIR_DOMAIN_NOSTATE, reason = 0;

	virTypedParamsGetInt(record->params, record->nparams, "state.state", &state);
	virTypedParamsGetInt(record->params, record->nparams, "state.reason", &reason);
	if (state == VIR_DOMAIN_CRASHED)
		return RC_HALT_CRASH;
	if (state != VIR_DOMAIN_PAUSED)
		return RC_HALT_NONE;
	if (reason == VIR_DOMAIN_PAUSED_CRASHED)
		return RC_HALT_CRASH;
	return reason == VIR_DOMAIN_PAUSED_IOERROR ? RC_HALT_IO : RC_HALT_PAUSED;
}

static void
read_stats(struct rc_domain *domain, const virDomainStatsRecord *record)
{
	domain->halt = halt_of(record);
	domain->memory_max = stat_number(record, "balloon.maximum") * 1024;
	domain->memory_host = stat_number(record, "balloon.rss") * 1024;
	domain->cpu_time = stat_number(record, "cpu.time");
	domain->disk_host = writable_disks(record);
}

int
rc_virt_domains(struct rc_virt *virt, bool measured, struct rc_domains *ret, struct rc_error *err)
{
	const unsigned wanted = VIR_DOMAIN_STATS_STATE |
				(measured ? VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_BALLOON |
						VIR_DOMAIN_STATS_BLOCK
					  : 0);
	scoped(rc_domains_release) struct rc_domains domains = { 0 };
	scoped(free_handles) virDomainPtr *handles = NULL;
	scoped(free_stats) virDomainStatsRecordPtr *stats = NULL;
	int count = virConnectListAllDomains(
	    virt->connection, &handles, VIR_CONNECT_LIST_DOMAINS_PERSISTENT);

	if (count < 0)
		return rc_fail_virt(err, "cannot list the domains");
	domains.items = rc_alloc((size_t)count, sizeof(*domains.items));
	for (int i = 0; i < count; i++)
		if (read_domain(&domains.items[domains.count++], handles[i], err) < 0)
			return -1;
	/* NOWAIT: one stuck qemu shall not hang everybody's list. */
	if (count > 0 && virDomainListGetStats(
			     handles, wanted, &stats, VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT) < 0)
		return rc_fail_virt(err, "cannot read the domains' statistics");
	for (virDomainStatsRecordPtr *r = stats; r && *r; r++)
		for (size_t i = 0; i < domains.count; i++)
			if (strcmp(domains.items[i].name, virDomainGetName((*r)->dom)) == 0)
				read_stats(&domains.items[i], *r);
	*ret = domains;
	domains = (struct rc_domains){ 0 };
	return 0;
}
