/* Probes of IPv6, which the filter closes as a whole: neighbour discovery, routers, tunnels, mapped
 * addresses. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "core/probes_internal.h"

#define UNKNOWN_OPTION 253 /* of neighbour discovery, for experiments: it carries the marker */

/* ICMPv6 messages; the target, where there is one, is the gateway's link-local address. */
static void
add_discovery(struct rc_probe_maker *maker)
{
	static const struct {
		const char *code, *dst;
		unsigned char to[6];
		uint8_t type, flags;
		bool target;
	} rows[] = {
		{ "nd-router", "ff02::1", { 0x33, 0x33, 0, 0, 0, 1 }, 134, 64, false },
		{ "nd-solicit-router", "ff02::2", { 0x33, 0x33, 0, 0, 0, 2 }, 133, 0, false },
		{ "nd-solicit", "ff02::1:ff00:1", { 0x33, 0x33, 0xff, 0, 0, 1 }, 135, 0, true },
		{ "nd-claim", "ff02::1", { 0x33, 0x33, 0, 0, 0, 1 }, 136, 0xa0, true },
		{ "nd-redirect", "ff02::1", { 0x33, 0x33, 0, 0, 0, 1 }, 137, 0, true },
		{ "mld-report", "ff02::16", { 0x33, 0x33, 0, 0, 0, 0x16 }, 143, 0, false },
		{ "icmp6-echo", "ff02::1", { 0x33, 0x33, 0, 0, 0, 1 }, 128, 0, false },
		{ "icmp6-echo", "ff02::2", { 0x33, 0x33, 0, 0, 0, 2 }, 128, 0, false },
		{ "icmp6-too-big", "fe80::1", { 0 }, 2, 0, false },
	};
	static const unsigned char zero[6], gateway[16] = { 0xfe, 0x80, [15] = 1 };
	unsigned char body[18];

	for (size_t i = 0; i < RC_COUNT(rows); i++) {
		struct rc_packet p = rc_probe_packet(maker, rows[i].dst);

		if (memcmp(rows[i].to, zero, 6) != 0)
			memcpy(p.to, rows[i].to, 6);
		p.protocol = RC_IP_ICMPV6;
		p.type = rows[i].type;
		p.rest[0] = rows[i].flags;
		memcpy(body, gateway, 16);
		body[16] = UNKNOWN_OPTION;
		body[17] = 3; /* times eight bytes */
		p.payload = rows[i].target ? body : body + 16;
		p.payload_size = rows[i].target ? 18 : 2;
		rc_probe_add(maker, RC_PROBE_CLOSED, rows[i].code, &p, "%s", rows[i].dst);
	}
}

static void
add_udp(struct rc_probe_maker *maker, const char *code, const char *address, uint16_t port)
{
	struct rc_packet p = rc_probe_packet(maker, address);

	if (p.ethertype != RC_ETHER_IPV6)
		return;
	if (p.dst[0] == 0xff) {
		p.to[0] = p.to[1] = 0x33;
		memcpy(p.to + 2, p.dst + 12, 4);
	}
	p.protocol = RC_IP_UDP;
	p.dport = port;
	rc_probe_add(maker, RC_PROBE_CLOSED, code, &p, "[%s]:%u", address, port);
}

/* The gateway's IPv4 address inside an IPv6 one, in every way that somebody translates. */
static void
add_disguises(struct rc_probe_maker *maker)
{
	const unsigned char *g = maker->gateway;
	char text[64];

	snprintf(text, sizeof(text), "::ffff:%u.%u.%u.%u", g[0], g[1], g[2], g[3]);
	add_udp(maker, "ip6-mapped", text, 161);
	snprintf(text, sizeof(text), "::%u.%u.%u.%u", g[0], g[1], g[2], g[3]);
	add_udp(maker, "ip6-compatible", text, 161);
	snprintf(text, sizeof(text), "64:ff9b::%u.%u.%u.%u", g[0], g[1], g[2], g[3]);
	add_udp(maker, "ip6-nat64", text, 161);
	snprintf(text, sizeof(text), "64:ff9b:1::%u.%u.%u.%u", g[0], g[1], g[2], g[3]);
	add_udp(maker, "ip6-nat64", text, 161);
	snprintf(text, sizeof(text), "2002:%02x%02x:%02x%02x::1", g[0], g[1], g[2], g[3]);
	add_udp(maker, "ip6-6to4", text, 161);
}

void
rc_probes_of_ipv6(struct rc_probe_maker *maker)
{
	static const char *const blocks[] = { "::1", "100::1", "2001::1", "2001:db8::1", "fc00::1",
		"fd00:ec2::254", "fe80::1", "fec0::1", "ff05::1:3" };

	add_discovery(maker);
	add_disguises(maker);
	for (size_t i = 0; i < RC_COUNT(blocks); i++)
		add_udp(maker, "ip6-block", blocks[i], 7);
	add_udp(maker, "ip6-dhcp", "ff02::1:2", 547);
	add_udp(maker, "ip6-mdns", "ff02::fb", 5353);
	add_udp(maker, "ip6-internet", "2606:4700:4700::1111", 53);
}
