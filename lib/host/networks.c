/* The networks that the machine we run on is part of. */
#include "host/networks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>

#include "core/address.h"

static in_addr_t
ipv4(const struct sockaddr *address)
{
	return ((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr;
}

static void
add(struct rc_strv *networks, struct rc_strv *prefixes, const struct ifaddrs *a)
{
	in_addr_t mask = a->ifa_netmask ? ipv4(a->ifa_netmask) : INADDR_BROADCAST;
	struct in_addr network = { ipv4(a->ifa_addr) & mask };
	char text[INET_ADDRSTRLEN], prefix[8];

	inet_ntop(AF_INET, &network, text, sizeof(text));
	snprintf(prefix, sizeof(prefix), "%d", __builtin_popcount(mask));
	rc_strv_add(networks, text);
	rc_strv_add(prefixes, prefix);
}

int
rc_host_networks(struct rc_strv *networks, struct rc_strv *prefixes, struct rc_error *err)
{
	struct ifaddrs *addresses;

	if (getifaddrs(&addresses) < 0)
		return rc_fail_sys(err, errno, "cannot list the host's addresses");
	for (struct ifaddrs *a = addresses; a; a = a->ifa_next) {
		char text[INET_ADDRSTRLEN];

		if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET)
			continue;
		inet_ntop(AF_INET, &(struct in_addr){ ipv4(a->ifa_addr) }, text, sizeof(text));
		if (rc_ipv4_is_global(text))
			add(networks, prefixes, a);
	}
	freeifaddrs(addresses);
	return 0;
}
