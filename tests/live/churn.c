/*
 * A guest's worst for a thin disk: it fills the device, then overwrites and
 * discards at random places, in sizes and at offsets that fit no cluster.
 *
 *	churn DEVICE SECONDS
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define MOST (1 << 20) /* bytes at a time */
#define BLOCK 4096

static uint64_t state = 88172645463325252;

static uint64_t
next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

/* Other bytes each time, so that nothing is all zeroes. */
static void
put(int fd, uint64_t *bytes, uint64_t at, uint64_t size)
{
	for (uint64_t i = 0; i < size; i += 512)
		bytes[i / sizeof(*bytes)] = next();
	if (pwrite(fd, bytes, size, (off_t)at) != (ssize_t)size) {
		perror("churn: writing");
		exit(1);
	}
}

int
main(int argc, char *argv[])
{
	uint64_t size = 0, *bytes = aligned_alloc(BLOCK, MOST);
	int fd = argc == 3 ? open(argv[1], O_RDWR | O_DIRECT) : -1;
	unsigned long written = 0, discarded = 0;
	time_t end;

	if (fd < 0 || !bytes || ioctl(fd, BLKGETSIZE64, &size) < 0) {
		fprintf(stderr, "usage: churn DEVICE SECONDS\n");
		return 2;
	}
	for (uint64_t i = 0; i < MOST / sizeof(*bytes); i++)
		bytes[i] = next();
	for (uint64_t at = 0; at < size; at += MOST)
		put(fd, bytes, at, size - at < MOST ? size - at : MOST);
	printf("filled ");
	end = time(NULL) + atoi(argv[2]);
	while (time(NULL) < end) {
		uint64_t length = (next() % 48 + 1) * BLOCK;
		uint64_t at = next() % ((size - length) / BLOCK) * BLOCK;
		uint64_t range[2] = { at, length };

		if (next() % 3) {
			put(fd, bytes, at, length);
			written++;
		} else if (ioctl(fd, BLKDISCARD, range) == 0) {
			discarded++;
		}
	}
	printf("written %lu discarded %lu\n", written, discarded);
	return fsync(fd) < 0;
}
