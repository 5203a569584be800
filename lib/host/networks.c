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
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "host/program.h"

#define EBTABLES "/usr/sbin/ebtables"
#define LISTING_MAX (4u << 20)

static uint32_t
ipv4(const struct sockaddr *address)
{
	return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr);
}

static int
by_address(const void *one, const void *two)
{
	const struct rc_block *a = one, *b = two;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return (int)a->prefix - (int)b->prefix;
}

/* What a filter is called depends on the order of what is in it. */
static void
sort(struct rc_blocks *blocks, size_t from)
{
	if (blocks->count > from)
		qsort(
		    blocks->items + from, blocks->count - from, sizeof(*blocks->items), by_address);
}

int
rc_host_networks(struct rc_blocks *to, struct rc_error *err)
{
	struct ifaddrs *addresses;
	size_t begin = to->count;

	if (getifaddrs(&addresses) < 0)
		return rc_fail_sys(err, errno, "cannot list the host's addresses");
	for (struct ifaddrs *a = addresses; a; a = a->ifa_next) {
		uint32_t mask = UINT32_MAX;
		struct rc_block block;

		if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET)
			continue;
		if (a->ifa_netmask)
			mask = ipv4(a->ifa_netmask);
		block = (struct rc_block){ ipv4(a->ifa_addr) & mask,
			(unsigned)__builtin_popcount(mask) };
		if (rc_block_is_global(block))
			rc_blocks_add(to, block);
	}
	freeifaddrs(addresses);
	sort(to, begin);
	return 0;
}

int
rc_host_resolve(struct rc_blocks *to, const char *name, struct rc_error *err)
{
	const struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	size_t begin = to->count;
	int fault = name[0] == '[' ? EAI_ADDRFAMILY : getaddrinfo(name, NULL, &hints, &found);

	if (fault == EAI_ADDRFAMILY || fault == EAI_NODATA)
		return 0;
	if (fault)
		return rc_fail(err, RC_HOST, "cannot resolve %s: %s", name, gai_strerror(fault));
	for (struct addrinfo *a = found; a; a = a->ai_next)
		rc_blocks_add(to, (struct rc_block){ ipv4(a->ai_addr), 32 });
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
	rc_strv_add(&arguments, EBTABLES);
	rc_strv_add(&arguments, "-t");
	rc_strv_add(&arguments, "nat");
	rc_strv_add(&arguments, "-L");
	return rc_program_read(ret, &arguments, LISTING_MAX, err);
}
