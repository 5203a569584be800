/* What the tests of print share: a page to print on, and two appliances. */
#ifndef RC_TESTS_PAPER_H
#define RC_TESTS_PAPER_H

#include "base/scope.h"
#include "cmd/print.h"

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
	    image_now[] = "appliance@20260117", profile[] = "default",
	    url[] = "https://gitlab.example.com/\033[2J", tags[] = "docker,kvm",
	    mac[] = "52:54:00:8a:51:0c", ip[] = "192.168.231.10",
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
		.guard_last = NOW - 900,
		.guard_freed = 4096,
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

#endif
