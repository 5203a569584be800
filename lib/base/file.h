/* Files that are read whole with a limit, and appear whole. */
#ifndef RC_BASE_FILE_H
#define RC_BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/* An open descriptor, what messages call it, and how many bytes are too many. */
struct rc_source {
	int fd;
	const char *name;
	size_t max;
};
/* As rc_file_read, from where the descriptor stands to its end. */
RC_MUST_CHECK int rc_fd_read(
    char **ret, size_t *ret_size, const struct rc_source *source, struct rc_error *err);

/*
 * The file's bytes with a NUL added; *ret_size leaves that NUL out and may be
 * NULL if the caller wants text: then a NUL inside the file is an error.
 * More than max bytes is an error.
 */
RC_MUST_CHECK int rc_file_read(
    char **ret, size_t *ret_size, const char *path, size_t max, struct rc_error *err);

/* The last max bytes of a file, or all of it; there is no NUL behind them. */
RC_MUST_CHECK int rc_file_tail(
    char **ret, size_t *ret_size, const char *path, size_t max, struct rc_error *err);

/* Writes all of data to fd. */
RC_MUST_CHECK int rc_fd_write(int fd, const void *data, size_t size, struct rc_error *err);

/* The file appears with its whole content and mode, or not at all (temporary file, fsync, rename).
 */
RC_MUST_CHECK int rc_file_publish(
    const char *path, const void *data, size_t size, mode_t mode, struct rc_error *err);

/* For scoped(): closes a descriptor that is not negative. */
void rc_fd_release(int *fd);

#endif
