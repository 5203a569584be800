/*
 * gc.  A domain is defined before anything that belongs to it is made, and
 * undefined after all of that is gone.  So what is listed first, and then is in
 * no domain's document, belongs to nothing; a run that works on it meanwhile
 * holds its lock.
 */
#include "ops/gc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "core/litter.h"
#include "core/rotation.h"
#include "host/lock.h"
#include "host/virt_network.h"
#include "host/virt_storage.h"
#include "ops/fleet.h"
#include "ops/host_objects.h"
#include "ops/images.h"
#include "ops/leftovers.h"
#include "ops/registration.h"
#include "ops/removing.h"

void
rc_finds_release(struct rc_finds *finds)
{
	for (size_t i = 0; i < finds->count; i++)
		free(finds->items[i].name);
	free(finds->items);
	*finds = (struct rc_finds){ 0 };
}

/* With the lock of its appliance: is there still no domain that would own it? */
static int
remove_volume(struct rc_session *session, struct rc_leftover *item, struct rc_error *err)
{
	scoped(rc_str_release) char *domain = rc_appliance_domain(&item->appliance);
	char uuid[37];

	if (rc_virt_find(session->virt, domain, uuid, err) < 0)
		return -1;
	item->used = uuid[0];
	return item->used ? 0 : rc_virt_volume_delete(session->virt, item->find.name, err);
}

static int
remove_address(struct rc_session *session, const struct rc_leftover *item, struct rc_error *err)
{
	scoped(rc_fd_release) int lock = -1;

	if (rc_lock_take(&lock, RC_DEFINE_LOCK, 60, &session->run, err) < 0)
		return -1;
	return rc_virt_unreserve(session->virt, item->appliance.mac, item->appliance.ip, err);
}

/* Nobody else can have changed it: we hold its lock. */
static int
remove_domain(struct rc_session *session, struct rc_leftover *item, struct rc_error *err)
{
	scoped(rc_fleet_release) struct rc_fleet fleet = { 0 };

	if (rc_fleet_read(session, &fleet, err) < 0)
		return -1;
	for (size_t i = 0; i < fleet.count; i++) {
		const struct rc_appliance *a = &fleet.items[i].appliance;

		if (strcmp(a->uuid, item->appliance.uuid) != 0)
			continue;
		item->used = a->state != item->appliance.state ||
			     (a->state != RC_STATE_DESTROYING && fleet.items[i].domain.active) ||
			     rc_fleet_is_saved(&fleet.items[i]);
		return item->used ? 0 : rc_remove(session, a, false, err);
	}
	return 0;
}

static int
remove_runner(struct rc_session *session, struct rc_leftover *item, struct rc_error *err)
{
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = NULL;
	scoped(rc_fleet_release) struct rc_fleet fleet = { 0 };
	const struct rc_appliance *a = &item->appliance;
	const char *name;
	bool access, gone;

	/* With the lock of its appliance: is it still none of it? */
	if (a->name) {
		if (rc_fleet_read(session, &fleet, err) < 0)
			return -1;
		item->used = !rc_leftovers_runner(&fleet, a->uuid, a->runner_id, &name);
		if (item->used)
			return 0;
	}
	if (rc_reach_gitlab(session, session->config.url, &gitlab, &access, err) < 0)
		return -1;
	return rc_gitlab_delete_runner(gitlab, a->runner_id, NULL, &gone, err);
}

static int
remove_secret(struct rc_session *session, const struct rc_leftover *item, struct rc_error *err)
{
	scoped(rc_appliance_release) struct rc_appliance a = { 0 };

	rc_appliance_copy(&a, &item->appliance);
	if (rc_unregister(session, &a, false, err) == 0)
		return 0;
	return rc_hint(err,
	    "try again when GitLab answers; or remove its runner there, then: virsh "
	    "secret-undefine %s",
	    a.uuid);
}

/* A domain may refer to it by now: they are put behind filters under the same lock. */
static int
remove_filter(struct rc_session *session, struct rc_leftover *item, struct rc_error *err)
{
	scoped(rc_strv_release) struct rc_strv texts = { 0 };
	scoped(rc_fd_release) int lock = -1;

	if (rc_lock_take(&lock, RC_DEFINE_LOCK, 60, &session->run, err) < 0 ||
	    rc_leftovers_texts(&texts, session, err) < 0)
		return -1;
	item->used = rc_mentioned(&texts, item->find.name);
	return item->used ? 0 : rc_virt_filter_delete(session->virt, item->find.name, err);
}

static int
remove_file(const struct rc_leftover *item, struct rc_error *err)
{
	return unlink(item->find.name) == 0 ? 0 : rc_fail(err, RC_FAILED, "cannot delete it");
}

static int
remove_one(struct rc_session *session, struct rc_leftover *item, struct rc_error *err)
{
	switch (item->kind) {
	case RC_LEFT_DOMAIN:
		return remove_domain(session, item, err);
	case RC_LEFT_VOLUME:
		return remove_volume(session, item, err);
	case RC_LEFT_SECRET:
		return remove_secret(session, item, err);
	case RC_LEFT_ADDRESS:
		return remove_address(session, item, err);
	case RC_LEFT_FILTER:
		return remove_filter(session, item, err);
	case RC_LEFT_RUNNER:
		return remove_runner(session, item, err);
	case RC_LEFT_FILE:
		return remove_file(item, err);
	case RC_LEFT_GITLAB:
		break;
	}
	*err = item->find.error;
	return -1;
}

/* What another run holds, or has taken into use meanwhile, is no left-over: false. */
static bool
take(struct rc_session *session, struct rc_leftover *item, bool dry_run)
{
	scoped(rc_fd_release) int lock = -1;
	struct rc_error *err = &item->find.error;

	if (item->appliance.name &&
	    rc_lock_take(&lock, item->appliance.name, 0, &session->run, err) < 0)
		return err->code != RC_BUSY;
	if (item->kind != RC_LEFT_GITLAB)
		rc_run_step(&session->run, "%s the %s %s", dry_run ? "found" : "remove",
		    item->find.kind, item->find.name);
	item->find.removed =
	    dry_run ? item->kind != RC_LEFT_GITLAB : remove_one(session, item, err) == 0;
	if (item->used)
		rc_run_warn(&session->run, "the %s %s is in use by now: left alone",
		    item->find.kind, item->find.name);
	return !item->used;
}

int
rc_gc(struct rc_session *session, const struct rc_gc_wish *wish, struct rc_finds *ret,
    struct rc_error *err)
{
	scoped(rc_leftovers_release) struct rc_leftovers found = { 0 };

	if (!wish->dry_run && rc_wake_pool(session, err) < 0)
		rc_run_warn(&session->run, "%s", err->text);
	if (rc_leftovers_find(&found, session, err) < 0) {
		rc_run_steps_end(&session->run);
		return -1;
	}
	*ret = (struct rc_finds){ .items = rc_alloc(found.count, sizeof(*ret->items)),
		.gitlab_asked = found.gitlab_asked };
	for (size_t i = 0; i < found.count; i++) {
		struct rc_error stop;

		if (rc_run_check(&session->run, &stop) < 0)
			found.items[i].find.error = stop;
		else if (!take(session, &found.items[i], wish->dry_run))
			continue;
		ret->items[ret->count++] = found.items[i].find;
		found.items[i].find.name = NULL;
	}
	rc_run_steps_end(&session->run);
	return 0;
}
