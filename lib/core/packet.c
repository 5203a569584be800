/*
 * Frames for the probes.  The kernel of the probe's machine has no say in what
 * leaves it: checksums, fragments and options are all written here.
 */
#include "core/packet.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define TTL 64
#define ISN 0x52435052 /* of each SYN; an answer acknowledges it */

struct cursor {
	unsigned char *bytes;
	size_t size;
};

static void
put(struct cursor *at, const void *bytes, size_t size)
{
	size_t fits = size < RC_FRAME_MAX - at->size ? size : RC_FRAME_MAX - at->size;

	memcpy(at->bytes + at->size, bytes, fits);
	at->size += fits;
}

static void
put8(struct cursor *at, unsigned value)
{
	unsigned char byte = (unsigned char)value;

	put(at, &byte, 1);
}

static void
put16(struct cursor *at, unsigned value)
{
	put8(at, value >> 8);
	put8(at, value);
}

static void
put32(struct cursor *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at, value);
}

/* A field whose value is known only when what follows was written. */
static void
patch16(struct cursor *at, size_t where, unsigned value)
{
	if (where + 2 > at->size)
		return;
	at->bytes[where] = (unsigned char)(value >> 8);
	at->bytes[where + 1] = (unsigned char)value;
}

static uint32_t
sum(uint32_t so_far, const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		so_far += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return so_far;
}

static unsigned
fold(uint32_t value)
{
	while (value >> 16)
		value = (value & 0xffff) + (value >> 16);
	return ~value & 0xffff;
}

/* Over the addresses and the size too, as TCP, UDP and ICMPv6 want it. */
static unsigned
transport_sum(const struct cursor *at, size_t begin, const struct rc_packet *p, unsigned protocol)
{
	size_t length = p->ethertype == RC_ETHER_IPV6 ? 16 : 4;
	uint32_t value = sum(0, p->src, length);

	value = sum(value, p->dst, length) + protocol + (uint32_t)(at->size - begin);
	return fold(sum(value, at->bytes + begin, at->size - begin));
}

static void put_network(struct cursor *at, const struct rc_packet *p);

static void
put_payload(struct cursor *at, const struct rc_packet *p)
{
	if (p->inner)
		put_network(at, p->inner);
	if (p->payload)
		put(at, p->payload, p->payload_size);
}

static void
put_tcp(struct cursor *at, const struct rc_packet *p)
{
	size_t begin = at->size;

	put16(at, p->sport);
	put16(at, p->dport);
	put32(at, ISN);
	put32(at, 0);
	put16(at, 0x5002); /* five words of header, SYN */
	put16(at, 64240);
	put32(at, 0); /* checksum, urgent pointer */
	put_payload(at, p);
	patch16(at, begin + 16, transport_sum(at, begin, p, RC_IP_TCP));
}

static void
put_udp(struct cursor *at, const struct rc_packet *p)
{
	size_t begin = at->size;

	put16(at, p->sport);
	put16(at, p->dport);
	put32(at, 0); /* length, checksum */
	put_payload(at, p);
	patch16(at, begin + 4, (unsigned)(at->size - begin));
	patch16(at, begin + 6, transport_sum(at, begin, p, RC_IP_UDP));
}

static void
put_icmp(struct cursor *at, const struct rc_packet *p)
{
	size_t begin = at->size;

	put8(at, p->type);
	put8(at, p->code);
	put16(at, 0);
	put(at, p->rest, sizeof(p->rest));
	put_payload(at, p);
	patch16(at, begin + 2,
	    p->protocol == RC_IP_ICMP ? fold(sum(0, at->bytes + begin, at->size - begin))
				      : transport_sum(at, begin, p, RC_IP_ICMPV6));
}

/* A GRE header says which protocol it carries; SCTP's INIT would need CRC32c: a listener drops it
 * after it has arrived, which is what counts. */
static void
put_transport(struct cursor *at, const struct rc_packet *p)
{
	/* A later fragment has no header of its own. */
	if (p->ethertype == RC_ETHER_IPV4 && p->fragment & 0x1fff) {
		put_payload(at, p);
		return;
	}
	switch (p->protocol) {
	case RC_IP_TCP:
		put_tcp(at, p);
		break;
	case RC_IP_UDP:
		put_udp(at, p);
		break;
	case RC_IP_ICMP:
	case RC_IP_ICMPV6:
		put_icmp(at, p);
		break;
	case RC_IP_SCTP:
		put16(at, p->sport);
		put16(at, p->dport);
		put32(at, 0);
		put32(at, 0);
		put_payload(at, p);
		break;
	case RC_IP_GRE:
		put16(at, 0);
		put16(at, p->inner ? p->inner->ethertype : RC_ETHER_IPV4);
		put_payload(at, p);
		break;
	default:
		put_payload(at, p);
	}
}

static void
put_ipv4(struct cursor *at, const struct rc_packet *p)
{
	size_t begin = at->size, options = p->options ? p->options_size : 0;

	put8(at, 0x45 + (unsigned)options / 4);
	put8(at, 0);
	put16(at, 0);
	put16(at, 0x5243);
	put16(at, p->fragment);
	put8(at, TTL);
	put8(at, p->protocol);
	put16(at, 0);
	put(at, p->src, 4);
	put(at, p->dst, 4);
	put(at, p->options ? p->options : p->src, options);
	put_transport(at, p);
	patch16(at, begin + 2, (unsigned)(at->size - begin));
	if (begin + 20 + options <= at->size)
		patch16(at, begin + 10, fold(sum(0, at->bytes + begin, 20 + options)));
}

static void
put_ipv6(struct cursor *at, const struct rc_packet *p)
{
	size_t begin = at->size;

	put32(at, 6U << 28);
	put16(at, 0);
	put8(at, p->protocol);
	put8(at, p->protocol == RC_IP_ICMPV6 ? 255 : TTL); /* neighbour discovery insists */
	put(at, p->src, 16);
	put(at, p->dst, 16);
	put_transport(at, p);
	patch16(at, begin + 4, (unsigned)(at->size - begin - 40));
}

static void
put_arp(struct cursor *at, const struct rc_packet *p)
{
	put16(at, 1);
	put16(at, RC_ETHER_IPV4);
	put16(at, 0x0604);
	put16(at, p->arp_op);
	put(at, p->arp_from, 6);
	put(at, p->src, 4);
	put(at, p->arp_to, 6);
	put(at, p->dst, 4);
	put_payload(at, p);
}

static void
put_network(struct cursor *at, const struct rc_packet *p)
{
	switch (p->ethertype) {
	case RC_ETHER_IPV4:
		put_ipv4(at, p);
		break;
	case RC_ETHER_IPV6:
		put_ipv6(at, p);
		break;
	case RC_ETHER_ARP:
		put_arp(at, p);
		break;
	default:
		put_payload(at, p);
	}
}

size_t
rc_packet_write(unsigned char frame[RC_FRAME_MAX], const struct rc_packet *p)
{
	struct cursor at = { .bytes = frame };

	put(&at, p->to, 6);
	put(&at, p->from, 6);
	for (size_t i = 0; i < 2 && p->tags[i]; i++) {
		put16(&at, p->tags[i]);
		put16(&at, 1);
	}
	put16(&at, p->ethertype);
	put_network(&at, p);
	while (at.size < 60)
		put8(&at, 0);
	return at.size;
}

int
rc_packet_address(unsigned char address[16], uint16_t *ret_ethertype, const char *text)
{
	if (inet_pton(AF_INET, text, address) == 1)
		*ret_ethertype = RC_ETHER_IPV4;
	else if (inet_pton(AF_INET6, text, address) == 1)
		*ret_ethertype = RC_ETHER_IPV6;
	else
		return -1;
	return 0;
}

int
rc_packet_mac(unsigned char mac[6], const char *text)
{
	unsigned char found[6];

	for (int i = 0; i < 6; i++) {
		char *end;

		if (strspn(text, "0123456789abcdefABCDEF") != 2)
			return -1;
		found[i] = (unsigned char)strtoul(text, &end, 16);
		if (*end != (i < 5 ? ':' : '\0'))
			return -1;
		text = end + 1;
	}
	memcpy(mac, found, 6);
	return 0;
}
