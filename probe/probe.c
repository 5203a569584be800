/*
 * The machine that `runnerctl verify` boots behind an appliance's filter: sends
 * the frames it is told to, byte by byte, and reports those that come back.  It
 * judges nothing, and has no network stack of its own in use: no kernel's
 * manners stand between a probe and the filter.
 *
 * As the first process of a VM: the script is behind the root on the disk with
 * the serial "rc-config", the report goes to the console, again and again until somebody
 * pulls the plug.  Otherwise: probe SCRIPT INTERFACE, with the report on
 * standard output.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define FRAMES_MAX 1000
#define FRAME_MAX 384
#define ANSWERS_MAX 400
#define ANSWER_MAX 160 /* bytes of each that are reported */
#define PAUSE 2        /* milliseconds after each frame */
#define SETTLE 1000    /* after each round */

struct frame {
	unsigned char bytes[FRAME_MAX];
	size_t size;
	int error;
};

static struct frame frames[FRAMES_MAX], answers[ANSWERS_MAX];
static size_t frame_count, answer_count;
static char run[32], own_ip[16];
static unsigned char own_mac[6];
static bool init;

/* As the first process it may not end: the plug is pulled when the silence gets too long. */
static void
fail(const char *what)
{
	printf("probe: %s: %s\n", what, strerror(errno));
	fflush(stdout);
	if (init) {
		sleep(1);
		reboot(RB_POWER_OFF);
	}
	exit(1);
}

static long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The disk with our serial, or NULL. */
static char *
find_disk(void)
{
	static char path[300];
	DIR *dir = opendir("/sys/block");

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		char serial[32] = "";
		FILE *file;

		snprintf(path, sizeof(path), "/sys/block/%s/serial", entry->d_name);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fgets(serial, sizeof(serial), file) && strncmp(serial, "rc-config", 9) == 0 &&
		    strcspn(serial, "\n") == 9) {
			fclose(file);
			closedir(dir);
			snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
			return path;
		}
		fclose(file);
	}
	if (dir)
		closedir(dir);
	return NULL;
}

static void
read_frame(struct frame *frame, const char *hex)
{
	for (; frame->size < FRAME_MAX && isxdigit(hex[0]) && isxdigit(hex[1]); hex += 2) {
		const char byte[3] = { hex[0], hex[1] };

		frame->bytes[frame->size++] = (unsigned char)strtoul(byte, NULL, 16);
	}
}

/* The disk begins with the squashfs that we are in; its own header tells where it ends. */
static int
skip_root(FILE *file)
{
	unsigned char header[48] = { 0 };
	unsigned long size = 0;

	if (fread(header, 1, sizeof(header), file) != sizeof(header) ||
	    memcmp(header, "hsqs", 4) != 0)
		return fseek(file, 0, SEEK_SET);
	for (int i = 7; i >= 0; i--)
		size = size << 8 | header[40 + i];
	return fseek(file, (long)((size + 4095) / 4096 * 4096), SEEK_SET);
}

static void
read_script(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[2 * FRAME_MAX + 8], count[8];

	if (!file || skip_root(file) < 0 || !fgets(line, sizeof(line), file) ||
	    sscanf(line, "runnerctl-probe 1 %31s %15s %7s", run, own_ip, count) != 3)
		fail(path);
	while (fgets(line, sizeof(line), file) && strcmp(line, "end\n") != 0 &&
	       frame_count < FRAMES_MAX)
		read_frame(&frames[frame_count++], line);
	fclose(file);
	if (frame_count != strtoul(count, NULL, 10)) {
		errno = EBADMSG;
		fail(path);
	}
}

/* The only interface of a VM that is not the loopback. */
static const char *
find_interface(void)
{
	static char name[IF_NAMESIZE];
	struct if_nameindex *list = if_nameindex();

	for (struct if_nameindex *i = list; i && i->if_name; i++)
		if (strcmp(i->if_name, "lo") != 0)
			snprintf(name, sizeof(name), "%s", i->if_name);
	if_freenameindex(list);
	return *name ? name : NULL;
}

static int
open_link(const char *name)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	struct ifreq request = { 0 };
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	long end = now() + 20000;

	snprintf(request.ifr_name, IFNAMSIZ, "%s", name);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		fail(name);
	memcpy(own_mac, request.ifr_hwaddr.sa_data, 6);
	if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		fail(name);
	request.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		fail(name);
	while (ioctl(fd, SIOCGIFFLAGS, &request) == 0 && !(request.ifr_flags & IFF_RUNNING)) {
		if (now() > end) {
			errno = ETIMEDOUT;
			fail(name);
		}
		usleep(20000);
	}
	address.sll_ifindex = (int)if_nametoindex(name);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		fail(name);
	return fd;
}

/* Who asks for our address gets it: without that nothing can be answered. */
static void
answer_arp(int fd, unsigned char *frame, size_t size)
{
	struct in_addr own;

	inet_pton(AF_INET, own_ip, &own);
	if (size < 42 || frame[12] != 8 || frame[13] != 6 || frame[21] != 1 ||
	    memcmp(frame + 38, &own, 4) != 0)
		return;
	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, own_mac, 6);
	frame[21] = 2;
	memmove(frame + 32, frame + 22, 10);
	memcpy(frame + 22, own_mac, 6);
	memcpy(frame + 28, &own, 4);
	if (send(fd, frame, 42, 0) < 0)
		fail("answering ARP");
}

/* Notes what arrives for so many milliseconds. */
static void
listen_for(int fd, long span)
{
	long end = now() + span;
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	for (long left = span; left >= 0; left = end - now()) {
		unsigned char bytes[2048] = { 0 };
		struct sockaddr_ll from = { 0 };
		socklen_t length = sizeof(from);
		ssize_t size;

		if (poll(&poller, 1, (int)left) <= 0)
			return;
		size = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &length);
		if (size < 14 || from.sll_pkttype == PACKET_OUTGOING)
			continue;
		if (answer_count < ANSWERS_MAX) {
			struct frame *answer = &answers[answer_count++];

			answer->size = (size_t)size < ANSWER_MAX ? (size_t)size : ANSWER_MAX;
			memcpy(answer->bytes, bytes, answer->size);
		}
		answer_arp(fd, bytes, (size_t)size);
	}
}

/* Two rounds: a first datagram may be lost while a router resolves addresses. */
static void
probe(int fd)
{
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < frame_count; i++) {
			frames[i].error =
			    send(fd, frames[i].bytes, frames[i].size, 0) < 0 ? errno : 0;
			listen_for(fd, PAUSE);
		}
		listen_for(fd, SETTLE);
	}
}

static void
report(void)
{
	printf("\n{\"run\":\"%s\",\"sent\":[", run);
	for (size_t i = 0; i < frame_count; i++)
		printf("%s%d", i ? "," : "", frames[i].error);
	printf("],\"got\":[");
	for (size_t i = 0; i < answer_count; i++) {
		printf("%s\"", i ? "," : "");
		for (size_t k = 0; k < answers[i].size; k++)
			printf("%02x", answers[i].bytes[k]);
		printf("\"");
	}
	printf("]}\n");
	fflush(stdout);
}

/* The kernel gave the console its manners: "\n" would become "\r\n", and input would be echoed. */
static void
open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);
	struct termios settings;

	for (int i = 0; fd >= 0 && i < 3; i++)
		dup2(fd, i);
	if (tcgetattr(1, &settings) == 0) {
		cfmakeraw(&settings);
		tcsetattr(1, TCSANOW, &settings);
	}
}

int
main(int argc, char **argv)
{
	const char *script, *interface;

	init = getpid() == 1;
	if (!init && argc != 3) {
		fprintf(stderr, "usage: probe SCRIPT INTERFACE\n");
		return 2;
	}
	if (init)
		open_console();
	script = init ? find_disk() : argv[1];
	interface = init ? find_interface() : argv[2];
	if (!script || !interface) {
		errno = ENODEV;
		fail(script ? "network interface" : "disk rc-config");
	}
	read_script(script);
	probe(open_link(interface));
	do {
		report();
		sleep(init ? 1 : 0);
	} while (init);
	return 0;
}
