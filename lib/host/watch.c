/* A packet socket on every link at once. */
#include "host/watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUE (32 << 20)
#define LONGEST 768 /* bytes; a probe with all that tunnels may put around it is shorter */

struct rc_watch {
	const struct rc_probes *probes;
	int fd;
	unsigned own, bridge; /* interface numbers */
};

/* Bulk traffic of a busy host is made of longer frames: it never reaches the queue. */
static int
only_short_frames(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, LONGEST, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, LONGEST),
	};
	const struct sock_fprog program = { .len = RC_COUNT(code), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int
show_all_of(int fd, unsigned link)
{
	const struct packet_mreq request = { .mr_ifindex = (int)link,
		.mr_type = PACKET_MR_PROMISC };

	return setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request));
}

int
rc_watch_open(struct rc_watch **ret, const struct rc_probes *probes, const char *own,
    const char *bridge, struct rc_error *err)
{
	struct rc_watch watch = {
		.probes = probes, .own = if_nametoindex(own), .bridge = if_nametoindex(bridge)
	};
	int size = QUEUE;

	if (!watch.own || !watch.bridge)
		return rc_fail_sys(
		    err, errno, "no network link called %s", watch.own ? bridge : own);
	watch.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (watch.fd < 0) {
		rc_fail_sys(err, errno, "cannot watch the host's links");
		err->code = RC_HOST;
		return rc_hint(err, "run as root: silence is no proof where nobody listens");
	}
	*ret = rc_alloc(1, sizeof(watch));
	**ret = watch;
	/* Without the right to a larger queue the usual one must do; losses are counted. */
	(void)!setsockopt(watch.fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (only_short_frames(watch.fd) == 0 && show_all_of(watch.fd, watch.bridge) == 0) {
		const struct sockaddr_ll all = { .sll_family = AF_PACKET,
			.sll_protocol = htons(ETH_P_ALL) };

		if (bind(watch.fd, (const struct sockaddr *)&all, sizeof(all)) == 0)
			return 0;
	}
	rc_fail_sys(err, errno, "cannot watch the host's links");
	rc_watch_release(ret);
	return -1;
}

int
rc_watch_fd(const struct rc_watch *watch)
{
	return watch->fd;
}

static void
look_at(struct rc_watch *watch, struct rc_sightings *sightings, const unsigned char *bytes,
    size_t size, unsigned link)
{
	int number = rc_probe_marker(watch->probes, bytes, size);
	struct rc_sighting sighting = { .bridge = link == watch->bridge };
	char name[IF_NAMESIZE];

	/* An ifb repeats what enters another link, before any bridge has seen it. */
	if (number < 0 || link == watch->own || !if_indextoname(link, name) ||
	    rc_str_starts(name, "ifb"))
		return;
	sighting.probe = (unsigned)number;
	snprintf(sighting.link, sizeof(sighting.link), "%s", name);
	rc_sightings_add(sightings, &sighting);
}

void
rc_watch_read(struct rc_watch *watch, struct rc_sightings *sightings)
{
	unsigned char bytes[LONGEST];
	struct sockaddr_ll from;
	struct tpacket_stats stats;
	socklen_t length = sizeof(from);
	ssize_t size;

	sightings->watched = true;
	while ((size = recvfrom(
		    watch->fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &length)) >= 0) {
		look_at(watch, sightings, bytes, (size_t)size, (unsigned)from.sll_ifindex);
		length = sizeof(from);
	}
	length = sizeof(stats);
	if (getsockopt(watch->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length) == 0)
		sightings->missed += stats.tp_drops;
}

void
rc_watch_close(struct rc_watch *watch)
{
	if (watch)
		close(watch->fd);
	free(watch);
}
