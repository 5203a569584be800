/* What programs read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "paper.h"

#define NO_CAPS                                                                                    \
	",\"disk_rate\":null,\"disk_rate_burst\":null,\"disk_iops\":null,"                         \
	"\"disk_iops_burst\":null,\"disk_burst_time\":null,\"net_in\":null,\"net_out\":null,"      \
	"\"processes\":null},"                                                                     \
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
	items[0].image_now = image_now;
	items[0].appliance.rotation_failed = NOW - 7200;
	items[0].appliance.rotation_code = RC_NO_ROOM;
	items[0].problems = (struct rc_problems){ &problem, 1 };
	paper_open(&paper, 0);
	rc_json_views(&paper.page, &views);
	paper_expect(&paper,
	    "{\"schema\":1,\"appliances\":["
	    "{\"name\":\"ci-1\",\"generation\":3,"
	    "\"uuid\":\"6f1c2a90-0f3e-4a52-8a51-0c9d2f7b1e11\",\"state\":\"ready\","
	    "\"image\":\"appliance@20260115\",\"profile\":\"default\",\"created\":1768456800,"
	    "\"mac\":\"52:54:00:8a:51:0c\",\"ip\":\"192.168.231.10\",\"ip6\":null,"
	    "\"filter\":\"runnerctl-0123456789ab\","
	    "\"holes\":[\"10.0.0.5:443/tcp\",\"10.0.9.0/24\"],"
	    "\"limits\":{\"cpus\":2,\"cpu_cap\":1.5,\"cpu_weight\":20,\"memory\":2147483648,"
	    "\"disk\":21474836480" NO_CAPS
	    "\"image_now\":\"appliance@20260117\",\"drain_begun\":null,"
	    "\"rotation\":{\"time\":1768723200,\"result\":\"no_room\"},"
	    "\"running\":true,\"emulated\":false,"
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
	    "\"memory_available\":1073741824,\"guard_last\":1768729500,\"guard_freed\":4096,"
	    "\"boot_kernel\":0.5,\"boot_docker\":2.25,"
	    "\"boot_polling\":0},"
	    "\"problems\":[\"docker says \\\"?]0;pwned?\\\" ?\"],"
	    "\"problem_codes\":[\"docker_failed\"]},"
	    "{\"name\":\"ci-2\",\"generation\":1,"
	    "\"uuid\":\"7f1c2a90-0f3e-4a52-8a51-0c9d2f7b1e11\",\"state\":\"created\","
	    "\"image\":null,\"profile\":null,\"created\":null,\"mac\":null,\"ip\":null,"
	    "\"ip6\":null,"
	    "\"filter\":null,\"holes\":[],\"limits\":{\"cpus\":4,\"cpu_cap\":4,\"cpu_weight\":20,"
	    "\"memory\":17179869184,"
	    "\"disk\":161061273600" NO_CAPS
	    "\"image_now\":null,\"drain_begun\":null,\"rotation\":null,"
	    "\"running\":false,\"emulated\":true,\"runner\":null,"
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
	    "\"ip6\":null,"
	    "\"filter\":null,\"holes\":[],\"limits\":{\"cpus\":4,\"cpu_cap\":4,\"cpu_weight\":20,"
	    "\"memory\":17179869184,"
	    "\"disk\":161061273600" NO_CAPS "\"emulated\":false,\"runner\":null}},"
	    "{\"name\":\"ci-2\",\"ok\":false,\"error\":{\"code\":\"no_room\","
	    "\"text\":\"the host is full\",\"hint\":null}}]}\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_outcomes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
