/* Tokens as a reason for rotation: lent ones that are reset, and who shares them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "core/rotation.h"

#define NOW 2000000
#define COUNT 4
#define NO RC_RENEWAL_NONE
#define BEGUN RC_RENEWAL_BEGUN
#define DONE RC_RENEWAL_DONE

static char image[] = "appliance@1", filter[] = "runnerctl-f", template[] = "t",
	    profile[] = "default", url[] = "https://gitlab.example.com",
	    names[][5] = { "ci-1", "ci-2", "ci-3", "ci-4" };

/* Four appliances: ci-1 is owned, ci-2 and ci-3 have the same lent runner, ci-4 another. */
struct four {
	struct rc_appliance a[COUNT];
	struct rc_found found[COUNT];
	struct rc_policy policy;
	struct rc_strv names;
};

static void
four_init(struct four *four)
{
	static const int64_t runners[COUNT] = { 1, 7, 7, 8 };

	*four = (struct four){ .policy = { .now = NOW, .patience = 900, .template = template } };
	for (int i = 0; i < COUNT; i++) {
		four->a[i] = (struct rc_appliance){
			.name = names[i],
			.generation = 1,
			.uuid = "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
			.state = RC_STATE_READY,
			.image = image,
			.profile = profile,
			.created = NOW - 3600,
			.filter = filter,
			.template = template,
			.url = url,
			.ownership = i == 0 ? RC_RUNNER_OWNED : RC_RUNNER_LENT,
			.runner_id = runners[i],
		};
		four->found[i] = (struct rc_found){
			.appliance = &four->a[i],
			.active = true,
			.guest_known = true,
			.guest = { .runner = "polling", .docker = "ok" },
		};
	}
	four->policy.names = &four->names;
}

static const struct {
	const char *why;
	bool all, reset;
	int old;   /* the one that is due by its own, from 1; 0: none */
	int named; /* the one that is asked for; 0: all */
	enum rc_renewal renewals[COUNT];
	enum rc_state state; /* of ci-2 */
	const char *acts;    /* R replaced, r: after a reset, W wanted and left, - left alone */
} cases[] = {
	{ "nothing is due", false, true, 0, 0, { 0 }, RC_STATE_READY, "WWWW" },
	{ "due, but no reset is wished", false, false, 2, 0, { 0 }, RC_STATE_READY, "WRWW" },
	{ "due: all that share the token go", false, true, 2, 0, { 0 }, RC_STATE_READY, "WrrW" },
	{ "not the owned one, nor the other lent one", true, true, 0, 0, { 0 }, RC_STATE_READY,
	    "Rrrr" },
	{ "one is named, its sibling is not spared", true, true, 0, 2, { 0 }, RC_STATE_READY,
	    "-rr-" },
	{ "due, but not named", false, true, 2, 1, { 0 }, RC_STATE_READY, "W---" },
	{ "begun: again, wished or not", false, false, 0, 0, { NO, BEGUN, BEGUN, NO },
	    RC_STATE_READY, "WrrW" },
	{ "begun: again, named or not", false, false, 0, 1, { NO, BEGUN, BEGUN, NO },
	    RC_STATE_READY, "Wrr-" },
	{ "half of them marked before it died", false, false, 0, 0, { NO, BEGUN, NO, NO },
	    RC_STATE_READY, "WrrW" },
	{ "half of them marked as done", false, false, 0, 0, { NO, DONE, BEGUN, NO },
	    RC_STATE_READY, "WRrW" },
	{ "done: replaced, and not reset again", true, true, 0, 2, { NO, DONE, DONE, NO },
	    RC_STATE_READY, "-RR-" },
	{ "begun, and it drains to be replaced", false, false, 0, 0, { NO, BEGUN, NO, NO },
	    RC_STATE_DRAINING, "WrrW" },
	{ "drains to be replaced: the token is what it was", false, true, 0, 0, { 0 },
	    RC_STATE_DRAINING, "WRWW" },
};

static void
test_renewals(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		char *named[] = { names[cases[i].named ? cases[i].named - 1 : 0] };
		char acts[COUNT + 1] = "";
		struct rc_turn turns[COUNT];
		struct four four;

		four_init(&four);
		four.policy.all = cases[i].all;
		four.policy.renew = cases[i].reset;
		four.policy.max_age = cases[i].old ? 86400 : 0;
		if (cases[i].old)
			four.a[cases[i].old - 1].created = 0;
		if (cases[i].named)
			four.names = (struct rc_strv){ .items = named, .count = 1 };
		for (int k = 0; k < COUNT; k++)
			four.a[k].renewal = cases[i].renewals[k];
		four.a[1].state = cases[i].state;
		four.a[1].successor = cases[i].state == RC_STATE_DRAINING;
		rc_rotation_plan(turns, four.found, COUNT, &four.policy);
		for (int k = 0; k < COUNT; k++) {
			const struct rc_turn *t = &turns[k];
			char act = t->wanted ? 'W' : '-';

			if (t->wanted && t->act == RC_ACT_REPLACE)
				act = t->renews ? 'r' : 'R';
			acts[t->found - four.found] = act;
		}
		if (strcmp(acts, cases[i].acts) != 0)
			fail_msg("%s: %s instead of %s", cases[i].why, acts, cases[i].acts);
	}
}

static void
test_reasons(void **state)
{
	struct rc_turn turns[COUNT];
	struct four four;

	(void)state;
	four_init(&four);
	four.policy.renew = true;
	four.a[1].token_expires = NOW + 1;
	four.a[3].renewal = RC_RENEWAL_DONE;
	rc_rotation_plan(turns, four.found, COUNT, &four.policy);
	/* What takes no jobs any more comes first. */
	assert_ptr_equal(turns[0].found, &four.found[3]);
	assert_string_equal(turns[0].why, "its token was reset");
	assert_string_equal(turns[1].why, "its token expires soon");
	assert_string_equal(turns[2].why, "it shares the token of ci-2, which is reset");
	four.policy.renew = false;
	four.a[1].renewal = RC_RENEWAL_BEGUN;
	rc_rotation_plan(turns, four.found, COUNT, &four.policy);
	assert_string_equal(turns[0].why, "the reset of its token was interrupted");
}

/* What another has of it, of another GitLab, or paused by somebody, is not touched. */
static void
test_strangers(void **state)
{
	static char other[] = "https://gitlab.example.org";
	struct rc_turn turns[COUNT];
	struct four four;

	(void)state;
	four_init(&four);
	four.policy.renew = true;
	four.a[1].created = 0;
	four.policy.max_age = 86400;
	four.a[2].url = other;
	four.a[3].runner_id = 7;
	four.found[3].halt = RC_HALT_PAUSED;
	rc_rotation_plan(turns, four.found, COUNT, &four.policy);
	for (int i = 0; i < COUNT; i++)
		assert_int_equal(
		    turns[i].act, turns[i].found == &four.found[1] ? RC_ACT_REPLACE : RC_ACT_LEAVE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_renewals),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_strangers),
	};

	return cmocka_run_group_tests_name("rotation_token", tests, NULL, NULL);
}
