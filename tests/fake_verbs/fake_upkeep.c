/* Canned rotations and left-overs. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "fake.h"

static struct rc_find *
add_find(struct rc_finds *to, const char *kind, const char *name)
{
	to->items = rc_grow(to->items, to->count + 1, sizeof(*to->items));
	to->items[to->count] =
	    (struct rc_find){ .kind = kind, .name = rc_strdup(name), .removed = true };
	return &to->items[to->count++];
}

int
fake_gc(struct rc_session *session, const struct rc_gc_wish *wish, struct rc_finds *ret,
    struct rc_error *err)
{
	struct rc_find *find;

	(void)err;
	fake_record("gc dry_run=%d\n", wish->dry_run);
	ret->gitlab_asked = strcmp(session->connect, "fake:alone") != 0;
	if (strcmp(session->connect, "fake:empty") == 0 || !ret->gitlab_asked)
		return 0;
	add_find(ret, "volume", "ci-1.3.data");
	add_find(ret, "address", "52:54:00:00:00:01 192.168.231.9\033[2J");
	if (strcmp(session->connect, "fake:stuck") != 0)
		return 0;
	find = add_find(ret, "runner", "#42");
	find->removed = rc_fail(&find->error, RC_GITLAB, "GitLab says: 403 Forbidden") == 0;
	return 0;
}

void
fake_finds_release(struct rc_finds *finds)
{
	for (size_t i = 0; i < finds->count; i++)
		free(finds->items[i].name);
	free(finds->items);
}

static struct rc_reclaimed *
add_reclaimed(struct rc_reclaimeds *to, const char *name, const char *why)
{
	struct rc_reclaimed *r;

	to->items = rc_grow(to->items, to->count + 1, sizeof(*to->items));
	r = &to->items[to->count++];
	*r = (struct rc_reclaimed){ .name = rc_strdup(name),
		.ok = true,
		.memory_before = 700 << 20,
		.memory_after = 425 << 20,
		.disk_before = RC_UNKNOWN,
		.disk_after = RC_UNKNOWN };
	snprintf(r->why, sizeof(r->why), "%s", why);
	return r;
}

int
fake_reclaim(struct rc_session *session, const struct rc_reclaim_wish *wish,
    struct rc_reclaimeds *ret, struct rc_error *err)
{
	scoped(rc_str_release) char *names = rc_strv_join(&wish->names, ",");
	struct rc_reclaimed *r;

	(void)err;
	fake_record("reclaim names=%s dry_run=%d\n", names, wish->dry_run);
	if (strcmp(session->connect, "fake:empty") == 0)
		return 0;
	r = add_reclaimed(ret, "ci-1", "");
	r->pumped = r->trimmed = true;
	r = add_reclaimed(ret, "ci-2", "a job runs in it\033[2J");
	r->memory_after = r->memory_before;
	if (strcmp(session->connect, "fake:stuck") != 0)
		return 0;
	add_reclaimed(ret, "ci-3", "an interrupted run had left its balloon pumped up")->restored =
	    true;
	r = add_reclaimed(ret, "ci-4", "");
	r->ok = rc_fail(&r->error, RC_FAILED, "cannot set its balloon: no reason given") == 0;
	return 0;
}

void
fake_reclaimeds_release(struct rc_reclaimeds *reclaimeds)
{
	for (size_t i = 0; i < reclaimeds->count; i++)
		free(reclaimeds->items[i].name);
	free(reclaimeds->items);
}

static struct rc_outcome *
add_turn(struct rc_rotation *to, const char *name, const char *did, const char *why)
{
	struct rc_outcomes *outcomes = &to->outcomes;
	struct rc_outcome *outcome;

	outcomes->items = rc_grow(outcomes->items, outcomes->count + 1, sizeof(*outcomes->items));
	outcome = &outcomes->items[outcomes->count++];
	*outcome = (struct rc_outcome){ .name = rc_strdup(name), .ok = true, .did = did };
	snprintf(outcome->why, sizeof(outcome->why), "%s", why);
	return outcome;
}

int
fake_rotate(struct rc_session *session, const struct rc_rotate_wish *wish, struct rc_rotation *ret,
    struct rc_error *err)
{
	scoped(rc_str_release) char *names = rc_strv_join(&wish->names, ",");
	struct rc_outcome *outcome;

	(void)err;
	fake_record("rotate names=%s all=%d dry_run=%d reset=%d strategy=%s max_age=%" PRId64
		    " drain=%" PRId64 " wait=%" PRId64 " at_once=%u\n",
	    names, wish->all, wish->dry_run, wish->reset_token, fake_or_none(wish->strategy),
	    wish->max_age, wish->drain_timeout, wish->wait, wish->max_unavailable);
	ret->kept = 2;
	if (strcmp(session->connect, "fake:busy") == 0)
		ret->busy = rc_strdup("another run holds the lock @rotate (1 runnerctl rotate)");
	if (ret->busy || strcmp(session->connect, "fake:empty") == 0)
		return 0;
	outcome = add_turn(ret, "ci-1", "rotated", "the image is appliance@2\033[2J now");
	if (wish->dry_run)
		rc_strv_split(&outcome->plan, "drain ci-1.1,remove ci-1.1", ',');
	else
		fake_appliance(&outcome->appliance, "ci-1", RC_STATE_READY);
	add_turn(ret, "ci-2", "left", "a job still runs in it; the next run goes on");
	if (strcmp(session->connect, "fake:stuck") != 0)
		return 0;
	outcome = add_turn(ret, "ci-3", NULL, "");
	outcome->ok = rc_fail(&outcome->error, RC_TIMEOUT, "it did not ask GitLab for work") == 0;
	return 0;
}

/* Of what is asked for, the CPUs' caps come at once, all else with the next generation. */
int
fake_set(struct rc_session *session, const struct rc_set_wish *wish, struct rc_outcomes *ret,
    struct rc_error *err)
{
	const struct rc_limits *limits = &wish->setting.limits;
	scoped(rc_str_release) char *names = rc_strv_join(&wish->names, ",");
	scoped(rc_str_release) char *defaults = rc_strv_join(&wish->setting.defaults, ",");

	(void)err;
	fake_record("set names=%s cap=%u memory=%" PRIu64 " in=%" PRIu64
		    " defaults=%s dry_run=%d\n",
	    names, limits->cpu_cap, limits->memory, limits->net_in, defaults, wish->dry_run);
	*ret = (struct rc_outcomes){ .items = rc_alloc(wish->names.count, sizeof(*ret->items)) };
	for (size_t i = 0; i < wish->names.count; i++) {
		struct rc_outcome *outcome = &ret->items[ret->count++];

		fake_answer(session, outcome, wish->names.items[i]);
		outcome->did = "set";
		outcome->changed.cpu_cap = limits->cpu_cap;
		if (!outcome->ok)
			continue;
		if (wish->dry_run && limits->cpu_cap)
			rc_strv_add(&outcome->plan, "change the CPU caps of ci-1.1");
		if (wish->dry_run)
			continue;
		fake_appliance(&outcome->appliance, outcome->name, RC_STATE_READY);
		outcome->appliance.own = *limits;
		outcome->appliance.own.cpu_cap = 0;
	}
	return 0;
}
