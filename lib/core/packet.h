/* Ethernet frames byte by byte: also such as no kernel would send. */
#ifndef RC_CORE_PACKET_H
#define RC_CORE_PACKET_H

#include <stddef.h>
#include <stdint.h>

#define RC_FRAME_MAX 384

enum { /* ethertypes */
	RC_ETHER_IPV4 = 0x0800,
	RC_ETHER_ARP = 0x0806,
	RC_ETHER_VLAN = 0x8100,
	RC_ETHER_IPV6 = 0x86dd,
	RC_ETHER_QINQ = 0x88a8,
};
enum { /* protocols of IP */
	RC_IP_ICMP = 1,
	RC_IP_IPIP = 4,
	RC_IP_TCP = 6,
	RC_IP_UDP = 17,
	RC_IP_6IN4 = 41,
	RC_IP_GRE = 47,
	RC_IP_ICMPV6 = 58,
	RC_IP_SCTP = 132,
};

struct rc_packet {
	unsigned char to[6], from[6]; /* MAC addresses */
	uint16_t tags[2];             /* types of the VLAN tags, outermost first; 0: none */
	/* What follows: IPv4, IPv6 and ARP are written from the fields below; else the payload. */
	uint16_t ethertype;

	unsigned char src[16], dst[16]; /* IPv4: the first four bytes */
	uint8_t protocol;
	uint16_t fragment;            /* IPv4: flags and offset */
	const unsigned char *options; /* IPv4: a multiple of four bytes, or NULL */
	size_t options_size;
	uint16_t sport, dport; /* TCP (always a SYN), UDP, SCTP */
	uint8_t type, code;    /* ICMP, ICMPv6 */
	unsigned char rest[4]; /* of their headers */

	uint16_t arp_op;
	unsigned char arp_from[6], arp_to[6];

	const struct rc_packet *inner; /* its network layer comes before the payload; or NULL */
	const unsigned char *payload;
	size_t payload_size;
};

/* Returns the frame's size; what does not fit into RC_FRAME_MAX is cut off. */
size_t rc_packet_write(unsigned char frame[RC_FRAME_MAX], const struct rc_packet *packet);

/* An IPv4 or IPv6 address as text into src or dst, and the ethertype with it; -1 for none. */
int rc_packet_address(unsigned char address[16], uint16_t *ret_ethertype, const char *text);
/* "52:54:00:01:02:03"; -1 for none. */
int rc_packet_mac(unsigned char mac[6], const char *text);

#endif
