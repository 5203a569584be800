/* Shared by the files that make up the probes; nobody else includes it. */
#ifndef RC_CORE_PROBES_INTERNAL_H
#define RC_CORE_PROBES_INTERNAL_H

#include "core/probes.h"

struct rc_probe_maker {
	struct rc_probes *probes;
	const struct rc_probe_facts *facts;
	unsigned char mac[6], gateway_mac[6], ip[16], gateway[16];
	unsigned char
	    ip6[16]; /* link-local, made from the MAC; or the appliance's own, if IPv6 is on */
	unsigned char gateway6[16];
	unsigned char other[16], other_mac[6];
	const char *outside; /* an address to which everything is open */
};

/* A frame from the machine's own addresses to the gateway's MAC; payload and target are missing. */
struct rc_packet rc_probe_packet(const struct rc_probe_maker *maker, const char *address);
/*
 * Adds a probe.  The packet gets the marker behind its payload (not where an
 * answer is wanted that depends on every byte), and a source port if it has none.
 */
void RC_PRINTF(5, 6) rc_probe_add(struct rc_probe_maker *maker, enum rc_probe_rule rule,
    const char *code, struct rc_packet *packet, const char *target, ...);

extern const unsigned char rc_probe_stranger[6]; /* a MAC that nobody has */

/* Its own address, if it has one; else that which every card gives itself.  -1: facts that are
 * none. */
int rc_probe_choose_ipv6(struct rc_probe_maker *maker);
void rc_probes_of_links(struct rc_probe_maker *maker);
void rc_probes_of_ipv6(struct rc_probe_maker *maker);
void rc_probes_of_near_misses(struct rc_probe_maker *maker);
void rc_probes_of_oddities(struct rc_probe_maker *maker);
void rc_probes_of_services(struct rc_probe_maker *maker);
void rc_probes_of_end(struct rc_probe_maker *maker);

#endif
