/* Probes of what must work: DHCP, DNS, the internet, and the holes of the configuration. */
#include <string.h>

#include "base/scope.h"
#include "core/probes_internal.h"

enum { DISCOVER = 1, REQUEST = 3, RELEASE = 7 }; /* DHCP messages */

/* Returns the message's size; the marker becomes the value of the option that it ends with. */
static size_t
dhcp(const struct rc_probe_maker *maker, unsigned char *buf, size_t room, unsigned kind)
{
	static const unsigned char cookie[] = { 99, 130, 83, 99 };
	unsigned number = (unsigned)maker->probes->count;
	size_t size = 240;

	memset(buf, 0, room);
	buf[0] = buf[1] = 1;
	buf[2] = 6;
	buf[4] = 'R';
	buf[5] = 'C';
	buf[6] = (unsigned char)(number >> 8);
	buf[7] = (unsigned char)number;
	if (kind != DISCOVER)
		memcpy(buf + 12, maker->ip, 4); /* which address it has */
	memcpy(buf + 28, maker->mac, 6);
	memcpy(buf + 236, cookie, sizeof(cookie));
	buf[size++] = 53;
	buf[size++] = 1;
	buf[size++] = (unsigned char)kind;
	if (kind == RELEASE) { /* it must name the server */
		buf[size++] = 54;
		buf[size++] = 4;
		memcpy(buf + size, maker->gateway, 4);
		size += 4;
	}
	buf[size++] = 60; /* vendor class */
	buf[size++] = RC_PROBE_MARKER;
	return size;
}

static void
add_dhcp(struct rc_probe_maker *maker)
{
	unsigned char buf[RC_FRAME_MAX];
	struct rc_packet p = rc_probe_packet(maker, "255.255.255.255");

	memset(p.to, 0xff, 6);
	memset(p.src, 0, 4);
	p.protocol = RC_IP_UDP;
	p.sport = 68;
	p.dport = 67;
	p.payload_size = dhcp(maker, buf, sizeof(buf), DISCOVER);
	p.payload = buf;
	rc_probe_add(maker, RC_PROBE_DHCP, "dhcp-discover", &p, "%s", maker->facts->ip);
	if (maker->facts->watched) {
		p.payload_size = dhcp(maker, buf, sizeof(buf), DISCOVER);
		p.payload = buf;
		rc_probe_add(maker, RC_PROBE_SEEN, "watch", &p, "the bridge");
	}
	memcpy(p.to, maker->gateway_mac, 6);
	memcpy(p.src, maker->ip, 4);
	memcpy(p.dst, maker->gateway, 4);
	p.payload_size = dhcp(maker, buf, sizeof(buf), REQUEST);
	p.payload = buf;
	rc_probe_add(maker, RC_PROBE_DHCP, "dhcp-renew", &p, "%s", maker->facts->ip);
}

/* A question for the address of a name; 0 if it is no name. */
static size_t
dns(const struct rc_probe_maker *maker, unsigned char *buf, size_t room)
{
	const char *name = maker->facts->name;
	unsigned number = (unsigned)maker->probes->count;
	size_t size = 12;

	memset(buf, 0, room);
	buf[0] = (unsigned char)(number >> 8);
	buf[1] = (unsigned char)number;
	buf[2] = 1; /* recursion wanted */
	buf[5] = 1; /* one question */
	while (*name) {
		size_t label = strcspn(name, ".");

		if (label == 0 || label > 63 || size + label + 8 > room)
			return 0;
		buf[size++] = (unsigned char)label;
		memcpy(buf + size, name, label);
		size += label;
		name += label + (name[label] == '.');
	}
	buf[size + 2] = 1; /* an address, */
	buf[size + 4] = 1; /* of the internet */
	return size + 5;
}

static void
add_dns(struct rc_probe_maker *maker)
{
	const struct rc_probe_facts *facts = maker->facts;
	unsigned char buf[256];

	for (size_t i = 0; i < facts->resolvers->count; i++) {
		const char *resolver = facts->resolvers->items[i];
		struct rc_packet p = rc_probe_packet(maker, resolver);

		p.protocol = RC_IP_UDP;
		p.dport = 53;
		p.payload_size = dns(maker, buf, sizeof(buf));
		p.payload = buf;
		if (p.payload_size)
			rc_probe_add(
			    maker, RC_PROBE_DNS, "dns-udp", &p, "%s at %s", facts->name, resolver);
		p.payload_size = 0;
		p.sport = 0;
		p.protocol = RC_IP_TCP;
		rc_probe_add(maker, RC_PROBE_TCP, "dns-tcp", &p, "%s:53", resolver);
	}
}

static void
add_internet(struct rc_probe_maker *maker)
{
	const struct rc_endpoint *to = maker->facts->internet;
	struct rc_packet p = rc_probe_packet(maker, to->address);

	p.protocol = RC_IP_TCP;
	p.dport = to->port;
	rc_probe_add(maker, RC_PROBE_TCP, "internet-tcp", &p, "%s:%u", to->address, to->port);
	if (!maker->facts->watched)
		return;
	p = rc_probe_packet(maker, maker->outside);
	p.protocol = RC_IP_UDP;
	p.dport = 33434;
	rc_probe_add(maker, RC_PROBE_LEAVES, "internet-udp", &p, "%s:33434", maker->outside);
	p.protocol = RC_IP_ICMP;
	p.sport = 0;
	p.type = 8;
	rc_probe_add(maker, RC_PROBE_LEAVES, "internet-icmp", &p, "%s", maker->outside);
}

/* A hole of one address and one port, and beside it what must stay closed. */
static void
add_hole(struct rc_probe_maker *maker, const struct rc_endpoint *hole)
{
	struct rc_packet p = rc_probe_packet(maker, hole->address);
	bool tcp = hole->protocol != RC_IP_UDP, ipv6 = p.ethertype == RC_ETHER_IPV6;
	scoped(rc_str_release) char *host = rc_format(ipv6 ? "[%s]" : "%s", hole->address);

	p.protocol = tcp ? RC_IP_TCP : RC_IP_UDP;
	p.dport = hole->port ? hole->port : 7;
	if (tcp && hole->port && hole->prefix == (ipv6 ? 128 : 32))
		rc_probe_add(maker, RC_PROBE_TCP, "hole-tcp", &p, "%s:%u", host, p.dport);
	else if (maker->facts->watched)
		rc_probe_add(maker, RC_PROBE_LEAVES, tcp ? "hole-any" : "hole-udp", &p, "%s:%u",
		    host, p.dport);
	if (!hole->port)
		return;
	p.sport = 0;
	p.dport = hole->port == 65535 ? 65534 : (uint16_t)(hole->port + 1);
	rc_probe_add(maker, RC_PROBE_CLOSED, "hole-beside", &p, "%s:%u", host, p.dport);
	p.sport = 0;
	p.dport = hole->port;
	p.protocol = tcp ? RC_IP_UDP : RC_IP_TCP;
	rc_probe_add(maker, RC_PROBE_CLOSED, "hole-beside", &p, "%s:%u/%s", host, p.dport,
	    tcp ? "udp" : "tcp");
}

/* The last of all: whoever gets the address next must not find it taken. */
void
rc_probes_of_end(struct rc_probe_maker *maker)
{
	unsigned char buf[RC_FRAME_MAX];
	struct rc_packet p = rc_probe_packet(maker, maker->facts->gateway);

	p.protocol = RC_IP_UDP;
	p.sport = 68;
	p.dport = 67;
	p.payload_size = dhcp(maker, buf, sizeof(buf), RELEASE);
	p.payload = buf;
	rc_probe_add(maker, RC_PROBE_SEEN, "dhcp-release", &p, "%s", maker->facts->ip);
}

void
rc_probes_of_services(struct rc_probe_maker *maker)
{
	add_dhcp(maker);
	add_dns(maker);
	add_internet(maker);
	for (size_t i = 0; i < maker->facts->holes->count; i++)
		add_hole(maker, &maker->facts->holes->items[i]);
}
