/* Addresses, names, bridge ports and ebtables of the machine we run on. */
#include "host/networks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "host/program.h"

/*
 * Not `ebtables -L`: that of nftables takes each chain's policy away and puts it back
 * (iptables 1.8.9), so that a look at the rules made whoever changed them then fail.
 */
#define EBTABLES_SAVE "/usr/sbin/ebtables-save"
#define LISTING_MAX (4u << 20)

static struct rc_block
block_of(const struct sockaddr *address)
{
	struct rc_block block = { .ipv6 = address->sa_family == AF_INET6 };

	if (block.ipv6)
		memcpy(block.bytes,
		    &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
	else
		memcpy(
		    block.bytes, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
	block.prefix = rc_block_longest(block);
	return block;
}

/* What a filter is called depends on the order of what is in it. */
static void
sort(struct rc_blocks *blocks, size_t from)
{
	if (blocks->count > from)
		qsort(blocks->items + from, blocks->count - from, sizeof(*blocks->items),
		    rc_block_compare);
}

/* The network that the address is in: its bits under the mask, and how many there are. */
static struct rc_block
network_of(const struct ifaddrs *a)
{
	struct rc_block block = block_of(a->ifa_addr), mask;

	if (!a->ifa_netmask)
		return block;
	/* The kernel's masks have no family in some versions of the C library. */
	a->ifa_netmask->sa_family = a->ifa_addr->sa_family;
	mask = block_of(a->ifa_netmask);
	block.prefix = 0;
	for (size_t i = 0; i < sizeof(mask.bytes); i++) {
		block.bytes[i] &= mask.bytes[i];
		block.prefix += (unsigned)__builtin_popcount(mask.bytes[i]);
	}
	return block;
}

int
rc_host_networks(struct rc_blocks *to, struct rc_error *err)
{
	struct ifaddrs *addresses;
	size_t begin = to->count;

	if (getifaddrs(&addresses) < 0)
		return rc_fail_sys(err, errno, "cannot list the host's addresses");
	for (struct ifaddrs *a = addresses; a; a = a->ifa_next) {
		struct rc_block block;

		if (!a->ifa_addr ||
		    (a->ifa_addr->sa_family != AF_INET && a->ifa_addr->sa_family != AF_INET6))
			continue;
		block = network_of(a);
		if (rc_block_is_global(block))
			rc_blocks_add(to, block);
	}
	freeifaddrs(addresses);
	sort(to, begin);
	return 0;
}

int
rc_host_resolve(struct rc_blocks *to, const char *name, bool ipv6, struct rc_error *err)
{
	const struct addrinfo hints = { .ai_family = ipv6 ? AF_UNSPEC : AF_INET,
		.ai_socktype = SOCK_STREAM };
	size_t begin = to->count, length = strcspn(name, "]");
	scoped(rc_str_release) char *plain =
	    name[0] == '[' ? rc_strndup(name + 1, length - 1) : rc_strdup(name);
	struct addrinfo *found;
	int fault = getaddrinfo(plain, NULL, &hints, &found);

	if (fault == EAI_ADDRFAMILY || fault == EAI_NODATA)
		return 0;
	if (fault)
		return rc_fail(err, RC_HOST, "cannot resolve %s: %s", plain, gai_strerror(fault));
	for (struct addrinfo *a = found; a; a = a->ai_next)
		rc_blocks_add(to, block_of(a->ai_addr));
	freeaddrinfo(found);
	sort(to, begin);
	return 0;
}

static char *
isolated_path(const char *device)
{
	return rc_format("/sys/class/net/%s/brport/isolated", device);
}

int
rc_host_isolate_port(const char *device, struct rc_error *err)
{
	scoped(rc_str_release) char *path = isolated_path(device);
	scoped(rc_fd_release) int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1", 1) != 1)
		return rc_fail_sys(err, errno, "cannot write to %s", path);
	return 0;
}

bool
rc_host_port_isolated(const char *device)
{
	scoped(rc_str_release) char *path = isolated_path(device);
	scoped(rc_str_release) char *text = NULL;
	struct rc_error ignored;
	size_t size;

	return rc_file_read(&text, &size, path, 16, &ignored) == 0 && text[0] == '1';
}

int
rc_host_ebtables(char **ret, struct rc_error *err)
{
	scoped(rc_strv_release) struct rc_strv arguments = { 0 };

	if (geteuid() != 0)
		return rc_fail(err, RC_HOST, "only root can read the kernel's rules");
	rc_strv_add(&arguments, EBTABLES_SAVE);
	return rc_program_read(ret, &arguments, LISTING_MAX, err);
}
