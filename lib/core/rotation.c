/* Who is replaced, and why. */
#include "core/rotation.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "base/str.h"

#define DISK_FULL 90 /* percent of bytes or inodes: the guest's own cleaning did not help */

int
rc_strategy_parse(enum rc_strategy *ret, const char *text, struct rc_error *err)
{
	static const char *const names[] = { "auto", "surge", "replace" };

	for (size_t i = 0; i < RC_COUNT(names); i++)
		if (strcmp(text, names[i]) == 0) {
			*ret = (enum rc_strategy)i;
			return 0;
		}
	return rc_fail(err, RC_USAGE, "'%s' is neither auto, surge nor replace", text);
}

/* Adds a reason to those that are there. */
static void RC_PRINTF(2, 3) because(struct rc_turn *turn, const char *fmt, ...)
{
	size_t at = strlen(turn->why);
	va_list args;

	if (at)
		at += (size_t)snprintf(turn->why + at, sizeof(turn->why) - at, "; ");
	if (at >= sizeof(turn->why))
		return;
	va_start(args, fmt);
	vsnprintf(turn->why + at, sizeof(turn->why) - at, fmt, args);
	va_end(args);
}

int64_t
rc_rotation_age(const char *uuid, int64_t max_age)
{
	uint32_t hash = 2166136261U; /* FNV-1a */

	for (const char *c = uuid; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619U;
	return max_age - (int64_t)(hash % (uint64_t)(max_age / 5 + 1));
}

static bool
is_more_than(uint64_t part, uint64_t whole, unsigned percent)
{
	return whole > 0 && part >= whole / 100 * percent + whole % 100 * percent / 100;
}

static bool
is(const char *word, const char *wanted)
{
	return strcmp(word, wanted) == 0;
}

/* For how long has it been silent towards GitLab, though it could have been heard of? */
static int64_t
silence(const struct rc_found *f, const struct rc_policy *policy)
{
	int64_t since = f->appliance->created;

	if (f->contacted > since)
		since = f->contacted;
	if (policy->awake > since)
		since = policy->awake;
	return policy->now - since;
}

static bool
is_overdue(const struct rc_found *f, const struct rc_policy *policy)
{
	return silence(f, policy) > policy->patience;
}

bool
rc_rotation_is_dead(const struct rc_found *f, const struct rc_policy *policy)
{
	if (f->halt == RC_HALT_SAVED)
		return false;
	return !f->active || f->halt == RC_HALT_CRASH ||
	       (!f->guest_known && f->heard && f->halt != RC_HALT_IO &&
		   silence(f, policy) > RC_JOB_SILENCE);
}

bool
rc_rotation_is_held(const struct rc_found *f)
{
	return f->halt == RC_HALT_PAUSED || f->halt == RC_HALT_SAVED;
}

/* What its runner and its docker say, through the agent. */
static void
judge_guest(struct rc_turn *turn, const struct rc_policy *policy)
{
	const struct rc_found *f = turn->found;
	const struct rc_guest_status *guest = &f->guest;

	if (!f->guest_known) {
		if (!is_overdue(f, policy))
			return;
		because(turn, "the guest does not answer");
		return;
	}
	if (is(guest->docker, "failed"))
		because(turn, "docker has failed in it");
	if (is(guest->runner, "failed"))
		because(turn, "gitlab-runner has failed in it");
	else if (!is(guest->runner, "polling") && !guest->jobs && is_overdue(f, policy))
		because(turn, "its runner does not ask GitLab for work");
	if (is_more_than(guest->disk_used, guest->disk_size, DISK_FULL))
		because(turn, "its disk is full");
	else if (is_more_than(guest->inodes_used, guest->inodes, DISK_FULL))
		because(turn, "its disk has no inodes left");
}

static void
judge_health(struct rc_turn *turn, const struct rc_policy *policy)
{
	const struct rc_found *f = turn->found;

	turn->dead = rc_rotation_is_dead(f, policy);
	if (!f->active)
		because(turn, "it is off");
	else if (f->halt == RC_HALT_CRASH)
		because(turn, "it has crashed");
	else if (f->halt == RC_HALT_IO)
		because(turn, "it is stopped by an I/O error");
	else
		judge_guest(turn, policy);
	turn->sick = turn->why[0] != '\0';
}

/* A lent token that stays what it is is no reason: replacing its appliance would not help. */
static void
judge_token(struct rc_turn *turn, const struct rc_policy *policy)
{
	const struct rc_appliance *a = turn->found->appliance;
	int64_t left = a->token_expires - policy->now;

	if (a->renewal != RC_RENEWAL_NONE) {
		turn->sick = true;
		because(turn, a->renewal == RC_RENEWAL_DONE
				  ? "its token was reset"
				  : "the reset of its token was interrupted");
		return;
	}
	if ((a->ownership != RC_RUNNER_OWNED && !policy->renew) || !a->token_expires)
		return;
	if (left <= 0)
		because(turn, "its token has expired");
	else if (left <= (a->token_expires - a->created) / 4)
		because(turn, "its token expires soon");
}

static bool
is_named(const struct rc_policy *policy, const char *name)
{
	return !policy->names || policy->names->count == 0 || rc_strv_has(policy->names, name);
}

static void
judge_wishes(struct rc_turn *turn, const struct rc_policy *policy)
{
	const struct rc_found *f = turn->found;
	const struct rc_appliance *a = f->appliance;
	char age[16];

	if (f->image && strcmp(f->image, a->image) != 0)
		because(turn, "the image is %s now", f->image);
	if (a->template && strcmp(policy->template, a->template) != 0)
		because(turn, "the template has changed");
	if (f->limits.cpus && !rc_limits_equal(&f->limits, &a->limits))
		because(turn, "it is to have other limits");
	if (policy->max_age > 0 &&
	    policy->now - a->created >= rc_rotation_age(a->uuid, policy->max_age))
		because(turn, "it is %s old", rc_duration_format(age, policy->now - a->created));
	if (policy->all && !turn->why[0] && is_named(policy, a->name))
		because(turn, "asked for");
}

/* The generation that serves; alone: where there is no rotation under way. */
static void
judge(struct rc_turn *turn, const struct rc_policy *policy, bool alone)
{
	if (rc_rotation_is_held(turn->found)) {
		because(turn, "somebody %s it",
		    turn->found->halt == RC_HALT_SAVED ? "saved" : "paused");
		return;
	}
	judge_health(turn, policy);
	judge_token(turn, policy);
	if (alone)
		judge_wishes(turn, policy);
	turn->act = turn->why[0] ? RC_ACT_REPLACE : RC_ACT_LEAVE;
}

static bool
serves(const struct rc_found *f)
{
	return f->appliance->state == RC_STATE_STARTED || f->appliance->state == RC_STATE_READY;
}

static bool
is_half_made(const struct rc_found *f)
{
	return f->appliance->state == RC_STATE_CREATING ||
	       f->appliance->state == RC_STATE_REGISTERING;
}

/* One that another one of its name serves in place of. */
static void
decide_beside(struct rc_turn *turn, const struct rc_found *serving, const struct rc_policy *policy)
{
	const struct rc_appliance *a = turn->found->appliance, *other = serving->appliance;

	turn->act = RC_ACT_DRAIN;
	turn->dead = rc_rotation_is_dead(turn->found, policy);
	if (serves(turn->found) && a->generation > other->generation) {
		/* A successor that died young does not cost its elder the place. */
		turn->act = RC_ACT_REMOVE;
		because(turn, "it is off, and %s.%u still serves", other->name, other->generation);
		return;
	}
	because(turn, "%s.%u is there in its place", other->name, other->generation);
}

/* The last of its name, which does not serve (any more). */
static void
decide_last(struct rc_turn *turn, const struct rc_policy *policy)
{
	const struct rc_found *f = turn->found;

	turn->dead = rc_rotation_is_dead(f, policy);
	if (f->appliance->successor) {
		turn->act = RC_ACT_REPLACE;
		turn->sick = true;
		because(turn, "its replacement was interrupted");
	} else if (f->appliance->state == RC_STATE_DRAINING) {
		turn->act = RC_ACT_DRAIN;
		because(turn, "it was to be destroyed");
	} else if (f->appliance->state == RC_STATE_CREATED) {
		because(turn, "it has no runner");
	}
}

/* The generations of one name: the newest that works stays. */
static void
decide_name(struct rc_turn *turns, size_t count, const struct rc_policy *policy)
{
	const struct rc_found *serving = NULL;
	size_t whole = 0, draining = 0;

	for (size_t i = 0; i < count; i++) {
		const struct rc_found *f = turns[i].found;

		if (serves(f) && (f->active || !serving || !serving->active))
			serving = f;
	}
	for (size_t i = 0; i < count; i++) {
		const struct rc_found *f = turns[i].found;

		if (f->halt == RC_HALT_SAVED && f != serving)
			continue;
		whole += !is_half_made(f) && f->appliance->state != RC_STATE_DESTROYING;
		draining += f->appliance->state == RC_STATE_DRAINING;
	}
	for (size_t i = 0; i < count; i++) {
		const struct rc_found *f = turns[i].found;

		if (f->halt == RC_HALT_SAVED && f->appliance->state != RC_STATE_DESTROYING) {
			judge(&turns[i], policy, false);
		} else if (is_half_made(f)) {
			/* One that was started, and died before that was noted, may have a job. */
			turns[i].act = f->active ? RC_ACT_DRAIN : RC_ACT_REMOVE;
			because(&turns[i], "an interrupted run left it half-made");
		} else if (f->appliance->state == RC_STATE_DESTROYING &&
			   (serving || !f->appliance->successor)) {
			turns[i].act = RC_ACT_REMOVE;
			because(&turns[i], "an interrupted run left it half-removed");
		} else if (serving && serving != f) {
			decide_beside(&turns[i], serving, policy);
		} else if (!serving) {
			decide_last(&turns[i], policy);
		} else if (whole == draining + 1) {
			judge(&turns[i], policy, whole == 1);
		}
	}
}

static bool
renews(const struct rc_turn *turn, const struct rc_policy *policy)
{
	const struct rc_appliance *a = turn->found->appliance;

	if (turn->act != RC_ACT_REPLACE || !turn->wanted || a->ownership != RC_RUNNER_LENT)
		return false;
	return a->renewal == RC_RENEWAL_BEGUN ||
	       (a->renewal == RC_RENEWAL_NONE && policy->renew && serves(turn->found));
}

/* Its old token is dead from then on, for everybody who has it: the others go as well. */
static void
share_renewal(struct rc_turn *turns, size_t count, const struct rc_turn *first)
{
	const struct rc_appliance *a = first->found->appliance;

	for (size_t i = 0; i < count; i++) {
		const struct rc_appliance *other = turns[i].found->appliance;

		if (!rc_appliance_shares(a, other) || turns[i].act == RC_ACT_REMOVE)
			continue;
		turns[i].wanted = true;
		if (!serves(turns[i].found) || rc_rotation_is_held(turns[i].found))
			continue;
		if (turns[i].act == RC_ACT_LEAVE) {
			turns[i].act = RC_ACT_REPLACE;
			because(&turns[i], "it shares the token of %s, which is reset", a->name);
		}
		turns[i].renews =
		    turns[i].act == RC_ACT_REPLACE && other->renewal != RC_RENEWAL_DONE;
	}
}

/* The order of the work: what serves nobody waits for no jobs of others. */
static int
urgency(const struct rc_turn *turn)
{
	static const int order[] = {
		[RC_ACT_REMOVE] = 0,
		[RC_ACT_DRAIN] = 2,
		[RC_ACT_REPLACE] = 4,
		[RC_ACT_LEAVE] = 5,
	};

	if (turn->act != RC_ACT_REPLACE)
		return order[turn->act];
	return turn->dead ? 1 : order[RC_ACT_REPLACE] - turn->sick;
}

static int
by_urgency(const void *left, const void *right)
{
	const struct rc_turn *a = left, *b = right;
	int64_t age = a->found->appliance->created - b->found->appliance->created;

	if (urgency(a) != urgency(b))
		return urgency(a) - urgency(b);
	if (age && a->act == RC_ACT_REPLACE)
		return age < 0 ? -1 : 1;
	return (a->found > b->found) - (a->found < b->found);
}

void
rc_rotation_plan(
    struct rc_turn *ret, const struct rc_found *found, size_t count, const struct rc_policy *policy)
{
	for (size_t i = 0; i < count; i++)
		ret[i] = (struct rc_turn){ .found = &found[i] };
	for (size_t i = 0, n; i < count; i += n) {
		for (n = 1; i + n < count &&
			    strcmp(found[i + n].appliance->name, found[i].appliance->name) == 0;)
			n++;
		decide_name(&ret[i], n, policy);
	}
	for (size_t i = 0; i < count; i++) {
		const struct rc_appliance *a = found[i].appliance;

		ret[i].wanted = is_named(policy, a->name) || a->renewal != RC_RENEWAL_NONE;
		ret[i].renews = renews(&ret[i], policy);
	}
	for (size_t i = 0; i < count; i++)
		if (ret[i].renews)
			share_renewal(ret, count, &ret[i]);
	qsort(ret, count, sizeof(*ret), by_urgency);
}
