/*
 * Probes of near misses: each differs in one point from what the filter lets
 * through to the host, so that it accepts nothing for less than all of its conditions.
 */
#include <arpa/inet.h>
#include <string.h>

#include "core/probes_internal.h"

static void
add_near(struct rc_probe_maker *maker, const char *code, const struct rc_packet *welcome)
{
	char other[16];
	struct rc_packet p = *welcome;

	inet_ntop(AF_INET, maker->other, other, sizeof(other));
	memcpy(p.from, rc_probe_stranger, 6);
	rc_probe_add(maker, RC_PROBE_CLOSED, code, &p, "by a stranger's MAC");
	p = *welcome;
	memcpy(p.src, maker->other, 4);
	rc_probe_add(maker, RC_PROBE_CLOSED, code, &p, "from %s", other);
	p = *welcome;
	memcpy(p.dst, maker->other, 4);
	rc_probe_add(maker, RC_PROBE_CLOSED, code, &p, "to %s", other);
	p = *welcome;
	p.dport += 2;
	rc_probe_add(maker, RC_PROBE_CLOSED, code, &p, "to port %u", p.dport);
	if (welcome->sport) {
		p = *welcome;
		p.sport += 2;
		rc_probe_add(maker, RC_PROBE_CLOSED, code, &p, "from port %u", p.sport);
	}
}

void
rc_probes_of_near_misses(struct rc_probe_maker *maker)
{
	const struct rc_strv *resolvers = maker->facts->resolvers;
	struct rc_packet p = rc_probe_packet(maker, maker->facts->gateway);

	p.protocol = RC_IP_UDP;
	p.sport = 68;
	p.dport = 67;
	add_near(maker, "near-renew", &p);
	memset(p.src, 0, 4);
	memset(p.dst, 0xff, 4);
	memset(p.to, 0xff, 6);
	add_near(maker, "near-discover", &p);
	for (size_t i = 0; i < resolvers->count; i++) {
		p = rc_probe_packet(maker, resolvers->items[i]);
		p.dport = 53;
		p.protocol = RC_IP_UDP;
		add_near(maker, "near-dns-udp", &p);
		p.protocol = RC_IP_TCP;
		add_near(maker, "near-dns-tcp", &p);
	}
}
