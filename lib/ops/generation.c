/*
 * One generation, from a name to a complete appliance.  The domain's definition
 * is the journal: it comes first, and names all that the generation will own.
 */
#include "ops/generation.h"

#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "base/file.h"
#include "base/sha256.h"
#include "base/str.h"
#include "core/domain_xml.h"
#include "core/litter.h"
#include "host/clock.h"
#include "host/lock.h"
#include "host/partition.h"
#include "host/virt_network.h"
#include "ops/disks.h"
#include "ops/fleet.h"
#include "ops/host_objects.h"
#include "ops/isolation.h"

#define TEMPLATE_HASH 12 /* hex digits */

int
rc_ground_survey(
    struct rc_ground *ret, struct rc_session *session, bool only_look, struct rc_error *err)
{
	static const char *const names[RC_LAYOUTS] = {
		[RC_LAYOUT_APPLIANCE] = "domain.xml",
		[RC_LAYOUT_DISK] = "domain-disk.xml",
	};
	struct rc_ground *ground = ret;
	struct rc_sha256 *sum;
	char hex[RC_SHA256_HEX];

	*ground = (struct rc_ground){ .session = session };
	if (rc_session_emulate(session, &ground->emulate, err) < 0)
		return -1;
	for (int i = 0; i < RC_LAYOUTS; i++)
		if (rc_session_template(session, names[i], &ground->templates[i].text,
			&ground->templates[i].origin, err) < 0)
			return -1;
	sum = rc_sha256_new();
	for (int i = 0; i < RC_LAYOUTS; i++)
		rc_sha256_add(sum, ground->templates[i].text, strlen(ground->templates[i].text));
	rc_sha256_finish(sum, hex);
	ground->template_hash = rc_strndup(hex, TEMPLATE_HASH);
	return only_look ? 0 : rc_ensure_pool(session, err);
}

int
rc_ground_lay(struct rc_ground *ground, bool only_look, struct rc_error *err)
{
	struct rc_session *session = ground->session;

	if (only_look)
		return 0;
	rc_run_step(&session->run, "prepare the network");
	return rc_ensure_network(session, err) < 0 ||
		       rc_host_identity(session, &ground->host, err) < 0
		   ? -1
		   : 0;
}

void
rc_ground_release(struct rc_ground *ground)
{
	for (int i = 0; i < RC_LAYOUTS; i++) {
		free(ground->templates[i].text);
		free(ground->templates[i].origin);
	}
	free(ground->template_hash);
	free(ground->host);
	*ground = (struct rc_ground){ 0 };
}

void
rc_creation_begin(struct rc_creation *creation, const struct rc_generation_wish *wish)
{
	struct rc_appliance *a = &creation->work.appliance;
	uuid_t uuid;

	uuid_generate_random(uuid);
	uuid_unparse_lower(uuid, a->uuid);
	if (creation->ground->host)
		rc_host_mark(a->uuid, creation->ground->host);
	a->name = rc_strdup(wish->name);
	a->generation = wish->generation;
	a->state = RC_STATE_CREATING;
	a->image = rc_strdup(creation->image->reference);
	a->template = rc_strdup(creation->ground->template_hash);
	a->profile = rc_strdup(wish->profile);
	a->limits = wish->limits;
	a->own = wish->own;
	a->created = rc_clock_now();
	a->mac = rc_mac_of(a->uuid);
	a->allow = rc_strdup(wish->allow);
	a->emulated = creation->ground->emulate;
	a->tags = rc_strdup(wish->tags);
	creation->work.outcome->emulated = a->emulated;
}

/* The path of a volume that need not exist yet: all are files of the pool's directory. */
static char *
path_beside(const char *other, char *volume)
{
	char *path = rc_format("%.*s/%s", (int)(strrchr(other, '/') - other), other, volume);

	free(volume);
	return path;
}

static int
domain_xml(struct rc_work *work, char **ret, struct rc_error *err)
{
	const struct rc_creation *creation = (const struct rc_creation *)(void *)work;
	const struct rc_ground *ground = creation->ground;
	const struct rc_image *image = creation->image;
	const char *root = rc_image_root(image);
	bool local = rc_virt_is_local(work->session->virt);
	scoped(rc_str_release) char *config =
	    path_beside(root, rc_appliance_config_volume(&work->appliance));
	scoped(rc_str_release) char *data =
	    path_beside(root, rc_appliance_data_volume(&work->appliance));
	const struct rc_backing disk = rc_image_backing(image);
	bool direct = image->manifest.layout == RC_LAYOUT_APPLIANCE;
	const struct rc_domain_parts parts = {
		.kernel = image->paths[RC_IMAGE_KERNEL],
		.initrd = image->paths[RC_IMAGE_INITRD],
		.root = root,
		.cmdline = image->manifest.cmdline,
		.config_disk = config,
		.disk = direct ? NULL : disk.path,
		.disk_format = disk.format,
		.data_disk = data,
		.network = RC_NETWORK,
		.partition = local && rc_host_has_partition("") ? RC_PARTITION : NULL,
	};

	return rc_domain_xml(ret, &work->appliance, &parts,
	    ground->templates[image->manifest.layout].text,
	    ground->templates[image->manifest.layout].origin, err);
}

/* NULL: not known yet. */
static const char *
gitlab_of(const struct rc_work *work)
{
	return work->registration ? work->registration->url : NULL;
}

static int
pick_addresses(struct rc_work *work, const struct rc_network *network, struct rc_error *err)
{
	struct rc_appliance *a = &work->appliance;

	if (rc_network_pick(&a->ip, network, err) < 0)
		return -1;
	if (work->session->config.ipv6)
		a->ip6 = rc_network_ipv6(network, a->ip);
	return 0;
}

/*
 * Address and definition belong together, as do image and room and definition: two runs
 * must not choose the same address or take the same room, and none may remove an image
 * between.
 */
static int
define_one(struct rc_work *work, struct rc_error *err)
{
	struct rc_session *session = work->session;
	struct rc_appliance *a = &work->appliance;
	scoped(rc_network_release) struct rc_network network = { 0 };
	scoped(rc_str_release) char *xml = NULL;

	if (rc_virt_network_read(session->virt, &network, err) < 0 ||
	    rc_fleet_take_addresses(session, &network, err) < 0 ||
	    pick_addresses(work, &network, err) < 0 ||
	    rc_isolation_choose(session, a, gitlab_of(work), false, err) < 0 ||
	    domain_xml(work, &xml, err) < 0 || rc_virt_define(session->virt, xml, err) < 0)
		return -1;
	return rc_virt_reserve(session->virt, a->mac, a->ip, err);
}

static int
define_run(struct rc_work *work, struct rc_error *err)
{
	const struct rc_creation *creation = (const struct rc_creation *)(void *)work;
	scoped(rc_fd_release) int lock = -1;

	if (rc_lock_take(&lock, RC_DEFINE_LOCK, 60, &work->session->run, err) < 0 ||
	    rc_image_still_there(work->session, creation->image, err) < 0 ||
	    rc_admit(work->session, &work->appliance, creation->admittance, err) < 0)
		return -1;
	return define_one(work, err);
}

static int
define_undo(struct rc_work *work, struct rc_error *err)
{
	struct rc_appliance *a = &work->appliance;

	if (a->ip && rc_virt_unreserve(work->session->virt, a->mac, a->ip, err) < 0)
		return -1;
	return rc_virt_undefine(work->session->virt, a->uuid, err);
}

static int
disk_run(struct rc_work *work, struct rc_error *err)
{
	if (rc_disk_make(work, &((const struct rc_creation *)(void *)work)->image->manifest, err) <
	    0)
		return -1;
	/* With a token it stays half-made until it is registered, so that a crash is cleaned up. */
	if (work->registration)
		return 0;
	work->appliance.state = RC_STATE_CREATED;
	return rc_fleet_record(work->session, &work->appliance, err);
}

static int
disk_undo(struct rc_work *work, struct rc_error *err)
{
	scoped(rc_str_release) char *volume = rc_appliance_data_volume(&work->appliance);

	return rc_virt_volume_delete(work->session->virt, volume, err);
}

#define CREATE_STEPS                                                                               \
	{ "define the domain of", define_run, NULL, define_undo },                                 \
	{                                                                                          \
		"make the disk of", disk_run, NULL, disk_undo                                      \
	}

const struct rc_step rc_create_steps[] = { CREATE_STEPS, { 0 } };
const struct rc_step rc_create_and_start_steps[] = { CREATE_STEPS, RC_START_STEPS, { 0 } };
const struct rc_step rc_create_and_register_steps[] = { CREATE_STEPS, RC_REGISTER_STEPS, { 0 } };

int
rc_creation_xml(struct rc_work *work, char **ret, struct rc_error *err)
{
	struct rc_session *session = work->session;
	scoped(rc_network_release) struct rc_network network = { 0 };

	if (rc_network_now(session, &network, err) < 0 || pick_addresses(work, &network, err) < 0 ||
	    rc_isolation_choose(session, &work->appliance, gitlab_of(work), true, err) < 0)
		return -1;
	return domain_xml(work, ret, err);
}

int
rc_creation_document(struct rc_work *work, char **ret, struct rc_error *err)
{
	return domain_xml(work, ret, err);
}
