/*
 * systemd makes the slice's group when the first machine wants it, so it is the
 * unit that counts there; elsewhere only a group that somebody has made, since
 * libvirt does not make it and would not start a domain without it.
 */
#include "host/partition.h"

#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"

static bool
is_there(const char *root, const char *directory, const char *file)
{
	scoped(rc_str_release) char *path = rc_format("%s%s/%s", root, directory, file);

	return access(path, F_OK) == 0;
}

static bool
has_slice(const char *root)
{
	/* systemd.unit(5) */
	static const char *const directories[] = { "/etc/systemd/system", "/run/systemd/system",
		"/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system" };

	for (size_t i = 0; i < RC_COUNT(directories); i++)
		if (is_there(root, directories[i], "machine-runnerctl.slice"))
			return true;
	return false;
}

bool
rc_host_has_partition(const char *root)
{
	/* sd_booted(3) */
	if (is_there(root, "/run/systemd", "system"))
		return has_slice(root);
	/* cgroup v2, v1 */
	return is_there(root, "/sys/fs/cgroup/machine", "runnerctl.partition") ||
	       is_there(root, "/sys/fs/cgroup/cpu/machine", "runnerctl.partition");
}
