/* What people and programs read: tables, one appliance in full, JSON, and the exit status of many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "cmd/print.h"
#include "cmd/report.h"

#define NOW INT64_C(1768730400) /* 2026-01-18 10:00 UTC */

/* What print writes, as one string; the caller frees. */
struct paper {
	struct rc_page page;
	char *text;
	size_t size;
};

static void
paper_open(struct paper *paper, unsigned width)
{
	*paper = (struct paper){ .page = { .now = NOW, .terminal = { .width = width } } };
	paper->page.out = open_memstream(&paper->text, &paper->size);
	assert_non_null(paper->page.out);
}

static void
paper_expect(struct paper *paper, const char *expected)
{
	fclose(paper->page.out);
	assert_string_equal(paper->text, expected);
	free(paper->text);
}

static char name_1[] = "ci-1", name_2[] = "ci-2", image[] = "appliance@20260115",
	    profile[] = "default", url[] = "https://gitlab.example.com/\033[2J",
	    tags[] = "docker,kvm", mac[] = "52:54:00:8a:51:0c", ip[] = "192.168.231.10",
	    filter[] = "runnerctl-0123456789ab", holes[] = "10.0.0.5:443/tcp,10.0.9.0/24",
	    hostile_problem[] = "docker says \"\033]0;pwned\007\" \xff";

static void
fill_busy(struct rc_view *view)
{
	*view = (struct rc_view){ .running = true,
		.usage = { .memory = UINT64_C(431) << 20,
		    .cpu = UINT64_C(1000000000000000),
		    .disk = UINT64_C(2254857830),
		    .read = UINT64_C(3) << 30,
		    .written = UINT64_C(5) << 20,
		    .reads = 7,
		    .writes = 8,
		    .received = UINT64_C(9007199254740993),
		    .sent = RC_UNKNOWN,
		    .guest_memory = UINT64_C(1971) << 20,
		    .guest_free = UINT64_C(1661) << 20 },
		.pace = { 1.25, 0.424, 2 << 20, 1536, -1, 0 },
		.guest_known = true,
		.isolation = RC_ISOLATED,
		.contacted = NOW - 12 };
	view->appliance = (struct rc_appliance){ .name = name_1,
		.generation = 3,
		.uuid = "6f1c2a90-0f3e-4a52-8a51-0c9d2f7b1e11",
		.state = RC_STATE_READY,
		.image = image,
		.profile = profile,
		.limits = { .cpus = 2, 150, 20, UINT64_C(2) << 30, UINT64_C(20) << 30 },
		.created = NOW - 3 * 86400 - 4 * 3600,
		.mac = mac,
		.ip = ip,
		.filter = filter,
		.holes = holes,
		.url = url,
		.ownership = RC_RUNNER_OWNED,
		.runner_id = 42,
		.token_expires = NOW + 86400,
		.system_id = "s_6f1c2a900f3e",
		.tags = tags };
	view->guest = (struct rc_guest_status){ .runner = "polling",
		.docker = "ok",
		.time = NOW,
		.uptime = 3600.5,
		.jobs = 1,
		.disk_size = 1000,
		.disk_used = 374,
		.inodes = 10,
		.inodes_used = 5,
		.memory_total = UINT64_C(2) << 30,
		.memory_available = UINT64_C(1) << 30,
		.boot_kernel = 0.5,
		.boot_docker = 2.25 };
}

static void
fill_fresh(struct rc_view *view)
{
	*view = (struct rc_view){ .emulated = true };
	view->appliance = (struct rc_appliance){ .name = name_2,
		.generation = 1,
		.uuid = "7f1c2a90-0f3e-4a52-8a51-0c9d2f7b1e11",
		.state = RC_STATE_CREATED,
		.limits = { .cpus = 4, 400, 20, UINT64_C(16) << 30, UINT64_C(150) << 30 } };
}

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

#define NO_CAPS                                                                                    \
	",\"disk_rate\":null,\"disk_rate_burst\":null,\"disk_iops\":null,"                         \
	"\"disk_iops_burst\":null,\"disk_burst_time\":null,\"net_in\":null,\"net_out\":null},"     \
	"\"wanted\":{},"

/* Bytes above 2^53 or with many zeros stay whole numbers; outside text stays UTF-8. */
static void
test_json(void **state)
{
	struct rc_problem problem = { RC_PROBLEM_DOCKER_FAILED, hostile_problem };
	struct rc_view items[2];
	struct rc_views views = { items, 2 };
	struct paper paper;

	(void)state;
	fill_busy(&items[0]);
	fill_fresh(&items[1]);
	items[0].problems = (struct rc_problems){ &problem, 1 };
	paper_open(&paper, 0);
	rc_json_views(&paper.page, &views);
	paper_expect(&paper,
	    "{\"schema\":1,\"appliances\":["
	    "{\"name\":\"ci-1\",\"generation\":3,"
	    "\"uuid\":\"6f1c2a90-0f3e-4a52-8a51-0c9d2f7b1e11\",\"state\":\"ready\","
	    "\"image\":\"appliance@20260115\",\"profile\":\"default\",\"created\":1768456800,"
	    "\"mac\":\"52:54:00:8a:51:0c\",\"ip\":\"192.168.231.10\","
	    "\"filter\":\"runnerctl-0123456789ab\","
	    "\"holes\":[\"10.0.0.5:443/tcp\",\"10.0.9.0/24\"],"
	    "\"limits\":{\"cpus\":2,\"cpu_cap\":1.5,\"cpu_weight\":20,\"memory\":2147483648,"
	    "\"disk\":21474836480" NO_CAPS "\"running\":true,\"emulated\":false,"
	    "\"runner\":{\"id\":42,\"ownership\":\"owned\","
	    "\"url\":\"https://gitlab.example.com/?[2J\",\"system_id\":\"s_6f1c2a900f3e\","
	    "\"tags\":[\"docker\",\"kvm\"],\"token_expires\":1768816800,"
	    "\"contacted\":1768730388},"
	    "\"isolation\":\"in_force\",\"measured\":{\"memory\":451936256,\"disk\":2254857830,"
	    "\"cpu_nanoseconds\":1000000000000000,"
	    "\"read_bytes\":3221225472,\"written_bytes\":5242880,\"reads\":7,\"writes\":8,"
	    "\"received_bytes\":9007199254740993,\"sent_bytes\":null,"
	    "\"guest_memory\":2066743296,\"guest_memory_free\":1741684736,"
	    "\"interval\":1.25,\"cpus\":0.424,\"read_pace\":2097152,\"written_pace\":1536,"
	    "\"received_pace\":null,\"sent_pace\":0},"
	    "\"guest\":{\"runner\":\"polling\",\"docker\":\"ok\",\"jobs\":1,"
	    "\"time\":1768730400,\"uptime\":3600.5,\"disk_size\":1000,\"disk_used\":374,"
	    "\"inodes\":10,\"inodes_used\":5,\"memory_total\":2147483648,"
	    "\"memory_available\":1073741824,\"boot_kernel\":0.5,\"boot_docker\":2.25,"
	    "\"boot_polling\":0},"
	    "\"problems\":[\"docker says \\\"?]0;pwned?\\\" ?\"],"
	    "\"problem_codes\":[\"docker_failed\"]},"
	    "{\"name\":\"ci-2\",\"generation\":1,"
	    "\"uuid\":\"7f1c2a90-0f3e-4a52-8a51-0c9d2f7b1e11\",\"state\":\"created\","
	    "\"image\":null,\"profile\":null,\"created\":null,\"mac\":null,\"ip\":null,"
	    "\"filter\":null,\"holes\":[],\"limits\":{\"cpus\":4,\"cpu_cap\":4,\"cpu_weight\":20,"
	    "\"memory\":17179869184,"
	    "\"disk\":161061273600" NO_CAPS "\"running\":false,\"emulated\":true,\"runner\":null,"
	    "\"isolation\":null,\"measured\":null,\"guest\":null,\"problems\":[],"
	    "\"problem_codes\":[]}]}\n");
}

static void
test_json_outcomes(void **state)
{
	struct rc_outcome items[2] = { { .name = name_1, .ok = true }, { .name = name_2 } };
	struct rc_outcomes outcomes = { items, 2 };
	struct rc_view view;
	struct paper paper;

	(void)state;
	fill_fresh(&view);
	items[0].appliance = view.appliance;
	rc_fail(&items[1].error, RC_NO_ROOM, "the host is full");
	paper_open(&paper, 0);
	rc_json_outcomes(&paper.page, &outcomes);
	paper_expect(&paper,
	    "{\"schema\":1,\"results\":[{\"name\":\"ci-1\",\"ok\":true,"
	    "\"appliance\":{\"name\":\"ci-2\",\"generation\":1,"
	    "\"uuid\":\"7f1c2a90-0f3e-4a52-8a51-0c9d2f7b1e11\",\"state\":\"created\","
	    "\"image\":null,\"profile\":null,\"created\":null,\"mac\":null,\"ip\":null,"
	    "\"filter\":null,\"holes\":[],\"limits\":{\"cpus\":4,\"cpu_cap\":4,\"cpu_weight\":20,"
	    "\"memory\":17179869184,"
	    "\"disk\":161061273600" NO_CAPS "\"emulated\":false,\"runner\":null}},"
	    "{\"name\":\"ci-2\",\"ok\":false,\"error\":{\"code\":\"no_room\","
	    "\"text\":\"the host is full\",\"hint\":null}}]}\n");
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
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_outcomes),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_code_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
