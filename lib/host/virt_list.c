/* All domains at a glance: one call for the list, one for the statistics. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/metadata.h"
#include "core/name.h"
#include "host/clock.h"
#include "host/virt_internal.h"

#define RETRIES 3
#define PAUSE 0.05 /* seconds before each */

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

/* The list alone: its handles belong to another one. */
static void
free_borrowed(virDomainPtr **list)
{
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
	ret->usage = RC_USAGE_UNKNOWN;
	ret->memory_now = RC_UNKNOWN;
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

/* Of one that is off. */
static int
read_saved(struct rc_domain *domain, virDomainPtr handle, struct rc_error *err)
{
	int saved = virDomainHasManagedSaveImage(handle, 0);

	if (saved < 0 && !rc_virt_error_is(VIR_ERR_NO_DOMAIN))
		return rc_fail_virt(err, "cannot ask whether %s is saved", domain->name);
	if (saved == 1)
		domain->halt = RC_HALT_SAVED;
	return 0;
}

/* NOWAIT: one stuck qemu shall not hang everybody's list. */
static int
read_stats(struct rc_domains *domains, virDomainPtr *handles, unsigned wanted, struct rc_error *err)
{
	scoped(free_stats) virDomainStatsRecordPtr *stats = NULL;

	if (*handles && virDomainListGetStats(
			    handles, wanted, &stats, VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT) < 0)
		return rc_fail_virt(err, "cannot read the domains' statistics");
	for (virDomainStatsRecordPtr *r = stats; r && *r; r++)
		for (size_t i = 0; i < domains->count; i++)
			if (strcmp(domains->items[i].name, virDomainGetName((*r)->dom)) == 0)
				rc_virt_stats_read(&domains->items[i], *r);
	return 0;
}

/* Another run that measures has a domain for some milliseconds; one that is stuck is not waited
 * for. */
static int
read_again(struct rc_domains *domains, virDomainPtr *handles, unsigned wanted, struct rc_error *err)
{
	scoped(free_borrowed) virDomainPtr *busy = rc_alloc(domains->count + 1, sizeof(*busy));
	size_t n = 0;

	for (size_t i = 0; i < domains->count; i++)
		if (domains->items[i].metadata && domains->items[i].active &&
		    domains->items[i].usage.memory == RC_UNKNOWN)
			busy[n++] = handles[i];
	if (n == 0)
		return 0;
	rc_clock_wait(PAUSE);
	return read_stats(domains, busy, wanted, err);
}

int
rc_virt_domains(
    struct rc_virt *virt, enum rc_detail detail, struct rc_domains *ret, struct rc_error *err)
{
	static const unsigned wanted[] = {
		[RC_DETAIL_STATE] = VIR_DOMAIN_STATS_STATE,
		[RC_DETAIL_USAGE] = VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_BALLOON |
				    VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_BLOCK |
				    VIR_DOMAIN_STATS_INTERFACE,
	};
	scoped(rc_domains_release) struct rc_domains domains = { 0 };
	scoped(free_handles) virDomainPtr *handles = NULL;
	scoped(free_borrowed) virDomainPtr *asked = NULL;
	int count = virConnectListAllDomains(
	    virt->connection, &handles, VIR_CONNECT_LIST_DOMAINS_PERSISTENT);
	size_t n = 0;

	if (count < 0)
		return rc_fail_virt(err, "cannot list the domains");
	domains.items = rc_alloc((size_t)count, sizeof(*domains.items));
	asked = rc_alloc((size_t)count + 1, sizeof(*asked));
	for (int i = 0; i < count; i++) {
		struct rc_domain *domain = &domains.items[domains.count++];

		if (read_domain(domain, handles[i], err) < 0)
			return -1;
		if (detail != RC_DETAIL_USAGE || domain->metadata)
			asked[n++] = handles[i];
	}
	if (read_stats(&domains, asked, wanted[detail], err) < 0)
		return -1;
	for (size_t i = 0; i < domains.count; i++)
		if (domains.items[i].metadata && !domains.items[i].active &&
		    read_saved(&domains.items[i], handles[i], err) < 0)
			return -1;
	for (int again = 0; detail == RC_DETAIL_USAGE && again < RETRIES; again++)
		if (read_again(&domains, handles, wanted[detail], err) < 0)
			return -1;
	*ret = domains;
	domains = (struct rc_domains){ 0 };
	return 0;
}
