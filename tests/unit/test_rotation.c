/* Who is replaced, and why: every rule at its edge, and every state that a crash can leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "core/rotation.h"

#define NOW 2000000
#define DAY 86400
#define UUID "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
#define MiB (UINT64_C(1) << 20)

static const struct rc_policy policy = {
	.now = NOW,
	.max_age = 7 * DAY,
	.patience = 900,
	.template = "t",
};
static char image[] = "appliance@2", old_image[] = "appliance@1", template[] = "t",
	    old_template[] = "s", profile[] = "default",
	    names[][3] = { "a", "b", "c", "d", "e", "f" };

/* An hour old, up to date, well, idle. */
static struct rc_appliance
well_appliance(void)
{
	return (struct rc_appliance){
		.name = names[0],
		.generation = 1,
		.uuid = UUID,
		.state = RC_STATE_READY,
		.image = image,
		.profile = profile,
		.limits = { .cpus = 2, 150, 20, 1024 * MiB, 4096 * MiB },
		.created = NOW - 3600,
		.template = template,
		.ownership = RC_RUNNER_OWNED,
		.runner_id = 1,
	};
}

static struct rc_found
well(const struct rc_appliance *a)
{
	return (struct rc_found){
		.appliance = a,
		.active = true,
		.guest_known = true,
		.guest = { .runner = "polling",
		    .docker = "ok",
		    .disk_size = 1000,
		    .disk_used = 899,
		    .inodes = 1000,
		    .inodes_used = 899 },
		.image = "appliance@2",
		.limits = { .cpus = 2, 150, 20, 1024 * MiB, 4096 * MiB },
	};
}

/* One change to a healthy appliance, and what becomes of it. */
struct change {
	struct rc_appliance *a;
	struct rc_found *f;
	struct rc_policy *p;
};
#define CHANGE(name, code)                                                                         \
	static void name(struct change *c)                                                         \
	{                                                                                          \
		code;                                                                              \
	}
CHANGE(nothing, (void)c)
CHANGE(all, c->p->all = true)
CHANGE(old, c->a->created = NOW - 7 * DAY)
CHANGE(not_so_old, c->a->created = NOW - 7 * DAY * 4 / 5 + 1)
CHANGE(age_counts_not, c->a->created = 1; c->p->max_age = 0)
CHANGE(from_the_future, c->a->created = NOW + DAY)
CHANGE(image_new, c->a->image = old_image)
CHANGE(image_gone, c->f->image = NULL)
CHANGE(template_new, c->a->template = old_template)
CHANGE(template_unknown, c->a->template = NULL)
CHANGE(limits_new, c->f->limits.memory *= 2)
CHANGE(profile_gone, c->f->limits = (struct rc_limits){ 0 })
CHANGE(token_fresh, c->a->token_expires = NOW - 3600 + 4 * 3600 + 4)
CHANGE(token_soon, c->a->token_expires = NOW + 1200)
CHANGE(token_expired, c->a->token_expires = NOW)
CHANGE(token_lent, c->a->token_expires = NOW; c->a->ownership = RC_RUNNER_LENT)
CHANGE(disk_full, c->f->guest.disk_used = 900)
CHANGE(disk_huge, c->f->guest.disk_used = UINT64_MAX; c->f->guest.disk_size = UINT64_MAX)
CHANGE(disk_unknown, c->f->guest.disk_size = 0)
CHANGE(inodes_full, c->f->guest.inodes_used = 900)
CHANGE(docker_failed, strcpy(c->f->guest.docker, "failed"))
CHANGE(docker_starts, strcpy(c->f->guest.docker, "starting"))
CHANGE(runner_failed, strcpy(c->f->guest.runner, "failed"))
CHANGE(runner_starts, strcpy(c->f->guest.runner, "starting"))
CHANGE(runner_starting, runner_starts(c); c->a->created = NOW - 900)
CHANGE(runner_heard_of, runner_starts(c); c->f->contacted = NOW - 900)
CHANGE(runner_busy, runner_starts(c); c->f->guest.jobs = 1)
CHANGE(off, c->f->active = false)
CHANGE(crashed, c->f->halt = RC_HALT_CRASH)
CHANGE(io_error, c->f->halt = RC_HALT_IO)
CHANGE(paused, c->f->halt = RC_HALT_PAUSED; c->a->image = old_image)
CHANGE(saved, c->f->active = false; c->f->halt = RC_HALT_SAVED; c->a->image = old_image)
CHANGE(silent, c->f->guest_known = false)
CHANGE(silent_young, c->f->guest_known = false; c->a->created = NOW - 900)
CHANGE(silent_heard_of, c->f->guest_known = false; c->f->contacted = NOW - 900)
CHANGE(silent_unheard_of, c->f->guest_known = false; c->f->contacted = NOW - 901)
CHANGE(silent_for_good, silent_unheard_of(c); c->f->heard = true; c->f->contacted -= 2700;
       c->a->created -= 1)
CHANGE(silent_unknown, silent_for_good(c); c->f->heard = false)
CHANGE(never_heard_of, silent_for_good(c); c->f->contacted = 0)
CHANGE(host_was_off, silent_for_good(c); c->p->awake = NOW - 3600)
CHANGE(host_just_came, silent_for_good(c); c->p->awake = NOW - 900)
CHANGE(io_error_for_good, silent_for_good(c); c->f->halt = RC_HALT_IO)
CHANGE(two_reasons, docker_failed(c); image_new(c))
CHANGE(created, c->a->state = RC_STATE_CREATED; c->f->active = false; c->p->all = true)
CHANGE(creating, c->a->state = RC_STATE_CREATING; c->f->active = false)
CHANGE(registering, c->a->state = RC_STATE_REGISTERING)
CHANGE(draining, c->a->state = RC_STATE_DRAINING)
CHANGE(drained, draining(c); c->f->active = false)
CHANGE(draining_silent, draining(c); c->f->guest_known = false; c->f->heard = true;
       c->f->contacted = NOW - 3600)
CHANGE(draining_hangs, draining_silent(c); c->f->contacted -= 1; c->a->created -= 1)
CHANGE(draining_answers, draining_hangs(c); c->f->guest_known = true)
CHANGE(draining_to_be_replaced, draining(c); c->a->successor = true)
CHANGE(destroying, c->a->state = RC_STATE_DESTROYING)
CHANGE(draining_saved, draining(c); saved(c))
CHANGE(destroying_saved, destroying(c); saved(c))
CHANGE(destroying_to_be_replaced, destroying(c); c->a->successor = true; c->f->active = false)

#define HALF_MADE "an interrupted run left it half-made"

static const struct {
	const char *why;
	void (*change)(struct change *c);
	enum rc_act act;
	bool dead, sick;
	const char *said;
} rules[] = {
	{ "nothing is due", nothing, RC_ACT_LEAVE, false, false, "" },
	{ "--all", all, RC_ACT_REPLACE, false, false, "asked for" },
	{ "at max-age", old, RC_ACT_REPLACE, false, false, "it is 7d 0h old" },
	{ "before its own part of the last fifth", not_so_old, RC_ACT_LEAVE, false, false, "" },
	{ "max-age 0: age is no reason", age_counts_not, RC_ACT_LEAVE, false, false, "" },
	{ "made tomorrow: a clock was set", from_the_future, RC_ACT_LEAVE, false, false, "" },
	{ "newer image", image_new, RC_ACT_REPLACE, false, false, "the image is appliance@2 now" },
	{ "no image of that name any more", image_gone, RC_ACT_LEAVE, false, false, "" },
	{ "template", template_new, RC_ACT_REPLACE, false, false, "the template has changed" },
	{ "made before templates were recorded", template_unknown, RC_ACT_LEAVE, false, false, "" },
	{ "profile", limits_new, RC_ACT_REPLACE, false, false, "it is to have other limits" },
	{ "no such profile any more", profile_gone, RC_ACT_LEAVE, false, false, "" },
	{ "over a quarter of its token's life left", token_fresh, RC_ACT_LEAVE, false, false, "" },
	{ "a quarter left", token_soon, RC_ACT_REPLACE, false, false, "its token expires soon" },
	{ "expired", token_expired, RC_ACT_REPLACE, false, false, "its token has expired" },
	{ "a lent token does not get better", token_lent, RC_ACT_LEAVE, false, false, "" },
	{ "disk at 90 %", disk_full, RC_ACT_REPLACE, false, true, "its disk is full" },
	{ "disk of 2^64 bytes", disk_huge, RC_ACT_REPLACE, false, true, "its disk is full" },
	{ "disk not known", disk_unknown, RC_ACT_LEAVE, false, false, "" },
	{ "inodes", inodes_full, RC_ACT_REPLACE, false, true, "its disk has no inodes left" },
	{ "docker failed", docker_failed, RC_ACT_REPLACE, false, true, "docker has failed in it" },
	{ "docker starts", docker_starts, RC_ACT_LEAVE, false, false, "" },
	{ "runner failed", runner_failed, RC_ACT_REPLACE, false, true,
	    "gitlab-runner has failed in it" },
	{ "runner not up after an hour", runner_starts, RC_ACT_REPLACE, false, true,
	    "its runner does not ask GitLab for work" },
	{ "runner still starting", runner_starting, RC_ACT_LEAVE, false, false, "" },
	{ "GitLab heard of it lately", runner_heard_of, RC_ACT_LEAVE, false, false, "" },
	{ "never for health while it is busy", runner_busy, RC_ACT_LEAVE, false, false, "" },
	{ "off", off, RC_ACT_REPLACE, true, true, "it is off" },
	{ "crashed", crashed, RC_ACT_REPLACE, true, true, "it has crashed" },
	{ "I/O error: its jobs may go on", io_error, RC_ACT_REPLACE, false, true,
	    "it is stopped by an I/O error" },
	{ "I/O error for an hour: it can go on all the same", io_error_for_good, RC_ACT_REPLACE,
	    false, true, "it is stopped by an I/O error" },
	{ "paused by a person: theirs", paused, RC_ACT_LEAVE, false, false, "somebody paused it" },
	{ "saved, with its jobs", saved, RC_ACT_LEAVE, false, false, "somebody saved it" },
	{ "agent silent, GitLab not asked: drained all the same", silent, RC_ACT_REPLACE, false,
	    true, "the guest does not answer" },
	{ "agent silent in a young guest", silent_young, RC_ACT_LEAVE, false, false, "" },
	{ "agent silent, runner not", silent_heard_of, RC_ACT_LEAVE, false, false, "" },
	{ "agent and runner silent", silent_unheard_of, RC_ACT_REPLACE, false, true,
	    "the guest does not answer" },
	{ "for an hour: GitLab has given up its jobs", silent_for_good, RC_ACT_REPLACE, true, true,
	    "the guest does not answer" },
	{ "GitLab cannot be asked: it may have jobs", silent_unknown, RC_ACT_REPLACE, false, true,
	    "the guest does not answer" },
	{ "GitLab never heard of it", never_heard_of, RC_ACT_REPLACE, true, true,
	    "the guest does not answer" },
	{ "for an hour, but the host was off", host_was_off, RC_ACT_REPLACE, false, true,
	    "the guest does not answer" },
	{ "the host has just started: so has it", host_just_came, RC_ACT_LEAVE, false, false, "" },
	{ "all reasons are told", two_reasons, RC_ACT_REPLACE, false, true,
	    "docker has failed in it; the image is appliance@2 now" },
	{ "waits for register, also with --all", created, RC_ACT_LEAVE, true, false,
	    "it has no runner" },
	{ "half-made", creating, RC_ACT_REMOVE, false, false, HALF_MADE },
	{ "half-registered, but started", registering, RC_ACT_DRAIN, false, false, HALF_MADE },
	{ "destroy gave up waiting", draining, RC_ACT_DRAIN, false, false,
	    "it was to be destroyed" },
	{ "and it is off now", drained, RC_ACT_DRAIN, true, false, "it was to be destroyed" },
	{ "it drains, and neither agent nor runner is heard of", draining_silent, RC_ACT_DRAIN,
	    false, false, "it was to be destroyed" },
	{ "it hangs while it drains: GitLab has given up its jobs", draining_hangs, RC_ACT_DRAIN,
	    true, false, "it was to be destroyed" },
	{ "it drains, and its agent answers", draining_answers, RC_ACT_DRAIN, false, false,
	    "it was to be destroyed" },
	{ "rotate gave up waiting", draining_to_be_replaced, RC_ACT_REPLACE, false, true,
	    "its replacement was interrupted" },
	{ "half-removed", destroying, RC_ACT_REMOVE, false, false,
	    "an interrupted run left it half-removed" },
	{ "drains, saved", draining_saved, RC_ACT_LEAVE, false, false, "somebody saved it" },
	{ "half-removed, and saved", destroying_saved, RC_ACT_REMOVE, false, false,
	    "an interrupted run left it half-removed" },
	{ "half-removed before its successor was made", destroying_to_be_replaced, RC_ACT_REPLACE,
	    true, true, "its replacement was interrupted" },
};

static void
test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(rules); i++) {
		struct rc_appliance a = well_appliance();
		struct rc_found f = well(&a);
		struct rc_policy p = policy;
		struct rc_turn turn;

		rules[i].change(&(struct change){ &a, &f, &p });
		rc_rotation_plan(&turn, &f, 1, &p);
		if (turn.act != rules[i].act || turn.dead != rules[i].dead ||
		    turn.sick != rules[i].sick || strcmp(turn.why, rules[i].said) != 0)
			fail_msg("%s: act %d dead %d sick %d \"%s\"", rules[i].why, turn.act,
			    turn.dead, turn.sick, turn.why);
	}
}

/* The states, and the acts, in the order of their own names. */
enum { CR, CD, RG, ST, RD, DR, DE };
enum { LEAVE, REMOVE, DRAIN, REPLACE };

/* Two generations of a name, as a rotation that died leaves them: what becomes of each. */
static const struct {
	const char *why;
	int elder, younger;
	bool elder_off, younger_off, successor, outdated;
	int of_elder, of_younger;
} pairs[] = {
	{ "successor half-made", RD, CR, false, true, false, false, LEAVE, REMOVE },
	{ "and the elder is still due", RD, CR, false, true, false, true, REPLACE, REMOVE },
	{ "successor half-registered", RD, RG, false, true, false, true, REPLACE, REMOVE },
	{ "started, but not yet recorded", RD, RG, false, false, false, true, REPLACE, DRAIN },
	{ "successor started", RD, ST, false, false, false, true, DRAIN, LEAVE },
	{ "successor ready", RD, RD, false, false, false, true, DRAIN, LEAVE },
	{ "successor ready, elder drains", DR, RD, false, false, false, true, DRAIN, LEAVE },
	{ "successor ready, elder is off", DR, RD, true, false, false, true, DRAIN, LEAVE },
	{ "successor ready, elder half-removed", DE, RD, true, false, false, true, REMOVE, LEAVE },
	{ "successor half-removed", RD, DE, false, true, false, false, LEAVE, REMOVE },
	{ "and the elder is due again", RD, DE, false, true, false, true, REPLACE, REMOVE },
	{ "successor died young", RD, ST, false, true, false, false, LEAVE, REMOVE },
	{ "both are off", RD, ST, true, true, false, false, DRAIN, LEAVE },
	{ "elder drains first, successor half-made", DR, CR, false, true, true, true, REPLACE,
	    REMOVE },
	{ "elder is off, successor half-registered", DR, RG, true, true, true, true, REPLACE,
	    REMOVE },
	{ "elder half-removed, successor there", DE, ST, true, false, true, true, REMOVE, LEAVE },
	{ "elder drained first, successor there", DR, ST, true, false, true, true, DRAIN, LEAVE },
	{ "elder drains, and its successor is off", DR, RD, false, true, false, true, DRAIN,
	    REPLACE },
};

static void
test_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(pairs); i++) {
		struct rc_appliance a = well_appliance(), b = well_appliance();
		struct rc_found found[] = { well(&a), well(&b) };
		struct rc_turn turns[2];
		int acts[2];

		a.state = (enum rc_state)pairs[i].elder;
		b.state = (enum rc_state)pairs[i].younger;
		b.generation = 2;
		a.successor = pairs[i].successor;
		if (pairs[i].outdated)
			a.image = old_image;
		found[0].active = !pairs[i].elder_off;
		found[1].active = !pairs[i].younger_off;
		rc_rotation_plan(turns, found, 2, &policy);
		for (int k = 0; k < 2; k++)
			acts[turns[k].found - found] = (int)turns[k].act;
		if (acts[0] != pairs[i].of_elder || acts[1] != pairs[i].of_younger)
			fail_msg("%s: %d %d (%s / %s)", pairs[i].why, acts[0], acts[1],
			    turns[0].why, turns[1].why);
	}
}

static bool
serves(const struct rc_appliance *a)
{
	return a->state == RC_STATE_STARTED || a->state == RC_STATE_READY;
}

/* Never may all generations of a name go while one of them serves. */
static void
test_one_always_stays(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 7 * 7 * 7 * 8; n++) {
		struct rc_appliance a[3];
		struct rc_found found[3];
		struct rc_turn turns[3];
		bool served = false, stays = false;

		for (unsigned k = 0, rest = n / 8; k < 3; k++, rest /= 7) {
			a[k] = well_appliance();
			a[k].generation = k + 1;
			a[k].state = (enum rc_state)(rest % 7);
			a[k].image = old_image;
			found[k] = well(&a[k]);
			found[k].active = n >> k & 1;
			served = served || (found[k].active && serves(&a[k]));
		}
		rc_rotation_plan(turns, found, 3, &policy);
		for (int k = 0; k < 3; k++) {
			bool serving = turns[k].found->active && serves(turns[k].found->appliance);

			stays = stays || (serving && (turns[k].act == RC_ACT_LEAVE ||
							 turns[k].act == RC_ACT_REPLACE));
			if (serving && turns[k].act == RC_ACT_REMOVE)
				fail_msg("%u: one that serves is removed", n);
		}
		if (served && !stays)
			fail_msg("%u: nobody stays", n);
	}
}

/* A removal, one that serves nobody, a drain, a sick one, the oldest. */
static void
test_order(void **state)
{
	struct rc_appliance a[6];
	struct rc_found found[6];
	struct rc_turn turns[6];

	(void)state;
	for (int i = 0; i < 6; i++) {
		a[i] = well_appliance();
		a[i].name = names[i];
		a[i].image = old_image;
		a[i].created -= i;
		found[i] = well(&a[i]);
	}
	strcpy(found[1].guest.docker, "failed");
	a[2].state = RC_STATE_DESTROYING;
	a[4].state = RC_STATE_DRAINING;
	found[5].halt = RC_HALT_CRASH;
	rc_rotation_plan(turns, found, 6, &policy);
	for (int i = 0; i < 6; i++)
		assert_int_equal(turns[i].found->appliance->name[0], "cfebda"[i]);
}

/* Appliances that were made together are not due together. */
static void
test_staggered(void **state)
{
	unsigned tenths[2] = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		char uuid[37];
		int64_t age;

		snprintf(uuid, sizeof(uuid), "%08x-9dad-41d1-80b4-00c04fd430c8", i * 7919);
		age = rc_rotation_age(uuid, 10 * DAY);
		assert_true(age >= 8 * DAY && age <= 10 * DAY);
		tenths[age >= 9 * DAY]++;
	}
	assert_true(tenths[0] > 400 && tenths[1] > 400);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_one_always_stays),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_staggered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
