/*
 * create.  Everything that can be refused is refused before the first object
 * is made; from then on the domain definition is the journal.
 */
#include "ops/create.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "core/name.h"
#include "host/lock.h"
#include "ops/admission.h"
#include "ops/draining.h"
#include "ops/fleet.h"
#include "ops/generation.h"
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
	struct rc_ground ground;
	struct rc_image image;
	struct rc_registration registration;
	bool registers;
	struct rc_room room; /* as it was, with the names before this one */
};

static void
batch_release(struct batch *batch)
{
	rc_image_release(&batch->image);
	rc_registration_release(&batch->registration);
	rc_ground_release(&batch->ground);
	rc_room_release(&batch->room);
}

/* The definition asks again, under its lock; but what is refused here has made nothing. */
static int
find_room(struct batch *batch, const struct rc_appliance *a, struct rc_error *err)
{
	uint64_t takes[RC_RESOURCES];

	if (batch->wish->force)
		return 0;
	rc_takes_of(takes, &batch->room, a);
	if (rc_room_admit(&batch->room, takes, NULL, err) < 0)
		return err->code == RC_NO_ROOM
			   ? rc_hint(err, "give it less with --memory and the like, remove "
					  "another, or use --force")
			   : -1;
	if (a->name)
		rc_room_add(&batch->room, a->name, takes);
	return 0;
}

/* Is there room for any of them? */
static int
look_for_room(struct batch *batch, struct rc_error *err)
{
	const struct rc_appliance any = { .limits = batch->limits,
		.emulated = batch->ground.emulate };

	if (rc_room_survey(&batch->room, batch->session, &batch->wish->names, err) < 0)
		return -1;
	return find_room(batch, &any, err);
}

static int
batch_prepare(struct batch *batch, struct rc_error *err)
{
	struct rc_session *session = batch->session;
	const struct rc_create_wish *wish = batch->wish;
	bool only_look = wish->dry_run || wish->print_xml;

	batch->profile = wish->profile ? wish->profile : session->config.profile;
	if (rc_limits_choose(&batch->limits, &session->config, batch->profile, &wish->limits, err) <
		0 ||
	    rc_ground_survey(&batch->ground, session, only_look, err) < 0 ||
	    look_for_room(batch, err) < 0 ||
	    rc_image_find(session, wish->image ? wish->image : session->config.image, &batch->image,
		err) < 0 ||
	    rc_image_fits(session, &batch->image, batch->limits.disk, err) < 0 ||
	    rc_registration_open(
		&batch->registration, &batch->registers, session, &wish->registration, err) < 0)
		return -1;
	return rc_ground_lay(&batch->ground, only_look, err);
}

/* One that was started, and whose run died before that was noted, may have a job by now. */
static int
clear(struct rc_session *session, struct rc_appliance *a, struct rc_error *err)
{
	rc_run_warn(&session->run, "%s: removing what an interrupted run left", a->name);
	if (a->state == RC_STATE_REGISTERING &&
	    rc_drain(session, a, session->config.drain_timeout, err) < 0)
		return err->code == RC_TIMEOUT
			   ? rc_hint(err, "it goes on draining; run create again later")
			   : -1;
	return rc_remove(session, a, false, err);
}

/* An appliance that is there is never touched; what a dead run left half-made is removed first. */
static int
clear_the_way(struct rc_session *session, const char *name, bool only_look, struct rc_error *err)
{
	scoped(rc_fleet_release) struct rc_fleet fleet = { 0 };
	scoped(rc_str_release) char *domain = rc_format("%s.1", name);
	struct rc_member *member;
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
	if (rc_fleet_shared(&fleet, member)) {
		rc_fail(err, RC_FAILED, "it exists already; its rotation was interrupted");
		return rc_hint(err, "finish with: runnerctl rotate %s", name);
	}
	return only_look ? 0 : clear(session, &member->appliance, err);
}

static int
prepare(struct batch *batch, struct rc_creation *creation, int *lock, struct rc_error *err)
{
	const char *name = creation->work.outcome->name;
	bool only_look = batch->wish->dry_run || batch->wish->print_xml;
	const char *tags = batch->wish->registration.tags;
	const struct rc_generation_wish wish = {
		.name = name,
		.generation = 1,
		.profile = batch->profile,
		.tags = tags ? tags : batch->session->config.tags,
		.allow = batch->wish->allow,
		.limits = batch->limits,
		.own = batch->wish->limits,
	};

	if ((!only_look &&
		rc_lock_take(lock, name, LOCK_PATIENCE, &batch->session->run, err) < 0) ||
	    clear_the_way(batch->session, name, only_look, err) < 0)
		return -1;
	rc_creation_begin(creation, &wish);
	creation->admittance = batch->wish->force ? RC_ADMIT_FORCED : RC_ADMIT_ALONE;
	return find_room(batch, &creation->work.appliance, err);
}

/* Carries out, or only describes, what was prepared. */
static void
carry_out(struct batch *batch, struct rc_work **works, size_t count)
{
	const struct rc_step *steps =
	    batch->registers ? rc_create_and_register_steps : rc_create_steps;

	if (batch->wish->print_xml)
		for (size_t i = 0; i < count; i++)
			works[i]->outcome->ok = rc_creation_xml(works[i], &works[i]->outcome->xml,
						    &works[i]->outcome->error) == 0;
	else if (batch->wish->dry_run)
		rc_steps_plan(steps, works, count);
	else
		rc_steps_run(steps, works, count);
}

static void
run_batch(struct batch *batch, struct rc_outcomes *outcomes)
{
	struct rc_creation *creations = rc_alloc(outcomes->count, sizeof(*creations));
	int *locks = rc_alloc(outcomes->count, sizeof(*locks));
	struct rc_work **works = rc_alloc(outcomes->count, sizeof(*works));
	size_t ready = 0;

	for (size_t i = 0; i < outcomes->count; i++) {
		struct rc_outcome *outcome = &outcomes->items[i];

		locks[i] = -1;
		creations[i] =
		    (struct rc_creation){ .ground = &batch->ground, .image = &batch->image };
		creations[i].work.session = batch->session;
		creations[i].work.outcome = outcome;
		creations[i].work.registration = batch->registers ? &batch->registration : NULL;
		if (prepare(batch, &creations[i], &locks[i], &outcome->error) == 0)
			works[ready++] = &creations[i].work;
	}
	carry_out(batch, works, ready);
	for (size_t i = 0; i < outcomes->count; i++) {
		/* Too late is not undone: what exists is shown. */
		if (outcomes->items[i].ok || outcomes->items[i].error.code == RC_TIMEOUT)
			rc_appliance_copy(
			    &outcomes->items[i].appliance, &creations[i].work.appliance);
		rc_work_release(&creations[i].work);
		rc_fd_release(&locks[i]);
	}
	free(works);
	free(locks);
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
