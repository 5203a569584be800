/* One domain's statistics: what libvirt left out is not known, which is not the same as 0. */
#include <stdio.h>
#include <string.h>

#include "host/virt_internal.h"

#define DATA_DISK "vdc"

static uint64_t
number(const virDomainStatsRecord *record, const char *field)
{
	unsigned long long value;

	return virTypedParamsGetULLong(record->params, record->nparams, field, &value) == 1
		   ? value
		   : RC_UNKNOWN;
}

static uint64_t
kibibytes(const virDomainStatsRecord *record, const char *field)
{
	uint64_t value = number(record, field);

	return value > UINT64_MAX / 1024 ? RC_UNKNOWN : value * 1024;
}

/* "block.2.physical" */
static uint64_t
part(const virDomainStatsRecord *record, const char *group, unsigned i, const char *field)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.%u.%s", group, i, field);
	return number(record, name);
}

/* A sum of which a part is missing is not known. */
static uint64_t
total(const virDomainStatsRecord *record, const char *group, const char *field)
{
	unsigned count = 0;
	uint64_t sum = 0;
	char name[32];

	snprintf(name, sizeof(name), "%s.count", group);
	virTypedParamsGetUInt(record->params, record->nparams, name, &count);
	for (unsigned i = 0; i < count; i++) {
		uint64_t value = part(record, group, i, field);

		if (value == RC_UNKNOWN)
			return RC_UNKNOWN;
		sum += value;
	}
	return count ? sum : RC_UNKNOWN;
}

/*
 * A disk that boots by itself is the only one; it holds the data as well.  What a file takes is
 * "allocation" of a domain that is off and "physical" of one that runs, as qemu counts; there
 * "allocation" is where it wrote farthest since it started, and no discard makes that less.
 */
static uint64_t
data_disk(const virDomainStatsRecord *record)
{
	unsigned count = 0;
	int state = VIR_DOMAIN_NOSTATE;

	virTypedParamsGetInt(record->params, record->nparams, "state.state", &state);
	virTypedParamsGetUInt(record->params, record->nparams, "block.count", &count);
	for (unsigned i = 0; i < count; i++) {
		const char *target = NULL;
		char field[64];

		snprintf(field, sizeof(field), "block.%u.name", i);
		virTypedParamsGetString(record->params, record->nparams, field, &target);
		if (count == 1 || (target && strcmp(target, DATA_DISK) == 0))
			return part(record, "block", i,
			    state == VIR_DOMAIN_SHUTOFF ? "allocation" : "physical");
	}
	return RC_UNKNOWN;
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

void
rc_virt_stats_read(struct rc_domain *domain, const virDomainStatsRecord *record)
{
	uint64_t memory_max = kibibytes(record, "balloon.maximum");

	domain->halt = halt_of(record);
	domain->memory_max = memory_max == RC_UNKNOWN ? 0 : memory_max;
	domain->memory_now = kibibytes(record, "balloon.current");
	domain->usage = (struct rc_usage){
		.memory = kibibytes(record, "balloon.rss"),
		.cpu = number(record, "cpu.time"),
		.disk = data_disk(record),
		.read = total(record, "block", "rd.bytes"),
		.written = total(record, "block", "wr.bytes"),
		.reads = total(record, "block", "rd.reqs"),
		.writes = total(record, "block", "wr.reqs"),
		.received = total(record, "net", "rx.bytes"),
		.sent = total(record, "net", "tx.bytes"),
		.guest_memory = kibibytes(record, "balloon.available"),
		.guest_free = kibibytes(record, "balloon.usable"),
		.guest_told = number(record, "balloon.last-update"),
	};
}
