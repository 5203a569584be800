/* The report of the machine that `verify` boots: whatever it says, each probe gets a verdict. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/probe_verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rc_probe items[] = { { "dhcp-renew", NULL, RC_PROBE_DHCP, { 0 }, 68, 67,
					       { 0 }, 60 },
		{ "arp-gateway", NULL, RC_PROBE_ARP, { 10, 0, 0, 1 }, 1025, 0, { 0 }, 60 },
		{ "dns-udp", NULL, RC_PROBE_DNS, { 10, 0, 0, 1 }, 1026, 53, { 0 }, 60 },
		{ "internet-tcp", NULL, RC_PROBE_TCP, { 10, 0, 0, 1 }, 1027, 80, { 0 }, 60 },
		{ "host-tcp", NULL, RC_PROBE_CLOSED, { 10, 0, 0, 1 }, 1028, 22, { 0 }, 60 },
		{ "arp-lan", NULL, RC_PROBE_CLOSED, { 10, 0, 0, 2 }, 1029, 22, { 0 }, 60 },
		{ "nd-solicit", NULL, RC_PROBE_CLOSED, { 10, 0, 0, 1 }, 1030, 22, { 0 }, 60 },
		{ "watch", NULL, RC_PROBE_SEEN, { 10, 0, 0, 1 }, 1031, 22, { 0 }, 60 } };
	static const struct rc_probes probes = { "0123456789ab", items, RC_COUNT(items) };
	static const struct rc_sightings sightings = { .watched = true };
	struct rc_probe_report report;
	struct rc_error err;

	if (rc_probe_report_read(&report, &probes, (const char *)data, size, &err) < 0)
		return 0;
	if (report.count != probes.count || report.answer_count > RC_PROBE_ANSWERS_MAX)
		abort();
	for (size_t i = 0; i < probes.count; i++) {
		struct rc_finding f = rc_probe_judge(&probes, i, &report, &sightings);

		if (!memchr(f.detail, '\0', sizeof(f.detail)))
			abort();
	}
	rc_probe_report_release(&report);
	return 0;
}
