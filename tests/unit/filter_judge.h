/* A small reading of the filter as a judge of packets. */
#ifndef RC_TESTS_FILTER_JUDGE_H
#define RC_TESTS_FILTER_JUDGE_H

#include <stdbool.h>

#include "core/xml.h"

/* The judged appliance's addresses; its MAC is called "own". */
#define IP "192.168.231.2"
#define IP6 "fd5c:9f1e:7a3b::c0a8:e702"

struct packet {
	const char *mac, *protocol; /* arp, ip, or another ethertype */
	const char *source, *target, *transport;
	int source_port, port; /* ICMPv6: its type */
};

/* The first rule that matches decides, in the order of priorities. */
bool filter_passes(xmlNode *root, const struct packet *packet);
int filter_priority(xmlNode *rule);

#endif
