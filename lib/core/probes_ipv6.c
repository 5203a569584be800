/*
 * Probes of IPv6.  Where it is off the filter closes it as a whole.  Where it is on,
 * the internet and the question where the gateway is must get through, nothing else.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "core/probes_internal.h"

enum { SOLICIT = 135, CLAIM = 136 };      /* of neighbour discovery */
#define SOMEWHERE6 "2606:4700:4700::1111" /* public; nobody has to answer there */
#define UNKNOWN_OPTION 253 /* of neighbour discovery, for experiments: it carries the marker */

int
rc_probe_choose_ipv6(struct rc_probe_maker *maker)
{
	const struct rc_probe_facts *facts = maker->facts;
	unsigned char *ip6 = maker->ip6;
	uint16_t type, other;

	if (facts->ip6)
		return rc_packet_address(ip6, &type, facts->ip6) < 0 ||
			       rc_packet_address(maker->gateway6, &other, facts->gateway6) < 0 ||
			       type != RC_ETHER_IPV6 || other != RC_ETHER_IPV6
			   ? -1
			   : 0;
	ip6[0] = 0xfe;
	ip6[1] = 0x80;
	memcpy(ip6 + 8, maker->mac, 3);
	ip6[8] ^= 2;
	ip6[11] = 0xff;
	ip6[12] = 0xfe;
	memcpy(ip6 + 13, maker->mac + 3, 3);
	return 0;
}

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
		if (maker->facts->ip6 && p.type == SOLICIT)
			continue;
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

/* The one question that must get through: which MAC has the gateway's address? */
static struct rc_packet
question(const struct rc_probe_maker *maker, unsigned char body[18])
{
	struct rc_packet p = rc_probe_packet(maker, "ff02::1:ff00:0");

	memcpy(p.dst + 13, maker->gateway6 + 13, 3);
	p.to[0] = p.to[1] = 0x33;
	memcpy(p.to + 2, p.dst + 12, 4);
	p.protocol = RC_IP_ICMPV6;
	p.type = SOLICIT;
	memcpy(body, maker->gateway6, 16);
	body[16] = UNKNOWN_OPTION;
	body[17] = 3;
	p.payload = body;
	p.payload_size = 18;
	return p;
}

/* The question, and what differs from it in one point. */
static void
add_questions(struct rc_probe_maker *maker)
{
	static const uint8_t types[] = { 128, 133, 134, CLAIM, 137 };
	unsigned char body[18], own[16];
	struct rc_packet p = question(maker, body);
	const char *gateway6 = maker->facts->gateway6;

	rc_probe_add(maker, RC_PROBE_SEEN, "nd-gateway", &p, "%s", gateway6);
	p = question(maker, body);
	memcpy(p.from, rc_probe_stranger, 6);
	rc_probe_add(maker, RC_PROBE_CLOSED, "near-nd", &p, "by a stranger's MAC");
	p = question(maker, body);
	p.src[15] ^= 1;
	rc_probe_add(maker, RC_PROBE_CLOSED, "near-nd", &p, "from another's address");
	p = question(maker, body);
	memcpy(own, p.src, 16);
	memset(p.src, 0, 16);
	rc_probe_add(maker, RC_PROBE_CLOSED, "near-nd", &p, "from ::");
	p = question(maker, body);
	memcpy(p.dst + 13, own + 13, 3);
	memcpy(p.to + 2, p.dst + 12, 4);
	rc_probe_add(maker, RC_PROBE_CLOSED, "near-nd", &p, "to whoever has its own address");
	p = question(maker, body);
	memcpy(p.dst, maker->gateway6, 16);
	memcpy(p.to, maker->gateway_mac, 6);
	rc_probe_add(maker, RC_PROBE_CLOSED, "near-nd", &p, "to %s", gateway6);
	for (size_t i = 0; i < RC_COUNT(types); i++) {
		p = question(maker, body);
		p.type = types[i];
		rc_probe_add(maker, RC_PROBE_CLOSED, "near-nd", &p, "of type %u", types[i]);
	}
}

static struct rc_packet
outward(const struct rc_probe_maker *maker)
{
	struct rc_packet p = rc_probe_packet(maker, SOMEWHERE6);

	p.protocol = RC_IP_UDP;
	p.dport = 7;
	return p;
}

static void
add_stolen(struct rc_probe_maker *maker)
{
	static const char *const sources[] = { "::", "::1", "fe80::1", "fd00::1",
		"2606:4700:4700::1001" };
	uint16_t type;
	struct rc_packet p = outward(maker);

	memcpy(p.from, rc_probe_stranger, 6);
	rc_probe_add(maker, RC_PROBE_CLOSED, "spoof-mac", &p, "a stranger's, IPv6");
	for (size_t i = 0; i < RC_COUNT(sources); i++) {
		p = outward(maker);
		rc_packet_address(p.src, &type, sources[i]);
		rc_probe_add(maker, RC_PROBE_CLOSED, "spoof-ip", &p, "%s", sources[i]);
	}
	p = outward(maker);
	memcpy(p.src, maker->gateway6, 16);
	rc_probe_add(maker, RC_PROBE_CLOSED, "spoof-ip", &p, "%s", maker->facts->gateway6);
	p = outward(maker);
	memcpy(p.src + 12, maker->other, 4);
	rc_probe_add(maker, RC_PROBE_CLOSED, "spoof-ip", &p, "another appliance's IPv6");
}

/* The gateway answers nothing by IPv6, not even names. */
static void
add_gateway(struct rc_probe_maker *maker)
{
	static const struct {
		const char *code;
		uint8_t protocol;
		uint16_t port;
	} rows[] = { { "ip6-gateway", RC_IP_UDP, 53 }, { "ip6-gateway", RC_IP_TCP, 53 },
		{ "ip6-gateway", RC_IP_TCP, 22 }, { "ip6-gateway", RC_IP_TCP, 80 },
		{ "ip6-gateway", RC_IP_UDP, 547 }, { "ip6-options", 0, 0 }, { "ip6-route", 43, 0 },
		{ "ip6-fragment", 44, 0 }, { "ip6-tunnel", RC_IP_6IN4, 0 }, { "gre", RC_IP_GRE, 0 },
		{ "sctp", RC_IP_SCTP, 22 } };
	struct rc_packet p = rc_probe_packet(maker, maker->facts->gateway6);

	for (size_t i = 0; i < RC_COUNT(rows); i++) {
		p.sport = 0;
		p.protocol = rows[i].protocol;
		p.dport = rows[i].port;
		rc_probe_add(maker, RC_PROBE_CLOSED, rows[i].code, &p, "[%s]:%u",
		    maker->facts->gateway6, rows[i].port);
	}
	p = rc_probe_packet(maker, maker->facts->gateway6);
	memcpy(p.dst + 12, maker->other, 4);
	p.protocol = RC_IP_UDP;
	p.dport = 53;
	rc_probe_add(maker, RC_PROBE_CLOSED, "other-udp", &p, "another appliance's IPv6");
}

static void
add_switched_on(struct rc_probe_maker *maker)
{
	const struct rc_endpoint *to = maker->facts->internet6;
	struct rc_packet p;

	add_questions(maker);
	add_stolen(maker);
	add_gateway(maker);
	if (maker->facts->watched) {
		p = outward(maker);
		rc_probe_add(maker, RC_PROBE_LEAVES, "ip6-internet", &p, "[" SOMEWHERE6 "]:7");
	}
	if (!to)
		return;
	p = rc_probe_packet(maker, to->address);
	p.protocol = RC_IP_TCP;
	p.dport = to->port;
	rc_probe_add(maker, RC_PROBE_TCP, "ip6-internet", &p, "[%s]:%u", to->address, to->port);
}

void
rc_probes_of_ipv6(struct rc_probe_maker *maker)
{
	static const char *const blocks[] = { "::1", "100::1", "1fff:ffff::1", "2001::1",
		"2001:1ff:ffff::1", "2001:db8::1", "2001:db8:ffff::1", "2002::1", "2002:ffff::1",
		"3fff::1", "3fff:fff:ffff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254",
		"fe80::1", "fec0::1", "ff05::1:3" };

	add_discovery(maker);
	add_disguises(maker);
	for (size_t i = 0; i < RC_COUNT(blocks); i++)
		add_udp(maker, "ip6-block", blocks[i], 7);
	add_udp(maker, "ip6-dhcp", "ff02::1:2", 547);
	add_udp(maker, "ip6-mdns", "ff02::fb", 5353);
	if (maker->facts->ip6)
		add_switched_on(maker);
	else
		add_udp(maker, "ip6-internet", SOMEWHERE6, 53);
}
