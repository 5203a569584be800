/* The content of volumes, through libvirt's streams: the same for a local and a remote host. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "host/virt_internal.h"
#include "host/virt_storage.h"

#define PIECE (256 * 1024) /* what one libvirt stream packet can hold */

static int
send_file(
    virStreamPtr stream, int fd, uint64_t size, const struct rc_run *run, struct rc_error *err)
{
	scoped(rc_secret_release) char *piece = rc_alloc(PIECE + 1, 1);

	for (uint64_t done = 0; done < size;) {
		ssize_t n = read(fd, piece, PIECE);

		if (n <= 0)
			return n < 0 ? rc_fail_sys(err, errno, "cannot read the file")
				     : rc_fail(err, RC_FAILED, "the file became shorter");
		for (ssize_t sent = 0; sent < n;) {
			int now = virStreamSend(stream, piece + sent, (size_t)(n - sent));

			if (now < 0)
				return rc_fail_virt(err, "cannot send to libvirt");
			sent += now;
		}
		done += (uint64_t)n;
		rc_run_progress(run, done, size);
		if (rc_run_check(run, err) < 0)
			return -1;
	}
	return 0;
}

static int
upload(struct rc_virt *virt, virStorageVolPtr volume, int fd, uint64_t size,
    const struct rc_run *run, struct rc_error *err)
{
	scoped(rc_stream_handle_release) virStreamPtr stream = virStreamNew(virt->connection, 0);

	if (!stream || virStorageVolUpload(volume, stream, 0, size, 0) < 0)
		return rc_fail_virt(err, "cannot begin the upload");
	if (send_file(stream, fd, size, run, err) < 0) {
		virStreamAbort(stream);
		return -1;
	}
	return virStreamFinish(stream) == 0 ? 0 : rc_fail_virt(err, "the upload failed");
}

int
rc_virt_volume_upload(struct rc_virt *virt, const char *name, const char *file, bool secret,
    const struct rc_run *run, struct rc_error *err)
{
	scoped(rc_volume_handle_release) virStorageVolPtr volume = NULL;
	scoped(rc_fd_release) int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct stat about;
	int result;

	if (fd < 0 || fstat(fd, &about) < 0)
		return rc_fail_sys(err, errno, "cannot open %s", file);
	if (rc_virt_volume_raw(virt, name, (uint64_t)about.st_size, secret, &volume, err) < 0)
		return -1;
	result = upload(virt, volume, fd, (uint64_t)about.st_size, run, err);
	if (result < 0) {
		virStorageVolDelete(volume, 0);
		return rc_within(err, "volume %s", name);
	}
	return 0;
}

/* Hands every piece of the volume to take(). */
static int
download(struct rc_virt *virt, virStorageVolPtr volume,
    void (*take)(void *context, const char *piece, size_t size), void *context,
    struct rc_error *err)
{
	scoped(rc_stream_handle_release) virStreamPtr stream = virStreamNew(virt->connection, 0);
	scoped(rc_str_release) char *piece = rc_alloc(PIECE, 1);
	int n;

	if (!stream || virStorageVolDownload(volume, stream, 0, 0, 0) < 0)
		return rc_fail_virt(err, "cannot begin to read");
	while ((n = virStreamRecv(stream, piece, PIECE)) > 0)
		take(context, piece, (size_t)n);
	if (n < 0 || virStreamFinish(stream) < 0)
		return rc_fail_virt(err, "cannot read");
	return 0;
}

struct text {
	char *bytes;
	size_t size, max;
};

static void
take_text(void *context, const char *piece, size_t size)
{
	struct text *text = context;
	size_t fits = size < text->max + 1 - text->size ? size : text->max + 1 - text->size;

	memcpy(text->bytes + text->size, piece, fits);
	text->size += fits;
}

static int
find_or_fail(struct rc_virt *virt, const char *name, virStorageVolPtr *ret, struct rc_error *err)
{
	if (rc_virt_volume_find(virt, name, ret, err) < 0)
		return -1;
	return *ret ? 0 : rc_fail(err, RC_NOT_FOUND, "the volume %s is missing", name);
}

int
rc_virt_volume_text(
    struct rc_virt *virt, const char *name, size_t max, char **ret, struct rc_error *err)
{
	scoped(rc_volume_handle_release) virStorageVolPtr volume = NULL;
	struct text text = { .bytes = rc_alloc(max + 2, 1), .max = max };

	if (find_or_fail(virt, name, &volume, err) < 0 ||
	    download(virt, volume, take_text, &text, err) < 0) {
		free(text.bytes);
		return err->code == RC_NOT_FOUND ? -1 : rc_within(err, "volume %s", name);
	}
	if (text.bytes[0] == '\0') {
		free(text.bytes);
		return rc_fail(err, RC_NOT_FOUND, "the volume %s is empty", name);
	}
	if (text.size > max || strlen(text.bytes) != text.size) {
		free(text.bytes);
		return rc_fail(err, RC_FAILED, "the volume %s is too large or no text", name);
	}
	*ret = text.bytes;
	return 0;
}

struct summing {
	struct rc_sha256 *sum;
	uint64_t size;
};

static void
take_sum(void *context, const char *piece, size_t size)
{
	struct summing *summing = context;

	rc_sha256_add(summing->sum, piece, size);
	summing->size += size;
}

/* On the same machine the file itself is five times as fast as libvirt's stream. */
static bool
sum_local(virStorageVolPtr volume, struct summing *summing)
{
	scoped(rc_str_release) char *path = virStorageVolGetPath(volume);
	scoped(rc_fd_release) int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	scoped(rc_str_release) char *piece = rc_alloc(PIECE, 1);
	ssize_t n = -1;

	while (fd >= 0 && (n = read(fd, piece, PIECE)) > 0)
		take_sum(summing, piece, (size_t)n);
	return n == 0;
}

int
rc_virt_volume_sum(struct rc_virt *virt, const char *name, uint64_t *ret_size,
    char hex[RC_SHA256_HEX], struct rc_error *err)
{
	scoped(rc_volume_handle_release) virStorageVolPtr volume = NULL;
	struct summing summing = { 0 };

	if (find_or_fail(virt, name, &volume, err) < 0)
		return -1;
	summing.sum = rc_sha256_new();
	if (!(virt->local && sum_local(volume, &summing))) {
		rc_sha256_free(summing.sum);
		summing = (struct summing){ .sum = rc_sha256_new() };
		if (download(virt, volume, take_sum, &summing, err) < 0) {
			rc_sha256_free(summing.sum);
			return rc_within(err, "volume %s", name);
		}
	}
	rc_sha256_finish(summing.sum, hex);
	*ret_size = summing.size;
	return 0;
}
