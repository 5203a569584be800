/*
 * The probes of `runnerctl verify`: from what is known of host and network to
 * one frame each, and what has to become of it.
 */
#ifndef RC_CORE_PROBES_H
#define RC_CORE_PROBES_H

#include <stdbool.h>

#include "base/str.h"
#include "core/packet.h"

#define RC_PROBE_RUN 12    /* hex digits that are this run's own */
#define RC_PROBE_MARKER 16 /* the run and four digits more, the probe's number: in each frame */
#define RC_PROBES_MAX 1000

enum rc_probe_rule {
	RC_PROBE_CLOSED,   /* must not get through the filter, nor be answered */
	RC_PROBE_CONFINED, /* the host may see it; no other port or link may, and no answer */
	/* What must work, and by what answer that is known: */
	RC_PROBE_ARP,
	RC_PROBE_DHCP,
	RC_PROBE_DNS,
	RC_PROBE_TCP,
	RC_PROBE_LEAVES, /* it is seen on another link of the host */
	RC_PROBE_SEEN,   /* it is seen at all: whoever watches is awake */
};

struct rc_probe {
	const char *code; /* "host-tcp" */
	char *target;     /* "192.168.1.1:22" */
	enum rc_probe_rule rule;
	bool ipv6;
	unsigned char dst[16]; /* address that it is for, and the ports of both ends */
	uint16_t sport, dport;
	unsigned char frame[RC_FRAME_MAX];
	size_t size;
};
struct rc_probes {
	char run[RC_PROBE_RUN + 1];
	struct rc_probe *items;
	size_t count;
};
void rc_probes_release(struct rc_probes *probes);

/* An address, and what of it is meant. */
struct rc_endpoint {
	char address[46];
	unsigned prefix;  /* of a block; 32 or 128: this address alone */
	uint8_t protocol; /* 0: all */
	uint16_t port;    /* 0: all */
};
struct rc_endpoints {
	struct rc_endpoint *items;
	size_t count;
};
void rc_endpoints_add(struct rc_endpoints *list, const struct rc_endpoint *item);
void rc_endpoints_release(struct rc_endpoints *list);

/* All borrowed. */
struct rc_probe_facts {
	const char *run;      /* RC_PROBE_RUN hex digits, random */
	const char *mac, *ip; /* of the machine that probes */
	const char *gateway, *gateway_mac;
	unsigned prefix;                     /* of the appliances' network */
	const char *ip6, *gateway6;          /* NULL: nothing of IPv6 may work */
	const struct rc_strv *host;          /* addresses of the host, both families */
	const struct rc_strv *lan;           /* machines on its networks */
	const struct rc_strv *others;        /* addresses of other appliances */
	const struct rc_strv *others_macs;   /* as many */
	const struct rc_strv *resolvers;     /* addresses that answer DNS */
	const struct rc_endpoints *holes;    /* what the configuration opens */
	const struct rc_endpoint *internet;  /* TCP, which must answer */
	const struct rc_endpoint *internet6; /* the same by IPv6; NULL: not known */
	const char *name;                    /* that DNS must know */
	bool watched;                        /* somebody looks at the host's links */
};

/* RC_FAILED for facts that are no addresses. */
RC_MUST_CHECK int rc_probes_make(
    struct rc_probes *ret, const struct rc_probe_facts *facts, struct rc_error *err);

/* The marker's number if bytes hold one of this run, else -1. */
int rc_probe_marker(const struct rc_probes *probes, const unsigned char *bytes, size_t size);
bool rc_probe_must_work(const struct rc_probe *probe);

#endif
