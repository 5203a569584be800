#include "host/guest_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"

#define PIECE 4096       /* bytes of a line at most */
#define WINDOW (1 << 20) /* bytes before the end in which the last lines are looked for */

struct rc_guest_log {
	char *path;
	int fd;
	char line[PIECE + 1]; /* handed out last */
	char bytes[2 * PIECE];
	size_t used; /* of bytes: read, and not handed out */
};

/* Where the last so many lines begin, or the window, if they are longer. */
static off_t
last_lines(int fd, off_t size, unsigned lines)
{
	off_t begin = size > WINDOW ? size - WINDOW : 0;
	size_t length = (size_t)(size - begin);
	scoped(rc_str_release) char *text = rc_alloc(length + 1, 1);
	ssize_t n = pread(fd, text, length, begin);

	for (ssize_t i = n - 1; i > 0; i--)
		/* The end of a line before the last byte is the beginning of another. */
		if (text[i - 1] == '\n' && --lines == 0)
			return begin + i;
	return begin;
}

int
rc_guest_log_open(struct rc_guest_log **ret, const char *path, unsigned lines, struct rc_error *err)
{
	scoped(rc_fd_release) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		int why = errno;

		rc_fail_sys(err, why, "cannot read the serial log %s", path);
		err->code = why == ENOENT ? RC_NOT_FOUND : RC_HOST;
		return -1;
	}
	if (!S_ISREG(st.st_mode))
		return rc_fail(err, RC_HOST, "the serial log %s is no file", path);
	if (lseek(fd, last_lines(fd, st.st_size, lines), SEEK_SET) < 0)
		return rc_fail_sys(err, errno, "cannot read the serial log %s", path);
	*ret = rc_alloc(1, sizeof(**ret));
	(*ret)->path = rc_strdup(path);
	(*ret)->fd = fd;
	fd = -1;
	return 0;
}

/* libvirt puts a long log aside and begins another, and a restarted guest begins anew. */
static void
reopen_if_new(struct rc_guest_log *log)
{
	struct stat old, now;
	int fd;

	if (fstat(log->fd, &old) < 0 || stat(log->path, &now) < 0)
		return;
	if (old.st_ino == now.st_ino && now.st_size >= lseek(log->fd, 0, SEEK_CUR))
		return;
	fd = open(log->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return;
	close(log->fd);
	log->fd = fd;
}

/* Takes so many bytes out as a line, and skip more that are no part of it. */
static const char *
hand_out(struct rc_guest_log *log, size_t size, size_t skip)
{
	memcpy(log->line, log->bytes, size);
	log->used -= size + skip;
	memmove(log->bytes, log->bytes + size + skip, log->used);
	while (size && log->line[size - 1] == '\r')
		size--;
	for (size_t i = 0; i < size; i++)
		if (!log->line[i])
			log->line[i] = '?';
	log->line[size] = '\0';
	return log->line;
}

const char *
rc_guest_log_next(struct rc_guest_log *log, bool whole)
{
	for (;;) {
		const char *end = memchr(log->bytes, '\n', log->used);
		ssize_t n;

		if (end && end - log->bytes <= PIECE)
			return hand_out(log, (size_t)(end - log->bytes), 1);
		if (log->used >= PIECE)
			return hand_out(log, PIECE, 0);
		n = read(log->fd, log->bytes + log->used, sizeof(log->bytes) - log->used);
		if (n > 0) {
			log->used += (size_t)n;
			continue;
		}
		if (whole && log->used)
			return hand_out(log, log->used, 0);
		reopen_if_new(log);
		return NULL;
	}
}

void
rc_guest_log_release(struct rc_guest_log **log)
{
	if (!*log)
		return;
	close((*log)->fd);
	free((*log)->path);
	free(*log);
	*log = NULL;
}
