/*
 * Holes in the isolation that the operator asks for: a GitLab, a registry or a
 * mirror on the LAN.
 */
#ifndef RC_CORE_ALLOW_H
#define RC_CORE_ALLOW_H

#include "core/address.h"

enum rc_transport { RC_ANY, RC_TCP, RC_UDP };

struct rc_allow {
	struct rc_block block;
	unsigned port; /* 0: all ports and protocols */
	enum rc_transport transport;
};
struct rc_allows {
	struct rc_allow *items;
	size_t count;
};
/* Nothing is added twice. */
void rc_allows_add(struct rc_allows *allows, struct rc_allow allow);
void rc_allows_release(struct rc_allows *allows);

/* ADDRESS[/PREFIX][:PORT[/tcp|udp]], an IPv6 ADDRESS in []; a port alone is TCP's. */
RC_MUST_CHECK int rc_allow_parse(struct rc_allow *ret, const char *text, struct rc_error *err);
/* Adds those of a list separated by commas; "" has none. */
RC_MUST_CHECK int rc_allows_parse(struct rc_allows *to, const char *list, struct rc_error *err);
void rc_allows_drop_ipv6(struct rc_allows *allows);
/* The same list, written in one way; the caller frees. */
char *rc_allows_format(const struct rc_allows *allows);

#endif
