/* The steps that create and register share. */
#include "ops/making.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "core/injection.h"
#include "host/clock.h"
#include "host/guestfs.h"
#include "host/kvm.h"
#include "host/virt_storage.h"
#include "ops/fleet.h"
#include "ops/guest.h"
#include "ops/host_objects.h"
#include "ops/isolation.h"

#define WORK_DIRECTORY                                                                             \
	"/run/runnerctl" /* a tmpfs: the token never reaches the host's disk outside the pool */

/* Seconds after which a guest that powers off gives up its jobs: GitLab's own limit is a month. */
#define LONGEST_JOB (31 * 86400)

static int
build_injection(struct rc_work *work, struct rc_injection *ret, struct rc_error *err)
{
	const struct rc_registration *r = work->registration;
	const struct rc_config *config = &work->session->config;
	const struct rc_appliance *a = &work->appliance;
	scoped(rc_str_release) char *hostname = rc_appliance_domain(a);
	const struct rc_guest_wish wish = {
		.hostname = hostname,
		.url = a->url,
		.token = work->token,
		.runner_id = a->runner_id,
		.token_obtained = rc_clock_now(),
		.token_expires = a->token_expires,
		.system_id = a->system_id,
		.runner_name = hostname,
		.concurrent = config->concurrent,
		.docker_image = config->docker_image,
		.pull_policy = config->pull_policy,
		.docker_socket = config->docker_socket,
		.ca_pem = r->ca_pem,
		.ca_size = r->ca_size,
		.registry_mirror = config->registry_mirror,
		.drain_timeout = LONGEST_JOB,
	};

	return rc_injection_build(ret, &wish, err);
}

char *
rc_config_disk_path(const struct rc_appliance *appliance)
{
	return rc_format(WORK_DIRECTORY "/%s.config", appliance->uuid);
}

/* libguestfs runs here, whatever host the domains run on. */
static int
guestfs_emulates(struct rc_session *session, bool *ret, struct rc_error *err)
{
	char why[128];

	if (rc_virt_is_local(session->virt))
		return rc_session_emulate(session, ret, err);
	*ret = !rc_kvm_works(why);
	return 0;
}

static int
make_disks(struct rc_work **works, size_t count, struct rc_injection *injections,
    struct rc_config_disk *disks, struct rc_error *err)
{
	struct rc_session *session = works[0]->session;
	bool emulate;

	if (mkdir(WORK_DIRECTORY, 0755) < 0 && access(WORK_DIRECTORY, W_OK) < 0)
		return rc_fail(err, RC_HOST, "cannot write to " WORK_DIRECTORY);
	for (size_t i = 0; i < count; i++) {
		if (build_injection(works[i], &injections[i], err) < 0)
			return -1;
		works[i]->config_disk = rc_config_disk_path(&works[i]->appliance);
		unlink(works[i]->config_disk);
		disks[i] = (struct rc_config_disk){ works[i]->config_disk, &injections[i] };
	}
	if (guestfs_emulates(session, &emulate, err) < 0)
		return -1;
	return rc_guestfs_make_disks(disks, count, emulate, &session->run, err);
}

/* The local file is deleted as soon as the pool has its copy. */
static int
upload_disk(struct rc_work *work, struct rc_error *err)
{
	scoped(rc_str_release) char *volume = rc_appliance_config_volume(&work->appliance);
	struct rc_session *session = work->session;
	int result;

	if (rc_virt_volume_delete(session->virt, volume, err) < 0)
		return -1;
	result = rc_virt_volume_upload(
	    session->virt, volume, work->config_disk, true, &session->run, err);
	unlink(work->config_disk);
	return result;
}

int
rc_inject_run_all(struct rc_work **works, size_t count, struct rc_error *err)
{
	struct rc_injection *injections = rc_alloc(count, sizeof(*injections));
	struct rc_config_disk *disks = rc_alloc(count, sizeof(*disks));
	struct rc_session *session = works[0]->session;
	int result = make_disks(works, count, injections, disks, err);

	if (result == 0)
		rc_run_step(&session->run, "store the config disks");
	for (size_t i = 0; i < count && result == 0; i++)
		result = upload_disk(works[i], err);
	for (size_t i = 0; i < count; i++)
		rc_injection_release(&injections[i]);
	free(injections);
	free(disks);
	return result;
}

int
rc_inject_undo(struct rc_work *work, struct rc_error *err)
{
	scoped(rc_str_release) char *volume = rc_appliance_config_volume(&work->appliance);
	scoped(rc_str_release) char *file = rc_config_disk_path(&work->appliance);

	unlink(file);
	return rc_virt_volume_delete(work->session->virt, volume, err);
}

int
rc_start_run(struct rc_work *work, struct rc_error *err)
{
	struct rc_session *session = work->session;
	struct rc_appliance *a = &work->appliance;

	/* GitLab's address, or the host's, may be another than when it was defined. */
	if (rc_ensure_network(session, err) < 0 || rc_isolation_apply(session, a, err) < 0 ||
	    rc_virt_start(session->virt, a->uuid, err) < 0)
		return -1;
	if (rc_isolation_confirm(session, a, err) < 0)
		return rc_within(err, "started, and stopped again");
	a->state = RC_STATE_STARTED;
	return rc_fleet_record(session, a, err);
}

int
rc_start_undo(struct rc_work *work, struct rc_error *err)
{
	return rc_virt_kill(work->session->virt, work->appliance.uuid, err);
}

/* GitLab's own word if there is an access token, else the guest's. */
static bool
is_ready(struct rc_work *work, int64_t since)
{
	const struct rc_registration *r = work->registration;
	const struct rc_appliance *a = &work->appliance;
	struct rc_guest_status status;
	struct rc_manager manager;
	struct rc_error err;

	if (r->kind == RC_TOKEN_ACCESS &&
	    rc_gitlab_manager(r->gitlab, a->runner_id, a->system_id, &manager, &err) == 0 &&
	    manager.contacted >= since)
		return true;
	return rc_guest_status(work->session, a->uuid, &status, &err) == 0 &&
	       strcmp(status.runner, "polling") == 0;
}

static int
timed_out(struct rc_work *work, int64_t seconds, struct rc_error *err)
{
	rc_fail(err, RC_TIMEOUT, "it was started, but did not ask GitLab for work within %lld s",
	    (long long)seconds);
	return rc_hint(err, "it keeps running; see: runnerctl status %s", work->appliance.name);
}

/*
 * Too late is no reason to undo: the appliance runs and may become ready any
 * moment, so its own outcome tells, and the transaction goes on.
 */
int
rc_ready_run_all(struct rc_work **works, size_t count, struct rc_error *err)
{
	int64_t wait = works[0]->registration->wait, begin = rc_clock_monotonic();
	int64_t since = rc_clock_now() - 60; /* clocks differ, and GitLab rounds */
	size_t ready = 0;

	if (!wait)
		return 0;
	rc_run_step(&works[0]->session->run, "wait until GitLab hears from %s%s",
	    works[0]->appliance.name, count > 1 ? " and the others" : "");
	while (ready < count) {
		struct rc_work *work = works[ready];

		if (rc_run_check(&work->session->run, &work->outcome->error) < 0) {
			/* ^C while waiting only ends the waiting. */
			rc_hint(&work->outcome->error, "the appliance keeps running");
			work->failed = true;
			ready++;
			continue;
		}
		if (is_ready(work, since)) {
			work->appliance.state = RC_STATE_READY;
			if (rc_fleet_record(work->session, &work->appliance, err) < 0)
				return -1;
			ready++;
			continue;
		}
		if (rc_clock_monotonic() - begin >= wait) {
			work->failed = true;
			timed_out(work, wait, &work->outcome->error);
			ready++;
			continue;
		}
		rc_clock_wait(1);
	}
	return 0;
}
