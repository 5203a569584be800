/* What people read: tables, one appliance in full; and the exit status of many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "cmd/report.h"
#include "paper.h"

static void
test_list(void **state)
{
	struct rc_view items[2];
	struct rc_views views = { items, 2 };
	struct paper paper;

	(void)state;
	fill_busy(&items[0]);
	fill_fresh(&items[1]);
	paper_open(&paper, 0);
	rc_print_views(&paper.page, &views, false);
	paper_expect(&paper,
	    "NAME  STATE    RUNNER     IMAGE               CPUS   MEMORY   DISK      AGE\n"
	    "ci-1  running  #42 owned  appliance@20260115  1.5/2  431M/2G  2.1G/20G  3d\n"
	    "ci-2  created  -          -                   4      -/16G    -/150G    -\n");
}

static void
test_health(void **state)
{
	struct rc_view items[2];
	struct rc_views views = { items, 2 };
	struct paper paper;

	(void)state;
	fill_busy(&items[0]);
	fill_fresh(&items[1]);
	paper_open(&paper, 80);
	rc_print_views(&paper.page, &views, true);
	paper_expect(&paper,
	    "NAME  STATE    JOBS  CPU   MEMORY   INSIDE  DISK      CONTACT  RUNNER     AGE\n"
	    "ci-1  running  1     0.42  431M/2G  310M    2.1G/20G  12s      #42 owned  3d\n"
	    "ci-2  created  -     -     -/16G    -       -/150G    -        -          -\n");

	/* What libvirt left out, and what a guest said too long ago, is not 0. */
	items[0].usage = RC_USAGE_UNKNOWN;
	items[0].pace.cpus = -1;
	paper_open(&paper, 80);
	rc_print_views(&paper.page, &(struct rc_views){ items, 1 }, true);
	paper_expect(&paper,
	    "NAME  STATE    JOBS  CPU  MEMORY  INSIDE  DISK   CONTACT  RUNNER     AGE\n"
	    "ci-1  running  1     -    -/2G    -       -/20G  12s      #42 owned  3d\n");
}

static void
test_notes(void **state)
{
	struct rc_problem problem = { RC_PROBLEM_DOCKER_FAILED, hostile_problem };
	struct rc_view items[2];
	struct rc_views views = { items, 2 };
	struct paper paper;

	(void)state;
	fill_busy(&items[0]);
	fill_fresh(&items[1]);
	paper_open(&paper, 80);
	rc_print_notes(&paper.page, &(struct rc_views){ items, 1 });
	paper_expect(&paper, "");

	items[0].problems = (struct rc_problems){ &problem, 1 };
	paper_open(&paper, 80);
	rc_print_notes(&paper.page, &views);
	paper_expect(&paper, "\nci-1: docker says \"?]0;pwned?\" ?\n"
			     "ci-2 (emulated: no security boundary)\n");
}

static void
test_view(void **state)
{
	struct rc_view view;
	struct paper paper;

	(void)state;
	fill_busy(&view);
	paper_open(&paper, 80);
	rc_print_view(&paper.page, &view);
	paper_expect(&paper, "ci-1  running\n"
			     "  runner    #42 owned, at https://gitlab.example.com/?[2J\n"
			     "  tags      docker,kvm\n"
			     "  contact   12s ago\n"
			     "  token     expires in 1d 0h\n"
			     "  guest     runner polling, docker ok, up 1h 00m\n"
			     "  jobs      1\n"
			     "  cleaned   15m 00s ago, 4 KiB freed inside\n"
			     "  image     appliance@20260115\n"
			     "  profile   default\n"
			     "  cpus      2, together at most 1.5 of the host's; weight 20\n"
			     "  cpu       0.42 of the host's now; 11d 13h since its start\n"
			     "  memory    431 MiB on the host, of 2 GiB; 310 MiB used inside\n"
			     "  disk      2.1 GiB on the host, of 20 GiB; 37% full inside\n"
			     "  i/o       2 MiB/s read, 1.5 KiB/s written; 3 GiB and 5 MiB since "
			     "its start\n"
			     "  network   192.168.231.10, 52:54:00:8a:51:0c\n"
			     "  filter    runnerctl-0123456789ab, in force\n"
			     "  holes     10.0.0.5:443/tcp,10.0.9.0/24\n"
			     "  domain    ci-1.3, 6f1c2a90-0f3e-4a52-8a51-0c9d2f7b1e11\n"
			     "  age       3d 4h, since 2026-01-15 06:00 UTC\n");

	view.image_now = image_now;
	view.pace = (struct rc_pace){ 0 };
	view.appliance.state = RC_STATE_DRAINING;
	view.appliance.drain_begun = NOW - 90;
	view.appliance.ownership = RC_RUNNER_NONE;
	view.appliance.filter = view.appliance.holes = NULL;
	view.guest_known = false;
	paper_open(&paper, 80);
	rc_print_view(&paper.page, &view);
	paper_expect(&paper,
	    "ci-1  draining\n"
	    "  runner    none\n"
	    "  image     appliance@20260115; a new one would boot appliance@20260117\n"
	    "  profile   default\n"
	    "  cpus      2, together at most 1.5 of the host's; weight 20\n"
	    "  cpu       11d 13h since its start\n"
	    "  memory    431 MiB on the host, of 2 GiB; 310 MiB used inside\n"
	    "  disk      2.1 GiB on the host, of 20 GiB\n"
	    "  i/o       3 GiB read, 5 MiB written since its start\n"
	    "  network   192.168.231.10, 52:54:00:8a:51:0c\n"
	    "  domain    ci-1.3, 6f1c2a90-0f3e-4a52-8a51-0c9d2f7b1e11\n"
	    "  age       3d 4h, since 2026-01-15 06:00 UTC\n"
	    "  drain     for 1m 30s\n");

	fill_fresh(&view);
	paper_open(&paper, 80);
	rc_print_view(&paper.page, &view);
	paper_expect(&paper, "ci-2  created (emulated: no security boundary)\n"
			     "  runner    none\n"
			     "  image     -\n"
			     "  profile   -\n"
			     "  cpus      4, together at most 4 of the host's; weight 20\n"
			     "  memory    at most 16 GiB\n"
			     "  disk      at most 150 GiB\n"
			     "  network   -, -\n"
			     "  domain    ci-2.1, 7f1c2a90-0f3e-4a52-8a51-0c9d2f7b1e11\n"
			     "  next      runnerctl register ci-2 --token-file FILE\n");
}

/* Debian's long versions are shortened; what does not fit 80 columns leaves, in a pipe as well. */
static void
test_images(void **state)
{
	static char appliance[] = "appliance", newest[] = "20260116-093000", arch[] = "x86_64",
		    older[] = "20260115-093000", docker[] = "20.10.24+dfsg1-1+deb12u1+b2",
		    kernel[] = "6.1.162-1", runner_version[] = "17.7.0-1",
		    sum[] = "sha256:0123456789abcdef",
		    long_name[] = "an-image-with-the-longest-name1";
	struct rc_image_view items[] = {
		{ .name = appliance,
		    .version = older,
		    .architecture = arch,
		    .created = NOW - 7200,
		    .size = UINT64_C(431) << 20,
		    .used_by = 2,
		    .outdated = true,
		    .kernel = kernel,
		    .docker = docker,
		    .runner = runner_version },
		{ .name = appliance, .version = newest, .architecture = arch, .runner = sum },
	};
	struct rc_image_views images = { items, 2 };
	struct paper paper;

	(void)state;
	paper_open(&paper, 0);
	rc_print_images(&paper.page, &images);
	paper_expect(&paper,
	    "IMAGE                      SIZE  AGE  USED  OUTDATED  DOCKER    RUNNER\n"
	    "appliance@20260115-093000  431M  2h   2     yes       20.10.24  17.7.0\n"
	    "appliance@20260116-093000  0B    -    0     no        -         sha256:0123456\n");
	items[1].name = long_name;
	items[1].used_by = 1;
	paper_open(&paper, 0);
	rc_print_images(&paper.page, &images);
	paper_expect(&paper,
	    "IMAGE                                            SIZE  AGE  USED  OUTDATED\n"
	    "appliance@20260115-093000                        431M  2h   2     yes\n"
	    "an-image-with-the-longest-name1@20260116-093000  0B    -    1     no\n");
}

static void
test_code_of_many(void **state)
{
	static const struct {
		const char *why;
		enum rc_code codes[3]; /* of the outcomes; RC_OK is a success */
		size_t count;
		enum rc_code whole;
	} cases[] = {
		{ "nothing to do", { RC_OK }, 0, RC_OK },
		{ "one, fine", { RC_OK }, 1, RC_OK },
		{ "one, not", { RC_GITLAB }, 1, RC_GITLAB },
		{ "all fine", { RC_OK, RC_OK }, 2, RC_OK },
		{ "some not", { RC_OK, RC_NO_ROOM, RC_OK }, 3, RC_PARTLY },
		{ "all not, for one reason", { RC_NO_ROOM, RC_NO_ROOM }, 2, RC_NO_ROOM },
		{ "all not, for several", { RC_NO_ROOM, RC_BUSY, RC_NO_ROOM }, 3, RC_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_outcome items[3] = { { 0 } };
		struct rc_outcomes outcomes = { items, cases[i].count };

		for (size_t j = 0; j < cases[i].count; j++) {
			items[j].ok = cases[i].codes[j] == RC_OK;
			items[j].error.code = cases[i].codes[j];
		}
		if (rc_outcomes_code(&outcomes) != cases[i].whole)
			fail_msg("%s: %d", cases[i].why, rc_outcomes_code(&outcomes));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_health),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_view),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_code_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
