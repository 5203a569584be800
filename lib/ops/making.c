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
#include "host/virt_network.h"
#include "host/virt_storage.h"
#include "ops/disks.h"
#include "ops/fleet.h"
#include "ops/host_objects.h"
#include "ops/images.h"
#include "ops/isolation.h"

#define WORK_DIRECTORY                                                                             \
	"/run/runnerctl" /* a tmpfs: the token never reaches the host's disk outside the pool */

/* Seconds after which a guest that powers off gives up its jobs: GitLab's own limit is a month. */
#define LONGEST_JOB (31 * 86400)

/* Its address and its gateway. */
static int
ipv6_of(struct rc_work *work, char **ret, struct rc_error *err)
{
	scoped(rc_network_release) struct rc_network network = { 0 };

	if (rc_virt_network_read(work->session->virt, &network, err) < 0)
		return -1;
	if (network.gateway6)
		*ret = rc_format("%s %s\n", work->appliance.ip6, network.gateway6);
	return 0;
}

static int
build_injection(struct rc_work *work, struct rc_injection *ret, struct rc_error *err)
{
	const struct rc_registration *r = work->registration;
	const struct rc_config *config = &work->session->config;
	const struct rc_appliance *a = &work->appliance;
	scoped(rc_str_release) char *hostname = rc_appliance_domain(a);
	scoped(rc_str_release) char *ipv6 = NULL;
	struct rc_guest_wish wish = {
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
		.ca_file = work->manifest->layout == RC_LAYOUT_DISK ? RC_ROOT_CA_FILE : NULL,
		.more_ca_pem = r->more_ca_pem,
		.more_ca_size = r->more_ca_size,
		.http_proxy = config->http_proxy,
		.https_proxy = config->https_proxy,
		.no_proxy = config->no_proxy,
		.registry_mirror = config->registry_mirror,
		.resolvers = config->dns,
		.extras = &config->extras,
		.processes = a->limits.processes,
		.drain_timeout = LONGEST_JOB,
	};

	if (a->ip6 && ipv6_of(work, &ipv6, err) < 0)
		return -1;
	wish.ipv6 = ipv6;
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
make_config_disks(struct rc_work **works, struct rc_injection *injections, size_t count,
    bool emulate, struct rc_error *err)
{
	struct rc_config_disk *disks;
	int result;

	if (mkdir(WORK_DIRECTORY, 0755) < 0 && access(WORK_DIRECTORY, W_OK) < 0)
		return rc_fail(err, RC_HOST, "cannot write to " WORK_DIRECTORY);
	disks = rc_alloc(count, sizeof(*disks));
	for (size_t i = 0; i < count; i++) {
		works[i]->config_disk = rc_config_disk_path(&works[i]->appliance);
		unlink(works[i]->config_disk);
		disks[i] = (struct rc_config_disk){ works[i]->config_disk, &injections[i] };
	}
	result = rc_guestfs_make_disks(disks, count, emulate, &works[0]->session->run, err);
	free(disks);
	return result;
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

static int
fill_config_disks(struct rc_work **works, struct rc_injection *injections, size_t count,
    bool emulate, struct rc_error *err)
{
	if (make_config_disks(works, injections, count, emulate, err) < 0)
		return -1;
	rc_run_step(&works[0]->session->run, "store the config disks");
	for (size_t i = 0; i < count; i++)
		if (upload_disk(works[i], err) < 0)
			return -1;
	return 0;
}

/* Works whose images have one layout. */
static int
inject(struct rc_work **works, size_t count, struct rc_error *err)
{
	struct rc_injection *injections = rc_alloc(count, sizeof(*injections));
	bool emulate;
	int result = guestfs_emulates(works[0]->session, &emulate, err);

	for (size_t i = 0; i < count && result == 0; i++)
		result = build_injection(works[i], &injections[i], err);
	if (result == 0)
		result = works[0]->manifest->layout == RC_LAYOUT_DISK
			     ? rc_disks_fill(works, injections, count, emulate, err)
			     : fill_config_disks(works, injections, count, emulate, err);
	for (size_t i = 0; i < count; i++)
		rc_injection_release(&injections[i]);
	free(injections);
	return result;
}

/* The image cannot have been removed: the domain uses it. */
static int
read_manifest(struct rc_work *work, struct rc_error *err)
{
	if (!work->manifest)
		work->manifest = rc_alloc(1, sizeof(*work->manifest));
	rc_manifest_release(work->manifest);
	return rc_image_manifest_of(work->session, work->appliance.image, work->manifest, err);
}

int
rc_inject_run_all(struct rc_work **works, size_t count, struct rc_error *err)
{
	struct rc_work **some = rc_alloc(count, sizeof(struct rc_work *));
	int result = 0;

	for (size_t i = 0; i < count && result == 0; i++)
		result = read_manifest(works[i], err);
	for (int layout = 0; layout < RC_LAYOUTS && result == 0; layout++) {
		size_t n = 0;

		for (size_t i = 0; i < count; i++)
			if (works[i]->manifest->layout == (enum rc_layout)layout)
				some[n++] = works[i];
		if (n)
			result = inject(some, n, err);
	}
	free(some);
	return result;
}

int
rc_inject_undo(struct rc_work *work, struct rc_error *err)
{
	scoped(rc_str_release) char *volume = rc_appliance_config_volume(&work->appliance);
	scoped(rc_str_release) char *file = rc_config_disk_path(&work->appliance);

	unlink(file);
	if (rc_virt_volume_delete(work->session->virt, volume, err) < 0)
		return -1;
	/* A token may be in it; whoever tries again makes it anew. */
	if (read_manifest(work, err) < 0 || work->manifest->layout != RC_LAYOUT_DISK)
		return 0;
	rc_str_set(&volume, NULL);
	volume = rc_appliance_data_volume(&work->appliance);
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
