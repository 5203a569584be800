/*
 * reclaim.  A balloon is pumped up for some seconds, so that the guest drops what
 * it only cached, and let out again: the host keeps what it got.  The mark in the
 * metadata comes before the pump and goes after all memory was given back, so that
 * whoever finds it knows what to do.
 */
#include "ops/reclaim.h"

#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "core/name.h"
#include "host/clock.h"
#include "host/lock.h"
#include "ops/fleet.h"
#include "ops/guest.h"
#include "ops/pumping.h"

#define AT_ONCE 5 /* as in ops/guest.c */

void
rc_reclaimeds_release(struct rc_reclaimeds *reclaimeds)
{
	for (size_t i = 0; i < reclaimeds->count; i++)
		free(reclaimeds->items[i].name);
	free(reclaimeds->items);
	*reclaimeds = (struct rc_reclaimeds){ 0 };
}

static bool
is_candidate(const struct rc_member *member, const struct rc_reclaim_wish *wish)
{
	const struct rc_appliance *a = &member->appliance;
	bool serves = a->state == RC_STATE_STARTED || a->state == RC_STATE_READY;

	if (wish->names.count && !rc_strv_has(&wish->names, a->name))
		return false;
	return member->domain.active && member->domain.halt == RC_HALT_NONE &&
	       (serves || a->pumped);
}

static struct rc_reclaimed *
add(struct rc_reclaimeds *to, const char *name)
{
	to->items = rc_grow(to->items, to->count + 1, sizeof(*to->items));
	to->items[to->count] = (struct rc_reclaimed){ .name = rc_strdup(name),
		.ok = true,
		.memory_before = RC_UNKNOWN,
		.memory_after = RC_UNKNOWN,
		.disk_before = RC_UNKNOWN,
		.disk_after = RC_UNKNOWN };
	return &to->items[to->count++];
}

static void
trim(void *data, size_t i)
{
	rc_pump_trim((struct rc_pump *)data + i);
}

struct pumps {
	struct rc_pump *items;
	size_t count;
};

static void
pumps_release(struct pumps *pumps)
{
	for (size_t i = 0; i < pumps->count; i++)
		rc_pump_release(&pumps->items[i]);
	free(pumps->items);
}

/* Of one that another run is at, that one takes care. */
static void
take_lock(struct pumps *pumps, struct rc_pump *pump)
{
	const struct rc_pump *before = pump > pumps->items ? pump - 1 : NULL;
	struct rc_error err;

	/* Two generations of one name share its lock, if the first has got it. */
	if (before && strcmp(before->appliance.name, pump->appliance.name) == 0 &&
	    before->result->error.code == RC_OK)
		return;
	if (rc_lock_take(&pump->lock, pump->appliance.name, 0, &pump->session->run, &err) < 0) {
		rc_pump_because(pump, err.text);
		pump->result->ok = err.code == RC_BUSY;
		pump->result->error = err;
		pump->idle = false;
	}
}

static int
choose(struct pumps *ret, struct rc_session *session, const struct rc_reclaim_wish *wish,
    struct rc_reclaimeds *results, struct rc_error *err)
{
	scoped(rc_fleet_release) struct rc_fleet fleet = { 0 };
	size_t first;

	if (rc_fleet_read(session, &fleet, err) < 0)
		return -1;
	for (size_t i = 0; i < wish->names.count; i++) {
		if (rc_fleet_find(&fleet, wish->names.items[i]))
			continue;
		add(results, wish->names.items[i])->ok = false;
		rc_fail(&results->items[results->count - 1].error, RC_NOT_FOUND,
		    "there is no such appliance");
		rc_hint(&results->items[results->count - 1].error, "see: runnerctl list");
	}
	first = results->count;
	ret->items = rc_alloc(fleet.count, sizeof(*ret->items));
	for (size_t i = 0; i < fleet.count; i++) {
		struct rc_pump *pump = &ret->items[ret->count];

		if (!is_candidate(&fleet.items[i], wish))
			continue;
		*pump = (struct rc_pump){ .session = session, .lock = -1, .idle = true };
		rc_appliance_copy(&pump->appliance, &fleet.items[i].appliance);
		add(results, pump->appliance.name);
		ret->count++;
	}
	for (size_t i = 0; i < ret->count; i++)
		ret->items[i].result = &results->items[first + i];
	return 0;
}

static const struct rc_member *
member_of(const struct rc_fleet *fleet, const char *uuid)
{
	for (size_t i = 0; i < fleet->count; i++)
		if (strcmp(fleet->items[i].appliance.uuid, uuid) == 0)
			return &fleet->items[i];
	return NULL;
}

/* As it is under the lock: what was read before may have changed. */
static void
look_at(struct rc_pump *pump, const struct rc_member *member)
{
	if (!member || !member->domain.active) {
		rc_pump_because(pump, "it went off");
		pump->idle = false;
		return;
	}
	rc_appliance_release(&pump->appliance);
	rc_appliance_copy(&pump->appliance, &member->appliance);
	pump->facts.memory = member->domain.memory_max;
	pump->facts.memory_now = member->domain.memory_now;
	pump->facts.usage = member->domain.usage;
	pump->result->memory_before = pump->facts.usage.memory;
	pump->result->disk_before = pump->facts.usage.disk;
	(void)rc_usage_check(&pump->facts.usage, pump->facts.memory, rc_clock_now());
}

/* What an interrupted run left.  Whether the guest uses what it had can be told next time. */
static void
restore_left(struct rc_pump *pump, bool dry_run)
{
	bool partly =
	    pump->facts.memory_now != RC_UNKNOWN && pump->facts.memory_now < pump->facts.memory;
	struct rc_error err;

	if (!pump->idle || (!pump->appliance.pumped && !partly))
		return;
	if (!dry_run && rc_pump_restore(pump, &err) < 0) {
		rc_pump_fail(pump, &err);
		return;
	}
	pump->result->restored = true;
	rc_pump_because(pump, "an interrupted run had left its balloon pumped up");
	pump->idle = false;
}

static void
ask_guests(struct rc_session *session, struct pumps *pumps)
{
	struct rc_guest_answer *answers = rc_alloc(pumps->count, sizeof(*answers));

	for (size_t i = 0; i < pumps->count; i++)
		if (pumps->items[i].idle)
			answers[i].uuid = pumps->items[i].appliance.uuid;
	rc_guests_ask(session, answers, pumps->count, 0);
	for (size_t i = 0; i < pumps->count; i++) {
		struct rc_pump *pump = &pumps->items[i];
		char why[120];

		pump->facts.guest_known = answers[i].known;
		pump->facts.guest = answers[i].status;
		pump->facts.now = rc_clock_now();
		if (pump->idle && !rc_reclaim_is_idle(&pump->facts, why)) {
			rc_pump_because(pump, why);
			pump->idle = false;
		}
		if (pump->idle && !rc_reclaim_target(&pump->target, &pump->facts, why))
			rc_pump_because(pump, why);
	}
	free(answers);
}

static int
measure(struct rc_session *session, struct pumps *pumps, bool after, struct rc_error *err)
{
	scoped(rc_fleet_release) struct rc_fleet fleet = { 0 };

	if (rc_fleet_usage(session, &fleet, err) < 0)
		return -1;
	for (size_t i = 0; i < pumps->count; i++) {
		struct rc_pump *pump = &pumps->items[i];
		const struct rc_member *member = member_of(&fleet, pump->appliance.uuid);

		if (!after) {
			look_at(pump, member);
		} else if (member) {
			pump->result->memory_after = member->domain.usage.memory;
			pump->result->disk_after = member->domain.usage.disk;
		}
	}
	return 0;
}

static int
work(struct rc_session *session, struct pumps *pumps, bool dry_run, struct rc_error *err)
{
	for (size_t i = 0; i < pumps->count && !dry_run; i++)
		take_lock(pumps, &pumps->items[i]);
	if (measure(session, pumps, false, err) < 0)
		return -1;
	for (size_t i = 0; i < pumps->count; i++)
		restore_left(&pumps->items[i], dry_run);
	rc_run_step(&session->run, "ask the guests");
	ask_guests(session, pumps);
	if (dry_run) {
		for (size_t i = 0; i < pumps->count; i++) {
			pumps->items[i].result->trimmed = pumps->items[i].idle;
			pumps->items[i].result->pumped = pumps->items[i].target != 0;
		}
		return 0;
	}
	if (rc_run_check(&session->run, err) < 0)
		return -1;
	rc_run_step(&session->run, "trim the disks");
	rc_parallel(pumps->count, AT_ONCE, trim, pumps->items);
	rc_run_step(&session->run, "pump up the balloons, and let them out");
	for (size_t i = 0; i < pumps->count; i++)
		rc_pump_begin(&pumps->items[i]);
	for (size_t i = 0; i < pumps->count; i++)
		rc_pump_end(&pumps->items[i]);
	for (size_t i = 0; i < pumps->count; i++)
		rc_pump_settle(&pumps->items[i]);
	return measure(session, pumps, true, err);
}

int
rc_reclaim(struct rc_session *session, const struct rc_reclaim_wish *wish,
    struct rc_reclaimeds *ret, struct rc_error *err)
{
	scoped(rc_reclaimeds_release) struct rc_reclaimeds results = { 0 };
	scoped(pumps_release) struct pumps pumps = { 0 };
	int result;

	for (size_t i = 0; i < wish->names.count; i++)
		if (rc_name_check(wish->names.items[i], err) < 0)
			return -1;
	if (choose(&pumps, session, wish, &results, err) < 0)
		return -1;
	result = pumps.count ? work(session, &pumps, wish->dry_run, err) : 0;
	rc_run_steps_end(&session->run);
	if (result < 0)
		return -1;
	*ret = results;
	results = (struct rc_reclaimeds){ 0 };
	return 0;
}

void
rc_reclaim_choose(struct rc_strv *ret, const struct rc_survey *survey)
{
	for (size_t i = 0; i < survey->count; i++) {
		const struct rc_found *f = survey->turns[i].found;
		const struct rc_reclaimable facts = {
			.guest_known = f->guest_known, .guest = f->guest, .now = rc_clock_now()
		};
		char why[120];

		if (survey->turns[i].wanted && !rc_strv_has(ret, f->appliance->name) &&
		    (f->appliance->pumped || rc_reclaim_is_idle(&facts, why)))
			rc_strv_add(ret, f->appliance->name);
	}
}

void
rc_reclaim_idle(struct rc_reclaimeds *ret, const struct rc_strv *names, struct rc_session *session)
{
	const struct rc_reclaim_wish idle = { .names = *names };
	struct rc_error err;

	if (names->count == 0)
		return;
	if (rc_reclaim(session, &idle, ret, &err) < 0)
		rc_run_warn(&session->run, "nothing was reclaimed: %s", err.text);
	for (size_t i = 0; i < ret->count; i++) {
		const struct rc_reclaimed *r = &ret->items[i];

		if (!r->ok && r->error.code != RC_NOT_FOUND)
			rc_run_warn(&session->run, "%s: %s", r->name, r->error.text);
	}
}
