/*
 * Config disks by libguestfs.
 *
 * One launch of its appliance (seconds with KVM, 10 to 20 emulated) serves a
 * whole batch.  Only disks made here are opened: a disk that a guest has
 * written to is hostile, and qemu runs here without a sandbox.  What goes in
 * may be secret: traces stay off, contents travel from memory over the
 * library's socket and are never a file on the host.
 *
 * Not everything is ours to decide: supermin, which builds the appliance from
 * the host's kernel, inherits the environment (SUPERMIN_KERNEL and
 * SUPERMIN_MODULES name a kernel outside /boot).
 */
#include "host/guestfs.h"

#include <errno.h>
#include <fcntl.h>
#include <guestfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "host/guestfs_internal.h"

#define LABEL "RUNNERCFG"
#define MEMORY 384      /* MiB; 256 to 1280 and a second CPU differ by less than the noise */
#define CHUNK (1 << 20) /* bytes; a message holds 2 to 4 MiB */
#define DISKS_MAX ((size_t)200) /* libguestfs takes 255, less its own */

/*
 * libguestfs keeps its built appliance (370 MB; 6 s and more to build again
 * after each upgrade of a package in it) in /var/tmp, where every user may
 * take the name first and systemd-tmpfiles clears up.  Root has a better
 * place; others get libguestfs's own, which checks the owner.
 */
#define CACHE_DIRECTORY "/var/cache/runnerctl"

/* Causes that supermin and qemu name in passing, and what to do about them. */
static const struct cause {
	const char *said, *hint;
} causes[] = {
	{ "suitable kernel",
	    "libguestfs boots the host's kernel: install one (on Debian a linux-image package)" },
	{ "No space left", "libguestfs needs about 500 MiB in " CACHE_DIRECTORY },
	{ "Permission denied", "libguestfs must be able to read the kernel in /boot, and to run "
			       "supermin and qemu" },
	{ "failed to set MSR", "KVM does not really run here: set accel = tcg" },
};

static void
hear(guestfs_h *g, void *opaque, uint64_t event, int handle, int flags, const char *text,
    size_t size, const uint64_t *array, size_t array_size)
{
	scoped(rc_str_release) char *copy = rc_strndup(text, size);
	const char *line = copy + strspn(copy, "\r\n");
	struct rc_last_words *words = opaque;

	(void)g, (void)event, (void)handle, (void)flags, (void)array, (void)array_size;
	if (words->hint || !*line)
		return;
	snprintf(words->line, sizeof(words->line), "%.*s", (int)strcspn(line, "\n"), line);
	for (size_t i = 0; i < RC_COUNT(causes) && !words->hint; i++)
		if (strstr(copy, causes[i].said))
			words->hint = causes[i].hint;
}

int
rc_guestfs_fail(struct rc_error *err, guestfs_h *g, const char *what)
{
	const char *text = guestfs_last_error(g);

	return rc_fail(err, RC_FAILED, "%s: %s", what, text ? text : "libguestfs gives no reason");
}

/* The library's own text is advice for its developers; the last words tell the cause. */
static int
fail_launch(struct rc_error *err, guestfs_h *g, const struct rc_last_words *words)
{
	const char *text = guestfs_last_error(g);
	int length = text ? (int)strcspn(text, "\n") : 0;

	rc_fail(err, RC_HOST, "libguestfs does not start: %.*s%s%s", length, text ? text : "",
	    *words->line ? " Last words: " : "", words->line);
	return rc_hint(err, "%s",
	    words->hint ? words->hint
			: "run libguestfs-test-tool (package libguestfs-tools) to see more");
}

/*
 * The space is taken now, not found missing later: on a full file system qemu
 * stops its guest for good instead of reporting the error.
 */
static int
make_file(const struct rc_config_disk *disk, struct rc_error *err)
{
	scoped(rc_fd_release) int fd =
	    open(disk->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	int sys;

	if (fd < 0)
		return rc_fail_sys(err, errno, "cannot create %s", disk->path);
	sys = posix_fallocate(fd, 0, (off_t)rc_injection_disk_size(disk->injection));
	if (sys == 0)
		return 0;
	unlink(disk->path);
	rc_fail_sys(err, sys, "cannot take space for %s", disk->path);
	return sys == ENOSPC ? rc_hint(err, "make room on the file system of %s", disk->path) : -1;
}

static void
remove_files(const struct rc_config_disk *disks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		unlink(disks[i].path);
}

static int
make_files(const struct rc_config_disk *disks, size_t count, struct rc_error *err)
{
	for (size_t i = 0; i < count; i++)
		if (make_file(&disks[i], err) < 0) {
			remove_files(disks, i);
			return -1;
		}
	return 0;
}

/*
 * No process group of its own for qemu: ^C on a terminal shall reach it.  The
 * launch then ends at once instead of after many seconds, and nothing is lost:
 * every file of a batch that fails is removed.
 */
static int
set_up(guestfs_h *g, struct rc_last_words *words, bool emulate)
{
	char force[] = "force_tcg", *settings[] = { emulate ? force : NULL, NULL };
	bool cache = geteuid() == 0 && (mkdir(CACHE_DIRECTORY, 0700) == 0 || errno == EEXIST);

	guestfs_set_error_handler(g, NULL, NULL);
	if (guestfs_set_event_callback(g, hear, GUESTFS_EVENT_APPLIANCE, 0, words) < 0 ||
	    guestfs_set_backend(g, "direct") < 0 || guestfs_set_backend_settings(g, settings) < 0 ||
	    guestfs_set_cachedir(g, cache ? CACHE_DIRECTORY : "/var/tmp") < 0 ||
	    guestfs_set_memsize(g, MEMORY) < 0 || guestfs_set_smp(g, 1) < 0)
		return -1;
	if (guestfs_set_trace(g, 0) < 0 || guestfs_set_verbose(g, 0) < 0 ||
	    guestfs_set_network(g, 0) < 0 || guestfs_set_pgroup(g, 0) < 0)
		return -1;
	return guestfs_set_recovery_proc(g, 1);
}

guestfs_h *
rc_guestfs_open(struct rc_last_words *words, bool emulate, struct rc_error *err)
{
	guestfs_h *g = guestfs_create_flags(GUESTFS_CREATE_NO_ENVIRONMENT);

	if (!g) {
		rc_fail_sys(err, errno, "cannot make a libguestfs handle");
		return NULL;
	}
	if (set_up(g, words, emulate) == 0)
		return g;
	rc_guestfs_fail(err, g, "cannot set up libguestfs");
	guestfs_close(g);
	return NULL;
}

/* The format is named, as a guessed one can be made to name other files; no flush is waited for. */
static int
add_disk(guestfs_h *g, const char *path)
{
	return guestfs_add_drive_opts(g, path, GUESTFS_ADD_DRIVE_OPTS_FORMAT, "raw",
	    GUESTFS_ADD_DRIVE_OPTS_CACHEMODE, "unsafe", -1);
}

/* Under the umask of 077 a directory starts closed, like all else; one that is there stays as it
 * is.
 */
static int
make_parents(guestfs_h *g, const char *path)
{
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		scoped(rc_str_release) char *parent = rc_strndup(path, (size_t)(slash - path));

		if (guestfs_is_dir_opts(g, parent, GUESTFS_IS_DIR_OPTS_FOLLOWSYMLINKS, 1, -1) == 1)
			continue;
		if (guestfs_mkdir_p(g, parent) < 0 || guestfs_chmod(g, 0755, parent) < 0)
			return -1;
	}
	return 0;
}

int
rc_guestfs_write(guestfs_h *g, const struct rc_injected_file *file)
{
	size_t piece = 0;

	if (make_parents(g, file->path) < 0)
		return -1;
	for (size_t at = 0; at == 0 || at < file->size; at += piece) {
		const char *bytes = file->bytes + at;

		piece = file->size - at < CHUNK ? file->size - at : CHUNK;
		if (at == 0 ? guestfs_write(g, file->path, bytes, piece) < 0
			    : guestfs_write_append(g, file->path, bytes, piece) < 0)
			return -1;
		if (piece == 0)
			break;
	}
	if (guestfs_chown(g, 0, 0, file->path) < 0)
		return -1;
	return guestfs_chmod(g, (int)file->mode, file->path);
}

/* ext2 on the whole device: no journal to replay on a disk that its reader may not write. */
static int
fill_disk(
    guestfs_h *g, const char *device, const struct rc_injection *injection, struct rc_error *err)
{
	if (guestfs_mke2fs(g, device, GUESTFS_MKE2FS_FSTYPE, "ext2", GUESTFS_MKE2FS_LABEL, LABEL,
		GUESTFS_MKE2FS_RESERVEDBLOCKSPERCENTAGE, 0, -1) < 0)
		return rc_guestfs_fail(err, g, "cannot make a file system");
	if (guestfs_mount(g, device, "/") < 0)
		return rc_guestfs_fail(err, g, "cannot mount the new file system");
	for (size_t i = 0; i < injection->count; i++)
		if (rc_guestfs_write(g, &injection->files[i]) < 0) {
			rc_guestfs_fail(err, g, injection->files[i].path);
			return rc_within(err, "cannot write");
		}
	if (guestfs_umount(g, "/") < 0)
		return rc_guestfs_fail(err, g, "cannot unmount the new file system");
	return 0;
}

int
rc_guestfs_start(guestfs_h *g, struct rc_last_words *words, struct rc_error *err)
{
	if (guestfs_launch(g) < 0)
		return fail_launch(err, g, words);
	return guestfs_umask(g, 077) < 0 ? rc_guestfs_fail(err, g, "umask") : 0;
}

void
rc_guestfs_names_release(char ***names)
{
	for (size_t i = 0; *names && (*names)[i]; i++)
		free((*names)[i]);
	free(*names);
}

/* Devices are listed in the order in which the disks were added. */
int
rc_guestfs_devices(guestfs_h *g, char ***ret, size_t expected, struct rc_error *err)
{
	char **devices = guestfs_list_devices(g);
	size_t count = 0;

	while (devices && devices[count])
		count++;
	if (devices && count == expected) {
		*ret = devices;
		return 0;
	}
	rc_guestfs_names_release(&devices);
	rc_fail(err, RC_HOST, "libguestfs shows %zu disks instead of %zu", count, expected);
	return -1;
}

static int
fill_disks(guestfs_h *g, const struct rc_config_disk *disks, size_t count, const struct rc_run *run,
    struct rc_error *err)
{
	scoped(rc_guestfs_names_release) char **devices = NULL;

	if (rc_guestfs_devices(g, &devices, count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (rc_run_check(run, err) < 0)
			return -1;
		rc_run_step(run, "config disk %zu of %zu", i + 1, count);
		if (fill_disk(g, devices[i], disks[i].injection, err) < 0)
			return rc_within(err, "%s", disks[i].path);
	}
	/* guestfs_close() would hide that the last writes failed. */
	if (guestfs_shutdown(g) < 0)
		return rc_guestfs_fail(err, g, "cannot finish the disks");
	return 0;
}

static int
make_disks(const struct rc_config_disk *disks, size_t count, bool emulate, const struct rc_run *run,
    struct rc_error *err)
{
	struct rc_last_words words = { "", NULL }; /* outlives the handle, which writes to it */
	scoped(rc_guestfs_release) guestfs_h *g = rc_guestfs_open(&words, emulate, err);

	if (!g)
		return -1;
	rc_run_step(run, "libguestfs appliance");
	for (size_t i = 0; i < count; i++)
		if (add_disk(g, disks[i].path) < 0)
			return rc_guestfs_fail(err, g, disks[i].path);
	if (rc_guestfs_start(g, &words, err) < 0)
		return -1;
	return fill_disks(g, disks, count, run, err);
}

int
rc_guestfs_make_disks(const struct rc_config_disk *disks, size_t count, bool emulate,
    const struct rc_run *run, struct rc_error *err)
{
	if (count == 0)
		return 0;
	if (count > DISKS_MAX)
		return rc_fail(err, RC_USAGE, "%zu config disks at once are too many", count);
	if (rc_run_check(run, err) < 0 || make_files(disks, count, err) < 0)
		return -1;
	if (make_disks(disks, count, emulate, run, err) == 0)
		return 0;
	remove_files(disks, count);
	/* The appliance dies of the same ^C: its complaint is not the cause. */
	return rc_run_stopped(run) ? rc_run_check(run, err) : -1;
}
