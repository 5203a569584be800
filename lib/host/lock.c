/* Locks: flock, because the kernel releases it whatever kills the holder. */
#include "host/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "host/clock.h"

#define LOCK_DIRECTORY "/run/runnerctl"

/* What the holder wrote: "4711 runnerctl create"; nothing if it has just begun. */
static void
read_holder(int fd, char *holder, size_t size)
{
	ssize_t n = pread(fd, holder, size - 1, 0);

	holder[n > 0 ? n : 0] = '\0';
	holder[strcspn(holder, "\n")] = '\0';
	rc_str_to_line(holder);
}

static void
write_holder(int fd, const struct rc_run *run)
{
	scoped(rc_str_release) char *line =
	    rc_format("%ld runnerctl %s\n", (long)getpid(), run->verb ? run->verb : "");

	/* Only for people's eyes: the lock itself is the kernel's. */
	if (ftruncate(fd, 0) == 0 && pwrite(fd, line, strlen(line), 0) < 0)
		return;
}

static char *
path_of(const char *name, const char *host)
{
	char *file = host ? rc_format("%s@%s.lock", name, host) : rc_format("%s.lock", name);
	char *path;

	for (char *c = file; (c = strchr(c, '/'));)
		*c = '_';
	path = rc_format(LOCK_DIRECTORY "/%s", file);
	free(file);
	return path;
}

int
rc_lock_take(
    int *ret, const char *name, int patience, const struct rc_run *run, struct rc_error *err)
{
	scoped(rc_str_release) char *path = path_of(name, run->host);
	scoped(rc_fd_release) int fd = -1;
	int64_t deadline = rc_clock_monotonic() + patience;
	char holder[80];

	if (mkdir(LOCK_DIRECTORY, 0755) < 0 && errno != EEXIST)
		return rc_fail_sys(err, errno, "cannot create " LOCK_DIRECTORY);
	/* Whoever may read a file can hold its lock; older runs left files that all may read. */
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fchmod(fd, 0600) < 0)
		return rc_fail_sys(err, errno, "cannot open the lock %s", path);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return rc_fail_sys(err, errno, "cannot lock %s", path);
		if (rc_clock_monotonic() >= deadline) {
			read_holder(fd, holder, sizeof(holder));
			rc_fail(err, RC_BUSY, "another run holds the lock %s (%s)", name, holder);
			return rc_hint(err, "wait for it to end, then try again");
		}
		if (rc_run_check(run, err) < 0)
			return -1;
		rc_clock_wait(0.1);
	}
	write_holder(fd, run);
	*ret = fd;
	fd = -1;
	return 0;
}
