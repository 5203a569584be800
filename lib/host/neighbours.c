/* Addresses from the kernel's lists. */
#include "host/neighbours.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

/* A host of containers has hundreds of either; each costs some probes. */
#define ADDRESSES_MAX 24
#define NEIGHBOURS_MAX 12

static void
add_once(struct rc_strv *to, const char *address, size_t max)
{
	for (size_t i = 0; i < to->count; i++)
		if (strcmp(to->items[i], address) == 0)
			return;
	if (to->count < max)
		rc_strv_add(to, address);
}

static const void *
bytes_of(const struct sockaddr *address)
{
	return address->sa_family == AF_INET
		   ? (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr
		   : (const void *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
}

static bool
is_usable(const struct ifaddrs *a, int family)
{
	return a->ifa_addr && a->ifa_addr->sa_family == family && !(a->ifa_flags & IFF_LOOPBACK);
}

int
rc_host_addresses(struct rc_strv *to, struct rc_error *err)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct ifaddrs *addresses;

	if (getifaddrs(&addresses) < 0)
		return rc_fail_sys(err, errno, "cannot list the host's addresses");
	for (size_t i = 0; i < RC_COUNT(families); i++)
		for (struct ifaddrs *a = addresses; a; a = a->ifa_next) {
			char text[INET6_ADDRSTRLEN];

			if (is_usable(a, families[i]) &&
			    inet_ntop(families[i], bytes_of(a->ifa_addr), text, sizeof(text)))
				add_once(to, text, ADDRESSES_MAX);
		}
	freeifaddrs(addresses);
	return 0;
}

/* "eth0 00000000 0101A8C0 ...": a route's gateway, as the kernel keeps it in memory. */
static void
add_routers(struct rc_strv *to, const char *except)
{
	FILE *file = fopen("/proc/net/route", "re");
	char line[256], link[IF_NAMESIZE], gateway[9];

	while (file && fgets(line, sizeof(line), file)) {
		struct in_addr address;
		char text[INET_ADDRSTRLEN];

		if (sscanf(line, "%15s %*s %8s", link, gateway) != 2 || strcmp(link, except) == 0)
			continue;
		address.s_addr = (in_addr_t)strtoul(gateway, NULL, 16);
		if (address.s_addr && inet_ntop(AF_INET, &address, text, sizeof(text)))
			add_once(to, text, NEIGHBOURS_MAX);
	}
	if (file)
		fclose(file);
}

/* "192.168.1.7 0x1 0x2 52:54:... * eth0" */
static void
add_known(struct rc_strv *to, const char *except)
{
	FILE *file = fopen("/proc/net/arp", "re");
	char line[256], address[INET_ADDRSTRLEN], link[IF_NAMESIZE];
	struct in_addr parsed;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%15s %*s %*s %*s %*s %15s", address, link) == 2 &&
		    strcmp(link, except) != 0 && inet_pton(AF_INET, address, &parsed) == 1)
			add_once(to, address, NEIGHBOURS_MAX);
	if (file)
		fclose(file);
}

/* The last address of the network that this one is in, but for IPv4's broadcast. */
static void
add_last(struct rc_strv *to, const struct ifaddrs *a)
{
	int family = is_usable(a, AF_INET) ? AF_INET : AF_INET6;
	size_t size = family == AF_INET ? 4 : 16;
	unsigned char last[16], mask[16];
	char text[INET6_ADDRSTRLEN];

	if (!is_usable(a, family) || !a->ifa_netmask)
		return;
	a->ifa_netmask->sa_family = (sa_family_t)family;
	memcpy(last, bytes_of(a->ifa_addr), size);
	memcpy(mask, bytes_of(a->ifa_netmask), size);
	/* Networks of two addresses have none but ours and its partner's. */
	if (mask[size - 1] > 0xfc || (family == AF_INET6 && last[0] == 0xfe))
		return;
	for (size_t i = 0; i < size; i++)
		last[i] |= (unsigned char)~mask[i];
	last[size - 1] ^= 1;
	add_once(to, inet_ntop(family, last, text, sizeof(text)), NEIGHBOURS_MAX);
}

int
rc_host_neighbours(struct rc_strv *to, const char *except, struct rc_error *err)
{
	struct ifaddrs *addresses;

	if (getifaddrs(&addresses) < 0)
		return rc_fail_sys(err, errno, "cannot list the host's addresses");
	add_routers(to, except);
	add_known(to, except);
	for (struct ifaddrs *a = addresses; a; a = a->ifa_next)
		if (strcmp(a->ifa_name, except) != 0)
			add_last(to, a);
	freeifaddrs(addresses);
	return 0;
}

/* 0, or why not. */
static int
first_address(char *buf, const char *name, int family)
{
	const struct addrinfo wish = { .ai_family = family, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	int fault = getaddrinfo(name, NULL, &wish, &found);

	if (fault)
		return fault;
	inet_ntop(family, bytes_of(found->ai_addr), buf, INET6_ADDRSTRLEN);
	freeaddrinfo(found);
	return 0;
}

int
rc_host_address_of(char buf[RC_ADDRESS_TEXT], const char *name, struct rc_error *err)
{
	int fault = first_address(buf, name, AF_INET);

	return fault ? rc_fail(err, RC_HOST, "cannot find the address of %s: %s", name,
			   gai_strerror(fault))
		     : 0;
}

bool
rc_host_address6_of(char buf[RC_ADDRESS_TEXT], const char *name)
{
	return first_address(buf, name, AF_INET6) == 0;
}
