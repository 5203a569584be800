/* The addresses of the machine we run on. */
#include "host/addresses.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include "core/address.h"

int
rc_host_addresses(struct rc_strv *list, struct rc_error *err)
{
	struct ifaddrs *addresses;

	if (getifaddrs(&addresses) < 0)
		return rc_fail_sys(err, errno, "cannot list the host's addresses");
	for (struct ifaddrs *a = addresses; a; a = a->ifa_next) {
		char text[INET_ADDRSTRLEN];

		if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET)
			continue;
		inet_ntop(AF_INET, &((struct sockaddr_in *)(void *)a->ifa_addr)->sin_addr, text,
		    sizeof(text));
		if (rc_ipv4_is_global(text))
			rc_strv_add(list, text);
	}
	freeifaddrs(addresses);
	return 0;
}
