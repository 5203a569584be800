/* Facts of a made-up host, for the tests of the probes. */
#ifndef RC_TESTS_PROBE_FACTS_H
#define RC_TESTS_PROBE_FACTS_H

#include "core/probes.h"

static char *facts_host[] = { "192.168.231.1", "93.184.216.34", "2606:2800::1",
	"fe80::5054:ff:fe01:1" };
static char *facts_lan[] = { "93.184.216.1", "2606:2800::fe" };
static char *facts_resolvers[] = { "192.168.231.1" };
static const struct rc_strv facts_host_list = { facts_host, 4 };
static const struct rc_strv facts_lan_list = { facts_lan, 2 };
static const struct rc_strv facts_resolver_list = { facts_resolvers, 1 };
static const struct rc_strv facts_nobody = { 0 };
static const struct rc_endpoints facts_no_holes = { 0 };
static const struct rc_endpoint facts_internet = { "151.101.2.10", 32, RC_IP_TCP, 443 };

static const struct rc_probe_facts facts_usual = {
	.run = "0123456789ab",
	.mac = "52:54:00:01:02:03",
	.ip = "192.168.231.7",
	.gateway = "192.168.231.1",
	.gateway_mac = "52:54:00:0a:0b:0c",
	.prefix = 24,
	.host = &facts_host_list,
	.lan = &facts_lan_list,
	.others = &facts_nobody,
	.others_macs = &facts_nobody,
	.resolvers = &facts_resolver_list,
	.holes = &facts_no_holes,
	.internet = &facts_internet,
	.name = "gitlab.example.com",
	.watched = true,
};

#endif
