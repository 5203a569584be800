/* Fragments and options, with which filters have been fooled. */
#include <arpa/inet.h>

#include "core/probes_internal.h"

#define FLAG_MORE 0x2000 /* of a fragment */

void
rc_probes_of_oddities(struct rc_probe_maker *maker)
{
	const char *gateway = maker->facts->gateway;
	const char *lan = maker->facts->lan->count ? maker->facts->lan->items[0] : "192.168.0.1";
	unsigned char route[] = { 131, 7, 4, 0, 0, 0, 0, 0 }, record[] = { 7, 7, 4, 0, 0, 0, 0, 0 };
	static const unsigned char alert[] = { 148, 4, 0, 0 };
	struct rc_packet p = rc_probe_packet(maker, gateway);

	p.protocol = RC_IP_UDP;
	p.dport = 161;
	p.fragment = FLAG_MORE;
	rc_probe_add(maker, RC_PROBE_CLOSED, "fragment-first", &p, "%s", gateway);
	p = rc_probe_packet(maker, gateway);
	p.protocol = RC_IP_UDP;
	p.fragment = 1; /* would lie over the ports of a first one */
	rc_probe_add(maker, RC_PROBE_CLOSED, "fragment-rest", &p, "%s", gateway);
	p.protocol = RC_IP_TCP;
	p.sport = 0;
	rc_probe_add(maker, RC_PROBE_CLOSED, "fragment-tcp", &p, "%s", gateway);

	p = rc_probe_packet(maker, gateway);
	p.protocol = RC_IP_UDP;
	p.dport = 161;
	inet_pton(AF_INET, lan, route + 3);
	p.options = route;
	p.options_size = sizeof(route);
	rc_probe_add(maker, RC_PROBE_CLOSED, "source-route", &p, "%s via %s", lan, gateway);
	p.options = record;
	p.sport = 0;
	rc_probe_add(maker, RC_PROBE_CLOSED, "record-route", &p, "%s", gateway);
	p.options = alert;
	p.sport = 0;
	p.options_size = sizeof(alert);
	rc_probe_add(maker, RC_PROBE_CLOSED, "router-alert", &p, "%s", gateway);
}
