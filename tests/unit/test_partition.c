/* The partition is named in a domain only where libvirt will find it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/scope.h"
#include "base/str.h"
#include "host/partition.h"

/* Makes all of the path below root, its last part too: whether it is a file does not matter. */
static void
make(const char *root, const char *path)
{
	for (const char *end = strchr(path + 1, '/');; end = strchr(end + 1, '/')) {
		size_t length = end ? (size_t)(end - path) : strlen(path);
		scoped(rc_str_release) char *part = rc_format("%s%.*s", root, (int)length, path);

		mkdir(part, 0755);
		if (!end)
			return;
	}
}

static void
test_hosts(void **state)
{
	static const struct {
		const char *why;
		const char *paths[3];
		bool has;
	} cases[] = {
		{ "nothing", { NULL }, false },
		{ "systemd without the unit", { "/run/systemd/system" }, false },
		{ "the unit without systemd", { "/usr/lib/systemd/system/machine-runnerctl.slice" },
		    false },
		{ "systemd and the packaged unit",
		    { "/run/systemd/system", "/usr/lib/systemd/system/machine-runnerctl.slice" },
		    true },
		{ "systemd and a unit from our own prefix",
		    { "/run/systemd/system",
			"/usr/local/lib/systemd/system/machine-runnerctl.slice" },
		    true },
		{ "systemd and the operator's unit",
		    { "/run/systemd/system", "/etc/systemd/system/machine-runnerctl.slice" },
		    true },
		{ "another slice", { "/run/systemd/system", "/etc/systemd/system/runnerctl.slice" },
		    false },
		{ "with systemd, a group by libvirt's other name is none",
		    { "/run/systemd/system", "/sys/fs/cgroup/machine/runnerctl.partition" },
		    false },
		{ "a group of cgroup v2", { "/sys/fs/cgroup/machine/runnerctl.partition" }, true },
		{ "a group of cgroup v1", { "/sys/fs/cgroup/cpu/machine/runnerctl.partition" },
		    true },
		{ "only libvirt's own group", { "/sys/fs/cgroup/machine" }, false },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		char root[] = "/tmp/rc_partition.XXXXXX";
		scoped(rc_str_release) char *clean = NULL;
		bool has;

		assert_non_null(mkdtemp(root));
		for (size_t p = 0; p < RC_COUNT(cases[i].paths) && cases[i].paths[p]; p++)
			make(root, cases[i].paths[p]);
		has = rc_host_has_partition(root);
		clean = rc_format("rm -r %s", root);
		assert_int_equal(system(clean), 0);
		if (has != cases[i].has)
			fail_msg("%s", cases[i].why);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_hosts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
