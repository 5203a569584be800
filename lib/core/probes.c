/* The probes of most things: host, LAN, other appliances, special blocks, odd packets. */
#include "core/probes.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "core/probes_internal.h"

#define FIRST_PORT 10000
#define PORT_SPAN 50000
#define SOMEWHERE "1.1.1.1" /* public; nobody has to answer there */

void
rc_probes_release(struct rc_probes *probes)
{
	for (size_t i = 0; i < probes->count; i++)
		free(probes->items[i].target);
	free(probes->items);
	*probes = (struct rc_probes){ 0 };
}

void
rc_endpoints_add(struct rc_endpoints *list, const struct rc_endpoint *item)
{
	list->items = rc_grow(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = *item;
}

void
rc_endpoints_release(struct rc_endpoints *list)
{
	free(list->items);
	*list = (struct rc_endpoints){ 0 };
}

bool
rc_probe_must_work(const struct rc_probe *probe)
{
	return probe->rule != RC_PROBE_CLOSED && probe->rule != RC_PROBE_CONFINED;
}

int
rc_probe_marker(const struct rc_probes *probes, const unsigned char *bytes, size_t size)
{
	const unsigned char *at = memmem(bytes, size, probes->run, RC_PROBE_RUN);
	size_t left = at ? size - (size_t)(at - bytes) : 0;
	char digits[5] = "";
	unsigned long number;
	char *end;

	if (left < RC_PROBE_MARKER)
		return -1;
	memcpy(digits, at + RC_PROBE_RUN, 4);
	number = strtoul(digits, &end, 16);
	return end == digits + 4 && number < probes->count ? (int)number : -1;
}

static uint32_t
number_of(const unsigned char address[4])
{
	return (uint32_t)address[0] << 24 | (uint32_t)address[1] << 16 | (uint32_t)address[2] << 8 |
	       address[3];
}

static bool
same_bits(const unsigned char *a, const unsigned char *b, unsigned count)
{
	unsigned rest = count % 8;

	return memcmp(a, b, count / 8) == 0 &&
	       (!rest || (a[count / 8] ^ b[count / 8]) >> (8 - rest) == 0);
}

static bool
hole_covers(const struct rc_endpoint *hole, const struct rc_packet *p)
{
	unsigned char address[16];
	uint16_t type;

	if (rc_packet_address(address, &type, hole->address) < 0 || type != p->ethertype ||
	    !same_bits(address, p->dst, hole->prefix))
		return false;
	return (!hole->protocol || hole->protocol == p->protocol) &&
	       (!hole->port || hole->port == p->dport);
}

/* Is it the configuration's wish that this arrives? */
static bool
is_open(const struct rc_probe_maker *maker, const struct rc_packet *p)
{
	const struct rc_probe_facts *facts = maker->facts;

	for (size_t i = 0; i < facts->holes->count; i++)
		if (hole_covers(&facts->holes->items[i], p))
			return true;
	for (size_t i = 0; i < facts->resolvers->count; i++) {
		struct rc_endpoint dns = { .prefix = 32, .port = 53 };

		snprintf(dns.address, sizeof(dns.address), "%s", facts->resolvers->items[i]);
		if (hole_covers(&dns, p))
			return true;
	}
	return false;
}

struct rc_packet
rc_probe_packet(const struct rc_probe_maker *maker, const char *address)
{
	struct rc_packet p = { .ethertype = RC_ETHER_IPV4 };

	memcpy(p.to, maker->gateway_mac, 6);
	memcpy(p.from, maker->mac, 6);
	rc_packet_address(p.dst, &p.ethertype, address);
	memcpy(p.src, p.ethertype == RC_ETHER_IPV6 ? maker->ip6 : maker->ip, 16);
	return p;
}

/* Each run has ports of its own: what answers an earlier one late must not count. */
static unsigned
first_port(const struct rc_probes *probes)
{
	return FIRST_PORT + (unsigned)(strtoull(probes->run, NULL, 16) % PORT_SPAN);
}

void RC_PRINTF(5, 6) rc_probe_add(struct rc_probe_maker *maker, enum rc_probe_rule rule,
    const char *code, struct rc_packet *p, const char *target, ...)
{
	struct rc_probes *probes = maker->probes;
	unsigned char payload[RC_FRAME_MAX];
	char marker[RC_PROBE_MARKER + 1], text[96];
	struct rc_probe *probe;
	va_list args;

	if (probes->count >= RC_PROBES_MAX)
		return;
	snprintf(marker, sizeof(marker), "%s%04x", probes->run, (unsigned)probes->count & 0xffff);
	if (p->payload_size > RC_FRAME_MAX - RC_PROBE_MARKER)
		p->payload_size = RC_FRAME_MAX - RC_PROBE_MARKER;
	if (p->payload)
		memcpy(payload, p->payload, p->payload_size);
	memcpy(payload + p->payload_size, marker, RC_PROBE_MARKER);
	if (rule != RC_PROBE_TCP && rule != RC_PROBE_DNS) {
		p->payload = payload;
		p->payload_size += RC_PROBE_MARKER;
	}
	if (!p->sport)
		p->sport = (uint16_t)(first_port(probes) + probes->count);
	if (p->type == 8 || p->type == 128) { /* echo requests: the identifier comes back */
		p->rest[0] = (unsigned char)(probes->count >> 8);
		p->rest[1] = (unsigned char)probes->count;
	}
	va_start(args, target);
	vsnprintf(text, sizeof(text), target, args);
	va_end(args);
	probes->items = rc_grow(probes->items, probes->count + 1, sizeof(*probes->items));
	probe = &probes->items[probes->count++];
	*probe = (struct rc_probe){ .code = code, .target = rc_strdup(text), .rule = rule };
	probe->ipv6 = p->ethertype == RC_ETHER_IPV6;
	memcpy(probe->dst, p->dst, 16);
	probe->sport = p->sport;
	probe->dport = p->dport;
	probe->size = rc_packet_write(probe->frame, p);
	p->payload = NULL;
	p->payload_size = 0;
}

static void
add_port(struct rc_probe_maker *maker, const char *code, const char *address, uint8_t protocol,
    uint16_t port)
{
	struct rc_packet p = rc_probe_packet(maker, address);

	p.protocol = protocol;
	p.dport = port;
	if (is_open(maker, &p))
		return;
	if (p.ethertype == RC_ETHER_IPV6)
		rc_probe_add(maker, RC_PROBE_CLOSED, code, &p, "[%s]:%u", address, port);
	else
		rc_probe_add(maker, RC_PROBE_CLOSED, code, &p, "%s:%u", address, port);
}

static void
add_echo(struct rc_probe_maker *maker, const char *code, const char *address)
{
	struct rc_packet p = rc_probe_packet(maker, address);
	bool ipv6 = p.ethertype == RC_ETHER_IPV6;

	p.protocol = ipv6 ? RC_IP_ICMPV6 : RC_IP_ICMP;
	p.type = ipv6 ? 128 : 8;
	if (!is_open(maker, &p))
		rc_probe_add(maker, RC_PROBE_CLOSED, code, &p, "%s", address);
}

/* Every address of the host, of either family. */
static void
add_host(struct rc_probe_maker *maker)
{
	for (size_t i = 0; i < maker->facts->host->count; i++) {
		const char *address = maker->facts->host->items[i];

		add_port(maker, "host-tcp", address, RC_IP_TCP, 22);
		add_port(maker, "host-tcp", address, RC_IP_TCP, 80);
		add_port(maker, "host-udp", address, RC_IP_UDP, 161);
		add_echo(maker, "host-icmp", address);
	}
}

/* The one address that has to answer something must answer nothing else. */
static void
add_gateway(struct rc_probe_maker *maker, const char *gateway)
{
	static const uint16_t tcp[] = { 21, 22, 23, 25, 53, 80, 111, 139, 443, 445, 631, 2049, 2375,
		3306, 5432, 5900, 6379, 8080, 9090, 16509 };
	static const uint16_t udp[] = { 53, 67, 69, 111, 123, 137, 161, 500, 514, 547, 1900, 5353 };
	static const struct {
		const char *code;
		uint8_t type;
	} icmp[] = { { "icmp-echo", 8 }, { "icmp-redirect", 5 }, { "icmp-router", 9 },
		{ "icmp-solicit", 10 }, { "icmp-timestamp", 13 }, { "icmp-mask", 17 } };

	for (size_t i = 0; i < RC_COUNT(tcp); i++)
		add_port(maker, "gateway-tcp", gateway, RC_IP_TCP, tcp[i]);
	for (size_t i = 0; i < RC_COUNT(udp); i++)
		add_port(maker, "gateway-udp", gateway, RC_IP_UDP, udp[i]);
	for (size_t i = 0; i < RC_COUNT(icmp); i++) {
		struct rc_packet p = rc_probe_packet(maker, gateway);

		p.protocol = RC_IP_ICMP;
		p.type = icmp[i].type;
		rc_probe_add(maker, RC_PROBE_CLOSED, icmp[i].code, &p, "%s", gateway);
	}
}

static void
add_lan(struct rc_probe_maker *maker)
{
	for (size_t i = 0; i < maker->facts->lan->count; i++) {
		const char *address = maker->facts->lan->items[i];

		add_port(maker, "lan-tcp", address, RC_IP_TCP, 22);
		add_port(maker, "lan-tcp", address, RC_IP_TCP, 80);
		add_port(maker, "lan-tcp", address, RC_IP_TCP, 443);
		add_port(maker, "lan-udp", address, RC_IP_UDP, 53);
		add_echo(maker, "lan-icmp", address);
	}
}

/* The first and the last address of each special-purpose block (RFC 6890), and some of renown. */
static void
add_blocks(struct rc_probe_maker *maker)
{
	static const char *const inside[] = { "0.0.0.1", "0.255.255.254", "10.0.0.1",
		"10.255.255.254", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.255.255.254",
		"169.254.0.1", "169.254.255.254", "172.16.0.1", "172.31.255.254", "192.0.0.1",
		"192.0.0.254", "192.0.2.1", "192.0.2.254", "192.88.99.1", "192.88.99.254",
		"192.168.0.1", "192.168.255.254", "198.18.0.1", "198.19.255.254", "198.51.100.1",
		"198.51.100.254", "203.0.113.1", "203.0.113.254", "224.0.0.1", "224.0.0.251",
		"239.255.255.250", "240.0.0.1", "255.255.255.254" };

	add_port(maker, "metadata", "169.254.169.254", RC_IP_TCP, 80);
	add_port(maker, "metadata", "169.254.170.2", RC_IP_TCP, 80);
	for (size_t i = 0; i < RC_COUNT(inside); i++)
		add_port(maker, "block", inside[i], RC_IP_UDP, 7);
}

/* Other protocols, to the host and to machines of its LAN. */
static void
add_protocols(struct rc_probe_maker *maker, const char *address)
{
	static const struct {
		const char *code;
		uint8_t protocol;
	} rows[] = { { "igmp", 2 }, { "ipip", RC_IP_IPIP }, { "6in4", RC_IP_6IN4 },
		{ "gre", RC_IP_GRE }, { "esp", 50 }, { "ah", 51 }, { "ospf", 89 }, { "vrrp", 112 },
		{ "sctp", RC_IP_SCTP }, { "udplite", 136 } };
	struct rc_packet inner = rc_probe_packet(maker, maker->facts->gateway);
	struct rc_packet inner6 = rc_probe_packet(maker, "fe80::1");

	inner.protocol = inner6.protocol = RC_IP_UDP;
	inner.sport = inner6.sport = inner.dport = inner6.dport = 7;
	for (size_t i = 0; i < RC_COUNT(rows); i++) {
		struct rc_packet p = rc_probe_packet(maker, address);

		p.protocol = rows[i].protocol;
		if (p.protocol == RC_IP_IPIP || p.protocol == RC_IP_GRE)
			p.inner = &inner;
		if (p.protocol == RC_IP_6IN4)
			p.inner = &inner6;
		p.dport = 22;
		if (!is_open(maker, &p))
			rc_probe_add(maker, RC_PROBE_CLOSED, rows[i].code, &p, "%s", address);
	}
}

/* Made up where there is none: the last address of the network, and a MAC that nobody has. */
static int
choose_other(struct rc_probe_maker *maker)
{
	const struct rc_probe_facts *facts = maker->facts;
	static const unsigned char nobody[6] = { 0x52, 0x54, 0, 0xfe, 0xfd, 0xfc };
	uint32_t last =
	    number_of(maker->gateway) | (facts->prefix ? UINT32_MAX >> facts->prefix : UINT32_MAX);
	uint16_t type;

	memcpy(maker->other_mac, nobody, 6);
	for (int i = 0; i < 4; i++)
		maker->other[i] = (unsigned char)((last - 1) >> (24 - 8 * i));
	if (!facts->others->count)
		return 0;
	return rc_packet_address(maker->other, &type, facts->others->items[0]) < 0 ||
		       rc_packet_mac(maker->other_mac, facts->others_macs->items[0]) < 0
		   ? -1
		   : 0;
}

static int
maker_init(struct rc_probe_maker *maker, struct rc_error *err)
{
	const struct rc_probe_facts *facts = maker->facts;
	uint16_t type = 0, other = 0;

	if (rc_packet_mac(maker->mac, facts->mac) < 0 ||
	    rc_packet_mac(maker->gateway_mac, facts->gateway_mac) < 0 ||
	    rc_packet_address(maker->ip, &type, facts->ip) < 0 ||
	    rc_packet_address(maker->gateway, &other, facts->gateway) < 0 ||
	    type != RC_ETHER_IPV4 || other != RC_ETHER_IPV4 || facts->prefix > 30 ||
	    choose_other(maker) < 0)
		return rc_fail(err, RC_FAILED, "the network's addresses make no sense");
	for (size_t i = 0; i < facts->host->count + facts->lan->count; i++) {
		const char *address = i < facts->host->count
					  ? facts->host->items[i]
					  : facts->lan->items[i - facts->host->count];
		unsigned char ignored[16];

		if (rc_packet_address(ignored, &type, address) < 0)
			return rc_fail(err, RC_FAILED, "'%s' is no address", address);
	}
	return rc_probe_choose_ipv6(maker) < 0
		   ? rc_fail(err, RC_FAILED, "the network's IPv6 addresses make no sense")
		   : 0;
}

/* The internet's server; but one that a hole opens may be closed beside that hole. */
static const char *
choose_outside(const struct rc_probe_maker *maker)
{
	struct rc_packet p = rc_probe_packet(maker, maker->facts->internet->address);

	p.protocol = RC_IP_TCP;
	p.dport = maker->facts->internet->port;
	return is_open(maker, &p) ? SOMEWHERE : maker->facts->internet->address;
}

int
rc_probes_make(struct rc_probes *ret, const struct rc_probe_facts *facts, struct rc_error *err)
{
	struct rc_probes probes = { 0 };
	struct rc_probe_maker maker = { .probes = &probes, .facts = facts };
	char other[16];

	if (maker_init(&maker, err) < 0)
		return -1;
	snprintf(probes.run, sizeof(probes.run), "%s", facts->run);
	inet_ntop(AF_INET, maker.other, other, sizeof(other));
	maker.outside = choose_outside(&maker);
	rc_probes_of_services(&maker);
	add_host(&maker);
	add_gateway(&maker, facts->gateway);
	add_lan(&maker);
	add_port(&maker, "other-tcp", other, RC_IP_TCP, 22);
	add_port(&maker, "other-udp", other, RC_IP_UDP, 53);
	add_echo(&maker, "other-icmp", other);
	add_blocks(&maker);
	add_protocols(&maker, facts->gateway);
	if (facts->lan->count)
		add_protocols(&maker, facts->lan->items[0]);
	rc_probes_of_near_misses(&maker);
	rc_probes_of_oddities(&maker);
	rc_probes_of_links(&maker);
	rc_probes_of_ipv6(&maker);
	rc_probes_of_end(&maker);
	*ret = probes;
	return 0;
}
