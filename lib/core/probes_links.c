/* Probes of the ethernet layer: tags, foreign protocols, stolen addresses, ARP, broadcast, rogue
 * DHCP. */
#include <arpa/inet.h>
#include <string.h>

#include "core/probes_internal.h"

#define DHCP_FIXED 240 /* bytes before the options */

static const unsigned char everybody[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
const unsigned char rc_probe_stranger[6] = { 0x52, 0x54, 0x00, 0xba, 0xdb, 0xad };

/* A datagram that would be welcome everywhere if its sender were not wrong. */
static struct rc_packet
outward(const struct rc_probe_maker *maker)
{
	struct rc_packet p = rc_probe_packet(maker, maker->outside);

	p.protocol = RC_IP_UDP;
	p.dport = 7;
	return p;
}

static void
add_tags(struct rc_probe_maker *maker)
{
	static const struct {
		const char *code;
		uint16_t tags[2];
	} rows[] = { { "vlan", { RC_ETHER_VLAN, 0 } },
		{ "vlan-twice", { RC_ETHER_VLAN, RC_ETHER_VLAN } },
		{ "qinq", { RC_ETHER_QINQ, RC_ETHER_VLAN } },
		{ "qinq-outer", { RC_ETHER_QINQ, 0 } } };

	for (size_t i = 0; i < RC_COUNT(rows); i++) {
		struct rc_packet p = outward(maker);

		memcpy(p.tags, rows[i].tags, sizeof(p.tags));
		rc_probe_add(maker, RC_PROBE_CLOSED, rows[i].code, &p, "%s", maker->facts->gateway);
		memcpy(p.to, everybody, 6);
		p.sport = 0;
		rc_probe_add(maker, RC_PROBE_CLOSED, rows[i].code, &p, "broadcast");
	}
}

/* Protocols beside IP that something on a host or in a switch listens to. */
static void
add_ethertypes(struct rc_probe_maker *maker)
{
	static const struct {
		const char *code;
		uint16_t type;
		unsigned char to[6]; /* zero: the gateway */
	} rows[] = {
		{ "ether-stp", 38, { 0x01, 0x80, 0xc2, 0, 0, 0 } }, /* a length, as 802.3 has it */
		{ "ether-pppoe", 0x8863, { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
		{ "ether-rarp", 0x8035, { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
		{ "ether-wol", 0x0842, { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
		{ "ether-mpls", 0x8847, { 0 } },
		{ "ether-macsec", 0x88e5, { 0 } },
		{ "ether-ptp", 0x88f7, { 0x01, 0x1b, 0x19, 0, 0, 0 } },
		{ "ether-test", 0x88b5, { 0 } },
		{ "ether-loop", 0x9000, { 0 } },
	};
	static const unsigned char zero[6];

	for (size_t i = 0; i < RC_COUNT(rows); i++) {
		struct rc_packet p = rc_probe_packet(maker, "0.0.0.0");

		p.ethertype = rows[i].type;
		if (memcmp(rows[i].to, zero, 6) != 0)
			memcpy(p.to, rows[i].to, 6);
		rc_probe_add(maker, RC_PROBE_CLOSED, rows[i].code, &p, "0x%04x", rows[i].type);
	}
}

static void
add_stolen(struct rc_probe_maker *maker)
{
	static const char *const sources[] = { "0.0.0.0", "127.0.0.1", "10.0.0.1", "8.8.8.8",
		"255.255.255.255" };
	char other[16];
	struct rc_packet p = outward(maker);

	memcpy(p.from, rc_probe_stranger, 6);
	rc_probe_add(maker, RC_PROBE_CLOSED, "spoof-mac", &p, "a stranger's");
	memcpy(p.from, maker->gateway_mac, 6);
	p.sport = 0;
	rc_probe_add(maker, RC_PROBE_CLOSED, "spoof-mac", &p, "the gateway's");
	memcpy(p.from, maker->other_mac, 6);
	p.sport = 0;
	rc_probe_add(maker, RC_PROBE_CLOSED, "spoof-mac", &p, "another appliance's");
	for (size_t i = 0; i < RC_COUNT(sources); i++) {
		p = outward(maker);
		inet_pton(AF_INET, sources[i], p.src);
		rc_probe_add(maker, RC_PROBE_CLOSED, "spoof-ip", &p, "%s", sources[i]);
	}
	p = outward(maker);
	memcpy(p.src, maker->other, 4);
	rc_probe_add(maker, RC_PROBE_CLOSED, "spoof-ip", &p, "%s",
	    inet_ntop(AF_INET, maker->other, other, sizeof(other)));
	p = outward(maker);
	memcpy(p.src, maker->gateway, 4);
	rc_probe_add(maker, RC_PROBE_CLOSED, "spoof-ip", &p, "%s", maker->facts->gateway);
}

static struct rc_packet
arp(const struct rc_probe_maker *maker, uint16_t op, const unsigned char dst[4])
{
	struct rc_packet p = rc_probe_packet(maker, "0.0.0.0");

	p.ethertype = RC_ETHER_ARP;
	p.arp_op = op;
	memcpy(p.to, everybody, 6);
	memcpy(p.arp_from, maker->mac, 6);
	memcpy(p.dst, dst, 4);
	return p;
}

static void
add_arp(struct rc_probe_maker *maker)
{
	const char *lan = maker->facts->lan->count ? maker->facts->lan->items[0] : "192.168.0.1";
	unsigned char address[16];
	struct rc_packet p = arp(maker, 1, maker->gateway);

	rc_probe_add(maker, RC_PROBE_ARP, "arp-gateway", &p, "%s", maker->facts->gateway);
	p = arp(maker, 2, maker->gateway);
	memcpy(p.src, maker->gateway, 4);
	rc_probe_add(maker, RC_PROBE_CLOSED, "arp-claim", &p, "the gateway's address, to all");
	p = arp(maker, 2, maker->other);
	memcpy(p.src, maker->gateway, 4);
	memcpy(p.to, maker->other_mac, 6);
	rc_probe_add(maker, RC_PROBE_CLOSED, "arp-claim", &p, "the gateway's address, to another");
	p = arp(maker, 2, maker->gateway);
	memcpy(p.src, maker->other, 4);
	memcpy(p.to, maker->gateway_mac, 6);
	rc_probe_add(maker, RC_PROBE_CLOSED, "arp-claim", &p, "another's address, to the gateway");
	p = arp(maker, 1, maker->ip);
	rc_probe_add(maker, RC_PROBE_CLOSED, "arp-gratuitous", &p, "%s", maker->facts->ip);
	p = arp(maker, 2, maker->ip);
	rc_probe_add(
	    maker, RC_PROBE_CLOSED, "arp-gratuitous", &p, "%s, as an answer", maker->facts->ip);
	p = arp(maker, 1, maker->gateway);
	memcpy(p.arp_from, rc_probe_stranger, 6);
	rc_probe_add(maker, RC_PROBE_CLOSED, "arp-mac", &p, "a stranger's, inside");
	p = arp(maker, 1, maker->gateway);
	memcpy(p.from, rc_probe_stranger, 6);
	rc_probe_add(maker, RC_PROBE_CLOSED, "arp-mac", &p, "a stranger's, outside");
	p = arp(maker, 1, maker->gateway);
	memset(p.src, 0, 4);
	rc_probe_add(maker, RC_PROBE_CLOSED, "arp-probe", &p, "from 0.0.0.0");
	p = arp(maker, 1, maker->other);
	rc_probe_add(maker, RC_PROBE_CLOSED, "arp-other", &p, "another appliance");
	if (inet_pton(AF_INET, lan, address) == 1) {
		p = arp(maker, 1, address);
		rc_probe_add(maker, RC_PROBE_CLOSED, "arp-lan", &p, "%s", lan);
	}
}

static void
add_everybody(struct rc_probe_maker *maker)
{
	static const struct {
		const char *code, *address;
		unsigned char to[6];
		uint16_t port;
	} rows[] = {
		{ "broadcast", "255.255.255.255", { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, 7 },
		{ "broadcast", "255.255.255.255", { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, 67 },
		{ "multicast", "224.0.0.251", { 0x01, 0x00, 0x5e, 0, 0, 0xfb }, 5353 },
		{ "multicast", "224.0.0.252", { 0x01, 0x00, 0x5e, 0, 0, 0xfc }, 5355 },
		{ "multicast", "239.255.255.250", { 0x01, 0x00, 0x5e, 0x7f, 0xff, 0xfa }, 1900 },
	};
	const struct rc_probe_facts *facts = maker->facts;
	struct rc_packet p;
	char last[16];

	for (size_t i = 0; i < RC_COUNT(rows); i++) {
		p = rc_probe_packet(maker, rows[i].address);
		memcpy(p.to, rows[i].to, 6);
		p.protocol = RC_IP_UDP;
		p.dport = rows[i].port;
		rc_probe_add(maker, RC_PROBE_CLOSED, rows[i].code, &p, "%s:%u", rows[i].address,
		    rows[i].port);
	}
	p = rc_probe_packet(maker, facts->gateway);
	for (unsigned bit = facts->prefix; bit < 32; bit++)
		p.dst[bit / 8] |= (unsigned char)(0x80 >> bit % 8);
	memcpy(p.to, everybody, 6);
	p.protocol = RC_IP_UDP;
	p.dport = 137;
	rc_probe_add(maker, RC_PROBE_CLOSED, "broadcast", &p, "%s:137",
	    inet_ntop(AF_INET, p.dst, last, sizeof(last)));
	/* The router must not be gone around: a frame for another port of the bridge. */
	p = outward(maker);
	memcpy(p.to, maker->other_mac, 6);
	rc_probe_add(maker, RC_PROBE_CONFINED, "other-frame", &p, "another appliance's MAC");
	p = outward(maker);
	memcpy(p.to, everybody, 6);
	rc_probe_add(maker, RC_PROBE_CONFINED, "other-frame", &p, "every port's MAC");
}

/* An OFFER as a rogue server would broadcast it. */
static void
add_rogue_dhcp(struct rc_probe_maker *maker)
{
	unsigned char offer[DHCP_FIXED + 4] = { 2, 1, 6, 0 };
	static const unsigned char options[] = { 99, 130, 83, 99, 53, 1, 2, 255 };
	struct rc_packet p = rc_probe_packet(maker, "255.255.255.255");

	memcpy(offer + DHCP_FIXED - 4, options, sizeof(options));
	memcpy(p.to, everybody, 6);
	p.protocol = RC_IP_UDP;
	p.sport = 67;
	p.dport = 68;
	p.payload = offer;
	p.payload_size = sizeof(offer);
	rc_probe_add(maker, RC_PROBE_CLOSED, "dhcp-offer", &p, "to all, as a server");
	p.payload = offer;
	p.payload_size = sizeof(offer);
	memcpy(p.src, maker->gateway, 4);
	rc_probe_add(maker, RC_PROBE_CLOSED, "dhcp-offer", &p, "to all, as the gateway");
	p.payload = offer;
	p.payload_size = sizeof(offer);
	memcpy(p.src, maker->ip, 4);
	memcpy(p.dst, maker->other, 4);
	memcpy(p.to, maker->other_mac, 6);
	rc_probe_add(maker, RC_PROBE_CLOSED, "dhcp-offer", &p, "to another appliance");
}

void
rc_probes_of_links(struct rc_probe_maker *maker)
{
	add_tags(maker);
	add_ethertypes(maker);
	add_stolen(maker);
	add_arp(maker);
	add_everybody(maker);
	add_rogue_dhcp(maker);
}
