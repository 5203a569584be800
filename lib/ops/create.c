/*
 * create.  Everything that can be refused is refused before the first object
 * is made; from then on the domain definition is the journal.
 */
#include "ops/create.h"

#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "base/file.h"
#include "base/str.h"
#include "core/domain_xml.h"
#include "core/name.h"
#include "host/clock.h"
#include "host/lock.h"
#include "host/networks.h"
#include "host/virt_network.h"
#include "ops/admission.h"
#include "ops/fleet.h"
#include "ops/host_objects.h"
#include "ops/images.h"
#include "ops/making.h"
#include "ops/outcomes.h"
#include "ops/registration.h"
#include "ops/removing.h"

#define LOCK_PATIENCE 10 /* seconds a person waits for another run */

/* What all appliances of one call share. */
struct batch {
	struct rc_session *session;
	const struct rc_create_wish *wish;
	struct rc_limits limits;
	const char *profile;
	bool emulate;
	struct rc_image image;
	struct rc_registration registration;
	bool registers;
	char *filter;
	char *template, *template_origin;
	struct rc_strv host_networks, host_prefixes;
};

/* A work with what only create needs; the work comes first, so that steps can look behind it. */
struct creation {
	struct rc_work work;
	const struct batch *batch;
	int lock;
};

static const struct batch *
batch_of(struct rc_work *work)
{
	return ((struct creation *)(void *)work)->batch;
}

static void
batch_release(struct batch *batch)
{
	rc_image_release(&batch->image);
	rc_registration_release(&batch->registration);
	rc_strv_release(&batch->host_networks);
	rc_strv_release(&batch->host_prefixes);
	free(batch->filter);
	free(batch->template);
	free(batch->template_origin);
}

static int
batch_prepare(struct batch *batch, struct rc_error *err)
{
	struct rc_session *session = batch->session;
	const struct rc_create_wish *wish = batch->wish;
	bool only_look = wish->dry_run || wish->print_xml;

	batch->profile = wish->profile ? wish->profile : session->config.profile;
	if (rc_admit(&batch->limits, session, batch->profile, &wish->limits, err) < 0 ||
	    rc_session_emulate(session, &batch->emulate, err) < 0 ||
	    rc_session_template(
		session, "domain.xml", &batch->template, &batch->template_origin, err) < 0 ||
	    rc_host_networks(&batch->host_networks, &batch->host_prefixes, err) < 0)
		return -1;
	if (!only_look && rc_ensure_pool(session, err) < 0)
		return -1;
	if (rc_image_find(session, wish->image ? wish->image : session->config.image, &batch->image,
		err) < 0 ||
	    rc_registration_open(
		&batch->registration, &batch->registers, session, &wish->registration, err) < 0)
		return -1;
	if (only_look)
		return rc_filter_name(session, &batch->filter, err);
	rc_run_step(&session->run, "prepare network and filter");
	if (rc_ensure_network(session, err) < 0)
		return -1;
	return rc_ensure_filters(session, &batch->filter, err);
}

/* An appliance that is there is never touched; what a dead run left half-made is removed first. */
static int
clear_the_way(struct rc_session *session, const char *name, bool only_look, struct rc_error *err)
{
	scoped(rc_fleet_release) struct rc_fleet fleet = { 0 };
	scoped(rc_str_release) char *domain = rc_format("%s.1", name);
	const struct rc_member *member;
	char uuid[37];

	if (rc_fleet_read(session, &fleet, err) < 0)
		return -1;
	member = rc_fleet_find(&fleet, name);
	if (!member) {
		if (rc_virt_find(session->virt, domain, uuid, err) < 0)
			return -1;
		if (!uuid[0])
			return 0;
		rc_fail(
		    err, RC_FAILED, "a domain called %s exists that is not runnerctl's", domain);
		return rc_hint(err, "choose another name; it was not touched");
	}
	switch (member->appliance.state) {
	case RC_STATE_CREATED:
		rc_fail(err, RC_FAILED, "it exists already");
		return rc_hint(err, "it waits for: runnerctl register %s --token-file FILE", name);
	case RC_STATE_STARTED:
	case RC_STATE_READY:
	case RC_STATE_DRAINING:
		rc_fail(err, RC_FAILED, "it exists already");
		return rc_hint(err, "see: runnerctl status %s", name);
	case RC_STATE_CREATING:
	case RC_STATE_REGISTERING:
	case RC_STATE_DESTROYING:
		break;
	}
	if (only_look)
		return 0;
	rc_run_warn(&session->run, "%s: removing what an interrupted run left", name);
	return rc_remove(session, &member->appliance, false, err);
}

static int
creation_prepare(struct creation *creation, struct rc_error *err)
{
	const struct batch *batch = creation->batch;
	struct rc_appliance *a = &creation->work.appliance;
	bool only_look = batch->wish->dry_run || batch->wish->print_xml;
	uuid_t uuid;

	if ((!only_look && rc_lock_take(&creation->lock, creation->work.outcome->name,
			       LOCK_PATIENCE, &batch->session->run, err) < 0) ||
	    clear_the_way(batch->session, creation->work.outcome->name, only_look, err) < 0)
		return -1;
	uuid_generate_random(uuid);
	uuid_unparse_lower(uuid, a->uuid);
	a->name = rc_strdup(creation->work.outcome->name);
	a->generation = 1;
	a->state = RC_STATE_CREATING;
	a->image = rc_strdup(batch->image.reference);
	a->profile = rc_strdup(batch->profile);
	a->limits = batch->limits;
	a->created = rc_clock_now();
	a->mac = rc_mac_of(a->uuid);
	a->filter = rc_strdup(batch->filter);
	a->emulated = batch->emulate;
	a->tags = rc_strdup(batch->wish->registration.tags ? batch->wish->registration.tags
							   : batch->session->config.tags);
	creation->work.outcome->emulated = batch->emulate;
	return 0;
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
domain_xml(struct rc_work *work, const struct rc_network *network, char **ret, struct rc_error *err)
{
	const struct batch *batch = batch_of(work);
	const struct rc_image *image = &batch->image;
	const char *root = image->paths[RC_IMAGE_ROOT];
	scoped(rc_strv_release) struct rc_strv networks = { 0 }, prefixes = { 0 };
	scoped(rc_str_release) char *config =
	    path_beside(root, rc_appliance_config_volume(&work->appliance));
	scoped(rc_str_release) char *data =
	    path_beside(root, rc_appliance_data_volume(&work->appliance));
	const struct rc_domain_parts parts = {
		.kernel = image->paths[RC_IMAGE_KERNEL],
		.initrd = image->paths[RC_IMAGE_INITRD],
		.root = root,
		.cmdline = image->manifest.cmdline,
		.config_disk = config,
		.data_disk = data,
		.network = RC_NETWORK,
		.gateway = network->gateway,
		.host_networks = &networks,
		.host_prefixes = &prefixes,
	};

	/* The filter's lists must not be empty, and the gateway is an address of the host. */
	rc_strv_add(&networks, network->gateway);
	rc_strv_add(&prefixes, "32");
	for (size_t i = 0; i < batch->host_networks.count; i++) {
		rc_strv_add(&networks, batch->host_networks.items[i]);
		rc_strv_add(&prefixes, batch->host_prefixes.items[i]);
	}
	return rc_domain_xml(
	    ret, &work->appliance, &parts, batch->template, batch->template_origin, err);
}

/* Address and definition belong together: two runs must not choose the same address. */
static int
define_one(struct rc_work *work, struct rc_error *err)
{
	struct rc_session *session = work->session;
	struct rc_appliance *a = &work->appliance;
	scoped(rc_network_release) struct rc_network network = { 0 };
	scoped(rc_str_release) char *xml = NULL;

	if (rc_virt_network_read(session->virt, &network, err) < 0 ||
	    rc_network_pick(&a->ip, &network, err) < 0 ||
	    domain_xml(work, &network, &xml, err) < 0 ||
	    rc_virt_define(session->virt, xml, err) < 0)
		return -1;
	return rc_virt_reserve(session->virt, a->mac, a->ip, err);
}

static int
define_run(struct rc_work *work, struct rc_error *err)
{
	scoped(rc_fd_release) int lock = -1;

	if (rc_lock_take(&lock, "@addresses", 60, &work->session->run, err) < 0)
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
	scoped(rc_str_release) char *volume = rc_appliance_data_volume(&work->appliance);

	/* One that is there belonged to a domain of this name that is gone. */
	if (rc_virt_volume_delete(work->session->virt, volume, err) < 0 ||
	    rc_virt_volume_data(work->session->virt, volume, work->appliance.limits.disk, err) < 0)
		return -1;
	/* With a token it stays half-made until it is registered, so that a crash is cleaned up. */
	if (batch_of(work)->registers)
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

static const struct rc_step create_steps[] = { CREATE_STEPS, { 0 } };
static const struct rc_step create_and_register_steps[] = { CREATE_STEPS, RC_REGISTER_STEPS,
	{ 0 } };

/* --print-xml: the document as it would be defined, with the address it would get. */
static int
print_xml(struct rc_work *work, struct rc_error *err)
{
	struct rc_session *session = work->session;
	scoped(rc_network_release) struct rc_network network = { 0 };
	scoped(rc_str_release) char *text = NULL, *origin = NULL, *xml = NULL;

	if (rc_virt_network_read(session->virt, &network, err) < 0) {
		if (err->code != RC_NOT_FOUND)
			return -1;
		if (rc_session_template(session, "network.xml", &text, &origin, err) < 0 ||
		    rc_network_xml(&xml, work->appliance.uuid, session->config.address, text,
			origin, err) < 0 ||
		    rc_network_read(&network, xml, err) < 0)
			return -1;
	}
	if (rc_network_pick(&work->appliance.ip, &network, err) < 0)
		return -1;
	return domain_xml(work, &network, &work->outcome->xml, err);
}

/* Carries out, or only describes, what was prepared. */
static void
carry_out(struct batch *batch, struct rc_work **works, size_t count)
{
	const struct rc_step *steps = batch->registers ? create_and_register_steps : create_steps;

	if (batch->wish->print_xml)
		for (size_t i = 0; i < count; i++)
			works[i]->outcome->ok = print_xml(works[i], &works[i]->outcome->error) == 0;
	else if (batch->wish->dry_run)
		rc_steps_plan(steps, works, count);
	else
		rc_steps_run(steps, works, count);
}

static void
run_batch(struct batch *batch, struct rc_outcomes *outcomes)
{
	struct creation *creations = rc_alloc(outcomes->count, sizeof(*creations));
	struct rc_work **works = rc_alloc(outcomes->count, sizeof(*works));
	size_t ready = 0;

	for (size_t i = 0; i < outcomes->count; i++) {
		struct rc_outcome *outcome = &outcomes->items[i];

		creations[i] = (struct creation){ .batch = batch, .lock = -1 };
		creations[i].work.session = batch->session;
		creations[i].work.outcome = outcome;
		creations[i].work.registration = batch->registers ? &batch->registration : NULL;
		if (creation_prepare(&creations[i], &outcome->error) == 0)
			works[ready++] = &creations[i].work;
	}
	carry_out(batch, works, ready);
	for (size_t i = 0; i < outcomes->count; i++) {
		/* Too late is not undone: what exists is shown. */
		if (outcomes->items[i].ok || outcomes->items[i].error.code == RC_TIMEOUT)
			rc_appliance_copy(
			    &outcomes->items[i].appliance, &creations[i].work.appliance);
		rc_work_release(&creations[i].work);
		rc_fd_release(&creations[i].lock);
	}
	free(works);
	free(creations);
}

int
rc_create(struct rc_session *session, const struct rc_create_wish *wish, struct rc_outcomes *ret,
    struct rc_error *err)
{
	scoped(batch_release) struct batch batch = { .session = session, .wish = wish };

	for (size_t i = 0; i < wish->names.count; i++)
		if (rc_name_check(wish->names.items[i], err) < 0)
			return -1;
	if (batch_prepare(&batch, err) < 0) {
		rc_run_steps_end(&session->run);
		return -1;
	}
	rc_outcomes_init(ret, &wish->names);
	run_batch(&batch, ret);
	rc_run_steps_end(&session->run);
	return 0;
}
