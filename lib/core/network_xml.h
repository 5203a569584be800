/* The appliances' network as XML; its address reservations are the address allocator. */
#ifndef RC_CORE_NETWORK_XML_H
#define RC_CORE_NETWORK_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

#define RC_NETWORK "runnerctl"

struct rc_reservation {
	char *mac, *ip;
	bool named; /* ours have no name */
};

struct rc_network {
	char *uuid;
	char *mac;     /* of the bridge: libvirt made it up when the network was defined; or NULL */
	char *bridge;  /* the name of its device; or NULL */
	char *gateway; /* "192.168.231.1" */
	unsigned prefix;
	char *gateway6; /* NULL: it has no IPv6 */
	struct rc_reservation *reservations;
	size_t count;
	struct rc_strv leased; /* addresses that guests were given lately, and may be gone */
};

/* address is the gateway's, "192.168.231.1/24". */
RC_MUST_CHECK int rc_network_address_check(const char *address, struct rc_error *err);

struct rc_network_wish {
	const char *uuid;
	const char *address; /* as above */
	bool ipv6;
	const char *template, *origin; /* the text and its file */
};
/* The caller frees *ret. */
RC_MUST_CHECK int rc_network_xml(
    char **ret, const struct rc_network_wish *wish, struct rc_error *err);
RC_MUST_CHECK int rc_network_read(struct rc_network *ret, const char *xml, struct rc_error *err);
void rc_network_release(struct rc_network *network);

/* As if that address were reserved. */
void rc_network_take(struct rc_network *network, const char *mac, const char *ip);
/*
 * The lowest address that is neither reserved nor the gateway's, and if there is one, not leased:
 * the network's DHCP server gives that to nobody else for an hour.  The caller frees.
 */
RC_MUST_CHECK int rc_network_pick(
    char **ret_ip, const struct rc_network *network, struct rc_error *err);
/*
 * The IPv6 address that goes with ip: the network's, and the four bytes of ip at
 * its end.  NULL if the network has no IPv6; the caller frees.
 */
char *rc_network_ipv6(const struct rc_network *network, const char *ip);
/* The <host> element that reserves ip for mac; the caller frees. */
char *rc_reservation_xml(const char *mac, const char *ip);
/* 52:54:00 and the last three bytes of the UUID; the caller frees. */
char *rc_mac_of(const char *uuid);

#endif
