/*
 * The files of a config disk, moved to where the programs of an ordinary Linux
 * system look for them: for images that boot by themselves and know nothing of
 * config disks.  What has no such place goes to /etc/runnerctl.
 */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/injection.h"

#define ELSEWHERE "/etc/runnerctl"
#define UNITS "/etc/systemd/system/"
#define PROXY "EnvironmentFile=-" ELSEWHERE "/proxy\n"
#define DROP_IN ".d/50-runnerctl.conf"

static const struct {
	const char *on_disk, *in_root;
} places[] = {
	{ "/config.toml", "/etc/gitlab-runner/config.toml" },
	{ "/runner_system_id", "/etc/gitlab-runner/.runner_system_id" },
	{ "/hostname", "/etc/hostname" },
	{ "/daemon.json", "/etc/docker/daemon.json" },
	{ "/jobs.slice", UNITS "jobs.slice" },
	{ "/ca/runnerctl.crt", RC_ROOT_CA_FILE },
	{ "/ca/more.crt", "/usr/local/share/ca-certificates/runnerctl-more.crt" },
};

/*
 * Power-off is a drain: jobs are finished, with docker still there, and nothing
 * cuts that short.  A proxy, where there is one, is in the environment of both.
 */
static const struct {
	const char *path, *text;
} drop_ins[] = {
	{ UNITS "gitlab-runner.service" DROP_IN,
	    "# Written by runnerctl.\n[Unit]\nAfter=docker.service network-online.target\n"
	    "[Service]\nKillSignal=SIGQUIT\nKillMode=mixed\nTimeoutStopSec=infinity\n" PROXY },
	{ UNITS "docker.service" DROP_IN, "# Written by runnerctl.\n[Service]\n" PROXY },
	{ UNITS "poweroff.target" DROP_IN,
	    "# Written by runnerctl.\n[Unit]\nJobTimeoutSec=infinity\n" },
	{ UNITS "reboot.target" DROP_IN,
	    "# Written by runnerctl.\n[Unit]\nJobTimeoutSec=infinity\n" },
};

static char *
place_of(const char *path)
{
	for (size_t i = 0; i < RC_COUNT(places); i++)
		if (strcmp(places[i].on_disk, path) == 0)
			return rc_strdup(places[i].in_root);
	return rc_format(ELSEWHERE "%s", path);
}

void
rc_machine_id(char id[RC_MACHINE_ID], const char *uuid)
{
	size_t n = 0;

	for (const char *c = uuid; *c && n < RC_MACHINE_ID - 1; c++)
		if (*c != '-')
			id[n++] = *c;
	id[n] = '\0';
}

/* Clones of one image must not share it. */
static void
add_machine_id(struct rc_injection *injection, const char *uuid)
{
	char id[RC_MACHINE_ID];
	scoped(rc_str_release) char *line = NULL;

	rc_machine_id(id, uuid);
	line = rc_format("%s\n", id);
	rc_injection_add(injection, "/etc/machine-id", line, strlen(line), 0444);
}

void
rc_injection_into_root(struct rc_injection *injection, const char *uuid)
{
	for (size_t i = 0; i < injection->count; i++) {
		char *place = place_of(injection->files[i].path);

		free(injection->files[i].path);
		injection->files[i].path = place;
	}
	add_machine_id(injection, uuid);
	for (size_t i = 0; i < RC_COUNT(drop_ins); i++)
		rc_injection_add(
		    injection, drop_ins[i].path, drop_ins[i].text, strlen(drop_ins[i].text), 0644);
}
