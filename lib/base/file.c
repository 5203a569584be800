/* Files that are read whole with a limit, and appear whole. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"

void
rc_fd_release(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Reads until the end or one byte past max; the buffer is wiped when given up, as it may be secret.
 */
static int
read_all(char **ret, size_t *ret_size, int fd, size_t max)
{
	size_t size = 0, room = 4096 < max + 1 ? 4096 : max + 1;
	char *data = rc_alloc(room + 1, 1);

	for (;;) {
		ssize_t n = read(fd, data + size, room - size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || (size += (size_t)n) > max) {
			int sys = n < 0 ? errno : n > 0 ? EFBIG : 0;

			data[size] = '\0';
			*ret = data;
			*ret_size = size;
			return sys;
		}
		if (size == room) {
			size_t more = room * 2 < max + 1 ? room * 2 : max + 1;
			char *bigger = rc_alloc(more + 1, 1);

			memcpy(bigger, data, size);
			rc_wipe(data, size);
			free(data);
			data = bigger;
			room = more;
		}
	}
}

int
rc_fd_read(char **ret, size_t *ret_size, const struct rc_source *source, struct rc_error *err)
{
	char *data = NULL;
	size_t size = 0;
	int sys = read_all(&data, &size, source->fd, source->max);

	if (sys == EFBIG)
		rc_fail(err, RC_FAILED, "%s is larger than %zu bytes", source->name, source->max);
	else if (sys)
		rc_fail_sys(err, sys, "cannot read %s", source->name);
	else if (!ret_size && strlen(data) != size)
		sys = rc_fail(
		    err, RC_FAILED, "%s holds a NUL byte: it is not a text file", source->name);
	if (sys) {
		rc_wipe(data, size);
		free(data);
		return -1;
	}
	*ret = data;
	if (ret_size)
		*ret_size = size;
	return 0;
}

int
rc_file_read(char **ret, size_t *ret_size, const char *path, size_t max, struct rc_error *err)
{
	scoped(rc_fd_release) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return rc_fail_sys(err, errno, "cannot open %s", path);
	return rc_fd_read(ret, ret_size, &(struct rc_source){ fd, path, max }, err);
}

int
rc_file_tail(char **ret, size_t *ret_size, const char *path, size_t max, struct rc_error *err)
{
	scoped(rc_fd_release) int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	scoped(rc_str_release) char *bytes = rc_alloc(max, 1);
	struct stat about;
	ssize_t n;

	if (fd < 0 || fstat(fd, &about) < 0)
		return rc_fail_sys(err, errno, "cannot open %s", path);
	n = pread(fd, bytes, max, about.st_size > (off_t)max ? about.st_size - (off_t)max : 0);
	if (n < 0)
		return rc_fail_sys(err, errno, "cannot read %s", path);
	*ret = bytes;
	bytes = NULL;
	*ret_size = (size_t)n;
	return 0;
}

int
rc_fd_write(int fd, const void *data, size_t size, struct rc_error *err)
{
	const char *at = data;

	while (size > 0) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return rc_fail_sys(err, errno, "cannot write");
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

int
rc_file_publish(const char *path, const void *data, size_t size, mode_t mode, struct rc_error *err)
{
	scoped(rc_str_release) char *temporary = rc_format("%s.XXXXXX", path);
	scoped(rc_fd_release) int fd = mkostemp(temporary, O_CLOEXEC);

	if (fd < 0)
		return rc_fail_sys(err, errno, "cannot create %s", temporary);
	if (rc_fd_write(fd, data, size, err) == 0) {
		if (fchmod(fd, mode) == 0 && fsync(fd) == 0 && rename(temporary, path) == 0)
			return 0;
		rc_fail_sys(err, errno, "cannot replace the file");
	}
	unlink(temporary);
	return rc_within(err, "%s", path);
}
