/* A directory to build in, that is found again when its run died. */
#include "host/workdir.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"

#define PREFIX "/var/tmp/runnerctl-build."

int
rc_workdir_room(uint64_t *ret, struct rc_error *err)
{
	struct statvfs about;

	if (statvfs("/var/tmp", &about) < 0)
		return rc_fail_sys(err, errno, "cannot look at /var/tmp");
	*ret = (uint64_t)about.f_bavail * about.f_frsize;
	return 0;
}

static int
remove_entry(const char *path, const struct stat *about, int type, struct FTW *where)
{
	(void)about;
	(void)type;
	(void)where;
	return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

void
rc_workdir_remove(const char *path)
{
	/* Links are not followed, and nothing below a mount is touched. */
	if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) < 0)
		return;
}

/* -1 with errno if somebody works in it. */
static int
open_locked(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	struct stat about;

	if (fd < 0)
		return -1;
	if (fstat(fd, &about) == 0 && about.st_uid == geteuid() &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	close(fd);
	return -1;
}

int
rc_workdir_make(char **ret, int *ret_lock, struct rc_error *err)
{
	char path[] = PREFIX "XXXXXX";

	if (!mkdtemp(path))
		return rc_fail_sys(err, errno, "cannot make a directory in /var/tmp");
	/* apt's own user goes through it to the packages below. */
	*ret_lock = chmod(path, 0711) == 0 ? open_locked(path) : -1;
	if (*ret_lock < 0) {
		rc_fail_sys(err, errno, "cannot use the directory %s", path);
		rmdir(path);
		return -1;
	}
	*ret = rc_strdup(path);
	return 0;
}

void
rc_workdir_sweep(const struct rc_run *run)
{
	glob_t found = { 0 };

	if (glob(PREFIX "*", GLOB_NOSORT, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		scoped(rc_fd_release) int lock = open_locked(found.gl_pathv[i]);

		if (lock < 0)
			continue;
		rc_run_warn(run, "removing %s, left by an interrupted run", found.gl_pathv[i]);
		rc_workdir_remove(found.gl_pathv[i]);
	}
	globfree(&found);
}
