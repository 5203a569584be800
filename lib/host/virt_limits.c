#include "host/virt_limits.h"

#include <stdlib.h>

#include "base/str.h"
#include "core/domain_xml.h"
#include "host/virt_internal.h"

struct change {
	virDomainPtr domain;
	const struct rc_appliance *appliance;
	const struct rc_limits *limits;
	char *disk; /* as the guest calls it; only for its caps */
	virTypedParameterPtr parameters;
	int count, room;
};

static void
change_release(struct change *change)
{
	virTypedParamsFree(change->parameters, change->count);
	free(change->disk);
	if (change->domain)
		virDomainFree(change->domain);
}

/* libvirt sees only names that it knows here, so that it fails for want of memory alone. */
static void
add_ullong(struct change *change, const char *name, uint64_t value)
{
	if (virTypedParamsAddULLong(
		&change->parameters, &change->count, &change->room, name, value) < 0)
		abort();
}

static int
set_cpu(struct change *change, unsigned flags)
{
	long long quota = (long long)change->limits->cpu_cap * (RC_CPU_PERIOD / 100);

	add_ullong(change, VIR_DOMAIN_SCHEDULER_CPU_SHARES, change->limits->cpu_weight);
	if (virTypedParamsAddLLong(&change->parameters, &change->count, &change->room,
		VIR_DOMAIN_SCHEDULER_GLOBAL_QUOTA, quota) < 0)
		abort();
	return virDomainSetSchedulerParametersFlags(
	    change->domain, change->parameters, change->count, flags);
}

/* 0 takes a cap away; qemu wants a time for each burst, and none without. */
static int
set_disk(struct change *change, unsigned flags)
{
	const struct rc_limits *l = change->limits;
	uint64_t time = l->disk_burst_time ? l->disk_burst_time : 1;

	add_ullong(change, VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC, l->disk_rate);
	add_ullong(change, VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC, l->disk_iops);
	add_ullong(change, VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC_MAX, l->disk_rate_burst);
	add_ullong(change, VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC_MAX, l->disk_iops_burst);
	add_ullong(change, VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC_MAX_LENGTH,
	    l->disk_rate_burst ? time : 0);
	add_ullong(change, VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC_MAX_LENGTH,
	    l->disk_iops_burst ? time : 0);
	return virDomainSetBlockIoTune(
	    change->domain, change->disk, change->parameters, change->count, flags);
}

static int
set_net(struct change *change, unsigned flags)
{
	const struct {
		const char *name;
		uint64_t rate;
	} ways[] = { { VIR_DOMAIN_BANDWIDTH_IN_AVERAGE, change->limits->net_in },
		{ VIR_DOMAIN_BANDWIDTH_OUT_AVERAGE, change->limits->net_out } };

	for (size_t i = 0; i < RC_COUNT(ways); i++)
		if (virTypedParamsAddUInt(&change->parameters, &change->count, &change->room,
			ways[i].name, (unsigned)(ways[i].rate / RC_NET_UNIT)) < 0)
			abort();
	return virDomainSetInterfaceParameters(
	    change->domain, change->appliance->mac, change->parameters, change->count, flags);
}

static const struct {
	const char *what;
	int (*set)(struct change *change, unsigned flags);
} kinds[] = {
	[RC_LIVE_CPU] = { "of its CPUs", set_cpu },
	[RC_LIVE_DISK] = { "of its disk", set_disk },
	[RC_LIVE_NET] = { "of its network", set_net },
};

static int
find_disk(struct change *change, struct rc_error *err)
{
	scoped(rc_str_release) char *xml = virDomainGetXMLDesc(change->domain, 0);

	if (!xml)
		return rc_fail_virt(err, "cannot read the domain");
	return rc_domain_xml_data_disk(&change->disk, xml, err);
}

int
rc_virt_set_limits(struct rc_virt *virt, const struct rc_appliance *a, enum rc_limit_live live,
    const struct rc_limits *limits, struct rc_error *err)
{
	scoped(change_release) struct change change = { .appliance = a, .limits = limits };
	unsigned flags = VIR_DOMAIN_AFFECT_CONFIG;

	change.domain = virDomainLookupByUUIDString(virt->connection, a->uuid);
	if (!change.domain)
		return rc_fail_virt(err, "cannot find the domain %s", a->uuid);
	if (live == RC_LIVE_DISK && find_disk(&change, err) < 0)
		return -1;
	if (virDomainIsActive(change.domain) == 1)
		flags |= VIR_DOMAIN_AFFECT_LIVE;
	if (kinds[live].set(&change, flags) < 0)
		return rc_fail_virt(err, "libvirt refuses the caps %s", kinds[live].what);
	return 0;
}
