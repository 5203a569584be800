/* rtnetlink: one message, one answer. */
#include "host/pinned.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "core/packet.h"

/* Attributes of 16 and 6 bytes fill their places to the last: none needs padding in front. */
struct message {
	struct nlmsghdr header;
	struct ndmsg entry;
	struct rtattr address_is;
	unsigned char address[16];
	struct rtattr mac_is;
	unsigned char mac[6], padding[2];
};

/* What the kernel says: a found entry, or an error that may be none. */
union answer {
	struct nlmsghdr header;
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} failed;
	struct {
		struct nlmsghdr header;
		struct ndmsg entry;
		unsigned char attributes[256];
	} found;
};

/* 0, or an errno. */
static int
ask(union answer *ret, const struct message *message)
{
	scoped(rc_fd_release) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t size;

	memset(ret, 0, sizeof(*ret));
	if (fd < 0 || send(fd, message, message->header.nlmsg_len, 0) < 0)
		return errno;
	size = recv(fd, ret, sizeof(*ret), 0);
	if (size < (ssize_t)sizeof(ret->header))
		return size < 0 ? errno : EBADMSG;
	return ret->header.nlmsg_type == NLMSG_ERROR ? -ret->failed.error.error : 0;
}

/* An errno for what makes no sense; without a MAC the message is the shorter by that. */
static int
compose(struct message *ret, const char *device, const char *ip6, const char *mac)
{
	struct message m = { .header = { .nlmsg_len = sizeof(m) },
		.entry = { .ndm_family = AF_INET6,
		    .ndm_ifindex = (int)if_nametoindex(device),
		    .ndm_state = NUD_PERMANENT },
		.address_is = { RTA_LENGTH(16), NDA_DST },
		.mac_is = { RTA_LENGTH(6), NDA_LLADDR } };

	if (!m.entry.ndm_ifindex)
		return ENODEV;
	if (inet_pton(AF_INET6, ip6, m.address) != 1 || (mac && rc_packet_mac(m.mac, mac) < 0))
		return EINVAL;
	if (!mac)
		m.header.nlmsg_len = offsetof(struct message, mac_is);
	*ret = m;
	return 0;
}

int
rc_host_pin(const char *device, const char *ip6, const char *mac, struct rc_error *err)
{
	struct message message;
	union answer answer;
	int fault = compose(&message, device, ip6, mac);

	if (!fault) {
		message.header.nlmsg_type = RTM_NEWNEIGH;
		message.header.nlmsg_flags =
		    NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
		fault = ask(&answer, &message);
	}
	return fault ? rc_fail_sys(err, fault, "cannot tell the kernel who has %s", ip6) : 0;
}

int
rc_host_unpin(const char *device, const char *ip6, struct rc_error *err)
{
	struct message message;
	union answer answer;
	int fault = compose(&message, device, ip6, NULL);

	if (!fault) {
		message.header.nlmsg_type = RTM_DELNEIGH;
		message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
		fault = ask(&answer, &message);
	}
	if (fault && fault != ENOENT && fault != ENODEV)
		return rc_fail_sys(err, fault, "cannot make the kernel forget who has %s", ip6);
	return 0;
}

bool
rc_host_is_pinned(const char *device, const char *ip6, const char *mac)
{
	struct message message;
	union answer answer;
	unsigned char wanted[6];

	if (rc_packet_mac(wanted, mac) < 0 || compose(&message, device, ip6, NULL))
		return false;
	message.header.nlmsg_type = RTM_GETNEIGH;
	message.header.nlmsg_flags = NLM_F_REQUEST;
	message.entry.ndm_state = 0;
	if (ask(&answer, &message) || answer.header.nlmsg_type != RTM_NEWNEIGH ||
	    !(answer.found.entry.ndm_state & NUD_PERMANENT))
		return false;
	/* Its MAC is the one attribute of that type. */
	for (size_t at = 0; at + RTA_LENGTH(6) <= sizeof(answer.found.attributes);) {
		struct rtattr attribute;

		memcpy(&attribute, answer.found.attributes + at, sizeof(attribute));
		if (attribute.rta_type == NDA_LLADDR && attribute.rta_len == RTA_LENGTH(6))
			return memcmp(answer.found.attributes + at + RTA_LENGTH(0), wanted, 6) == 0;
		if (attribute.rta_len < RTA_LENGTH(0))
			return false;
		at += RTA_ALIGN(attribute.rta_len);
	}
	return false;
}
