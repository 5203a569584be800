/*
 * Another token for a lent runner.  GitLab knows no grace period: from the reset on the
 * old token is dead, on every machine that has it.  So all appliances here that have
 * it are marked first; what dies between the reset and the keeping of the new
 * token is found by the mark, and reset again by the runner's number.
 * Jobs that run have tokens of their own, and go on.
 */
#include "ops/renewal.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "core/litter.h"
#include "host/gitlab.h"
#include "host/lock.h"
#include "ops/fleet.h"
#include "ops/registration.h"

struct renewal {
	struct rc_session *session;
	const struct rc_appliance *first;
	int patience;
	struct rc_gitlab *gitlab;
	struct rc_fleet fleet;
	struct rc_appliance **members; /* of the fleet */
	size_t count;
	bool again; /* an earlier run had begun it */
	int *locks; /* of the names */
	size_t lock_count;
};

static void
renewal_release(struct renewal *r)
{
	for (size_t i = 0; i < r->lock_count; i++)
		rc_fd_release(&r->locks[i]);
	free(r->locks);
	free(r->members);
	rc_fleet_release(&r->fleet);
	rc_gitlab_release(&r->gitlab);
}

/* One that died before it learnt its runner's number has the token all the same. */
static bool
has_same_token(struct renewal *r, const struct rc_appliance *a)
{
	scoped(rc_secret_release) char *token = NULL, *other = NULL;
	struct rc_virt *virt = r->session->virt;
	struct rc_error ignored;

	return a->ownership == RC_RUNNER_LENT && a->runner_id == 0 && a->url &&
	       strcmp(a->url, r->first->url) == 0 &&
	       rc_virt_secret_get(virt, a->uuid, &token, &ignored) == 0 &&
	       rc_virt_secret_get(virt, r->first->uuid, &other, &ignored) == 0 && token && other &&
	       strcmp(token, other) == 0;
}

static int
find_members(struct renewal *r, struct rc_error *err)
{
	rc_fleet_release(&r->fleet);
	free(r->members);
	r->count = 0;
	r->members = NULL;
	if (rc_fleet_read(r->session, &r->fleet, err) < 0)
		return -1;
	r->members = rc_alloc(r->fleet.count, sizeof(struct rc_appliance *));
	for (size_t i = 0; i < r->fleet.count; i++) {
		struct rc_appliance *a = &r->fleet.items[i].appliance;

		if (rc_appliance_shares(r->first, a) || has_same_token(r, a))
			r->members[r->count++] = a;
	}
	return 0;
}

/* Nobody else changes one of them from here on; what was read before is read again. */
static int
lock_members(struct renewal *r, struct rc_strv *names, struct rc_error *err)
{
	if (find_members(r, err) < 0)
		return -1;
	for (size_t i = 0; i < r->count; i++)
		if (!rc_strv_has(names, r->members[i]->name))
			rc_strv_add(names, r->members[i]->name);
	r->locks = rc_alloc(names->count, sizeof(*r->locks));
	for (; r->lock_count < names->count; r->lock_count++)
		if (rc_lock_take(&r->locks[r->lock_count], names->items[r->lock_count], r->patience,
			&r->session->run, err) < 0)
			return -1;
	if (find_members(r, err) < 0)
		return -1;
	for (size_t i = 0; i < r->count; i++)
		if (!rc_strv_has(names, r->members[i]->name))
			return rc_fail(err, RC_BUSY, "%s has just joined the runner #%lld",
			    r->members[i]->name, (long long)r->first->runner_id);
	for (size_t i = 0; i < r->count; i++)
		r->again = r->again || r->members[i]->renewal != RC_RENEWAL_NONE;
	return 0;
}

/* Machines of other hosts; who may reset may list. */
static int
warn_of_others(struct renewal *r, struct rc_error *err)
{
	struct rc_manager *managers = NULL;
	size_t count = 0, others = 0;

	if (rc_gitlab_managers(r->gitlab, r->first->runner_id, &managers, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		bool ours = false;

		for (size_t k = 0; k < r->count; k++)
			ours |= strcmp(managers[i].system_id, r->members[k]->system_id) == 0;
		others += !ours;
	}
	free(managers);
	if (others)
		rc_run_warn(&r->session->run,
		    "the runner #%lld has %zu other machine%s: give %s the new token, or %s no "
		    "more jobs",
		    (long long)r->first->runner_id, others, others == 1 ? "" : "s",
		    others == 1 ? "it" : "them", others == 1 ? "it gets" : "they get");
	return 0;
}

static int
mark(struct renewal *r, enum rc_renewal renewal, struct rc_error *err)
{
	for (size_t i = 0; i < r->count; i++) {
		r->members[i]->renewal = renewal;
		if (rc_fleet_record(r->session, r->members[i], err) < 0)
			return -1;
	}
	return 0;
}

/* Of domains that somebody undefined: gc needs the token to remove their machines at GitLab. */
static int
keep_for_lost(struct renewal *r, const char *old, const char *token, struct rc_error *err)
{
	scoped(rc_strv_release) struct rc_strv uuids = { 0 }, descriptions = { 0 };
	struct rc_virt *virt = r->session->virt;

	if (rc_virt_secrets(virt, &uuids, &descriptions, err) < 0)
		return -1;
	for (size_t i = 0; i < uuids.count; i++) {
		scoped(rc_appliance_release) struct rc_appliance a = { 0 };
		scoped(rc_secret_release) char *value = NULL;

		if (!rc_secret_read(&a, descriptions.items[i], uuids.items[i]) ||
		    a.ownership != RC_RUNNER_LENT)
			continue;
		if (rc_virt_secret_get(virt, a.uuid, &value, err) < 0 ||
		    (value && strcmp(value, old) == 0 &&
			rc_virt_secret_set(virt, a.uuid, descriptions.items[i], token, err) < 0))
			return -1;
	}
	return 0;
}

static int
keep(struct renewal *r, const char *token, struct rc_error *err)
{
	scoped(rc_secret_release) char *old = NULL;

	if (rc_virt_secret_get(r->session->virt, r->first->uuid, &old, err) < 0 ||
	    (old && keep_for_lost(r, old, token, err) < 0))
		return -1;
	for (size_t i = 0; i < r->count; i++) {
		scoped(rc_str_release) char *description = rc_secret_description(r->members[i]);

		if (rc_virt_secret_set(
			r->session->virt, r->members[i]->uuid, description, token, err) < 0)
			return -1;
	}
	return 0;
}

static int
reach(struct renewal *r, struct rc_error *err)
{
	bool access;

	if (r->first->runner_id == 0)
		return rc_fail(err, RC_FAILED, "the number of its runner is not known");
	if (rc_reach_gitlab(r->session, r->first->url, &r->gitlab, &access, err) < 0)
		return -1;
	if (access)
		return 0;
	rc_fail(err, RC_USAGE, "resetting the token of a lent runner needs an access token");
	return rc_hint(
	    err, "set token-file in [gitlab], for that GitLab, with manage_runner or api");
}

/* What GitLab refused outright has not happened, and leaves no mark. */
static int
reset(struct renewal *r, struct rc_runner_grant *ret, struct rc_error *err)
{
	struct rc_error ignored;
	bool maybe;

	if (rc_gitlab_reset_token(r->gitlab, r->first->runner_id, ret, &maybe, err) == 0)
		return 0;
	if (!maybe && !r->again && mark(r, RC_RENEWAL_NONE, &ignored) < 0)
		rc_run_warn(&r->session->run, "%s", ignored.text);
	return -1;
}

static int
renew(struct renewal *r, struct rc_strv *names, struct rc_error *err)
{
	scoped(rc_runner_grant_release) struct rc_runner_grant grant = { 0 };

	if (reach(r, err) < 0 || lock_members(r, names, err) < 0 || warn_of_others(r, err) < 0)
		return -1;
	rc_run_step(&r->session->run, "reset the token of the runner #%lld",
	    (long long)r->first->runner_id);
	return mark(r, RC_RENEWAL_BEGUN, err) < 0 || reset(r, &grant, err) < 0 ||
		       keep(r, grant.token, err) < 0 || mark(r, RC_RENEWAL_DONE, err) < 0
		   ? -1
		   : 0;
}

int
rc_renew(struct rc_session *session, const struct rc_appliance *appliance, int patience,
    struct rc_strv *ret_names, struct rc_error *err)
{
	scoped(renewal_release) struct renewal r = {
		.session = session, .first = appliance, .patience = patience
	};

	rc_strv_add(ret_names, appliance->name);
	return renew(&r, ret_names, err) < 0 ? rc_within(err, "its token was not reset") : 0;
}
