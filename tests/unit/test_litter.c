/* What is ours, and what only looks like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/scope.h"
#include "core/filter_xml.h"
#include "core/litter.h"

#define UUID "6ba7b810-9dad-41d1-80b4-00c04fd430c8"

static void
test_volumes(void **state)
{
	static const struct {
		const char *volume, *name;
		unsigned generation;
	} ours[] = { { "ci-1.3.data", "ci-1", 3 }, { "ci-1.3.config", "ci-1", 3 },
		{ "a.999999999.data", "a", 999999999 } };
	static const char *const others[] = { "", "data", ".data", "ci-1.data", "ci-1.0.data",
		"ci-1.03.data", "ci-1.3", "ci-1.3.data.bak", "ci-1.3.data2", "ci-1.3.DATA",
		"Ci-1.3.data", "ci-1..data", "ci-1.3.config.data", "ci-.3.data", "-ci.3.data",
		"ci-1.3x.data", "x/ci-1.3.data", "ci-1.1000000000.data", "ci-1.3. data",
		"appliance@20260101.root.squashfs", "ci-1.3.qcow2" };
	char name[32];
	unsigned generation = 0;

	(void)state;
	for (size_t i = 0; i < RC_COUNT(ours); i++) {
		assert_true(rc_litter_volume(ours[i].volume, name, &generation));
		assert_string_equal(name, ours[i].name);
		assert_int_equal(generation, ours[i].generation);
	}
	for (size_t i = 0; i < RC_COUNT(others); i++)
		if (rc_litter_volume(others[i], name, &generation))
			fail_msg("'%s' is taken for ours", others[i]);
}

static void
test_filters(void **state)
{
	static const char ours[] = "runnerctl-0123456789ab";
	static const char *const others[] = { "runnerctl", "runnerctl-", "runnerctl-0123456789a",
		"runnerctl-0123456789abc", "runnerctl-0123456789AB", "runnerctl-0123456789ag",
		"my-runnerctl-0123456789ab", "runnerctl0123456789ab", "clean-traffic",
		"runnerctl-ipv4-0123456789ab" };
	char uuid[37];

	(void)state;
	assert_true(rc_litter_filter(ours, rc_uuid_of(uuid, ours)));
	if (rc_litter_filter(ours, UUID))
		fail_msg("%s with a UUID of its own is taken for ours", ours);
	for (size_t i = 0; i < RC_COUNT(others); i++)
		if (rc_litter_filter(others[i], rc_uuid_of(uuid, others[i])))
			fail_msg("'%s' is taken for ours", others[i]);
}

static void
test_files(void **state)
{
	static const char *const others[] = { "", ".config", UUID, UUID ".config.old",
		"6BA7B810-9DAD-41D1-80B4-00C04FD430C8.config", UUID ".confix",
		"6ba7b810-9dad-41d1-80b4_00c04fd430c8.config", "ci-1.lock" };
	char uuid[37];

	(void)state;
	assert_true(rc_litter_file(UUID ".config", uuid));
	assert_string_equal(uuid, UUID);
	for (size_t i = 0; i < RC_COUNT(others); i++)
		if (rc_litter_file(others[i], uuid))
			fail_msg("'%s' is taken for ours", others[i]);
}

static void
test_secrets(void **state)
{
	static char name[] = "ci-1", url[] = "https://gitlab.example.com/at the/root";
	static const char *const others[] = { "", "runner token of ci-1.3 (runnerctl)",
		"runner token of ci-1.3 at  (runnerctl)",
		"runner token of ci-1 at https://x (runnerctl)",
		"runner token of ci-1.3 at https://x",
		"a runner token of ci-1.3 at https://x (runnerctl)",
		"runner token of ci-1.3 at https://x (runnerctl) ",
		"runner token of  at  (runnerctl)",
		"runner token of Ci-1.3 at https://x (runnerctl)", " (runnerctl)", "ceph client" };
	struct rc_appliance a = { .name = name, .generation = 3, .url = url };

	(void)state;
	for (int o = RC_RUNNER_OWNED; o <= RC_RUNNER_LENT; o++) {
		scoped(rc_appliance_release) struct rc_appliance back = { 0 };
		scoped(rc_str_release) char *text = NULL;

		a.ownership = (enum rc_ownership)o;
		text = rc_secret_description(&a);
		assert_true(rc_secret_read(&back, text, UUID));
		assert_string_equal(back.name, "ci-1");
		assert_int_equal(back.generation, 3);
		assert_string_equal(back.url, url);
		assert_string_equal(back.uuid, UUID);
		assert_int_equal(back.ownership, a.ownership);
		assert_int_equal(strlen(back.system_id), 14);
	}
	for (size_t i = 0; i < RC_COUNT(others); i++) {
		struct rc_appliance back;

		if (rc_secret_read(&back, others[i], UUID))
			fail_msg("'%s' is taken for ours", others[i]);
	}
}

/* Two hosts at one GitLab do not take each other's runners for left-overs. */
static void
test_hosts(void **state)
{
	char one[37] = UUID, other[37] = UUID;

	(void)state;
	assert_false(rc_host_marked(UUID, "a 52:54:00:00:00:01"));
	rc_host_mark(one, "a 52:54:00:00:00:01");
	rc_host_mark(other, "a 52:54:00:00:00:02");
	assert_true(rc_host_marked(one, "a 52:54:00:00:00:01"));
	assert_false(rc_host_marked(other, "a 52:54:00:00:00:01"));
	assert_false(rc_host_marked(one, "b 52:54:00:00:00:01"));
	assert_string_equal(one + 8, &UUID[8]);
	assert_int_equal(strlen(one), 36);
}

static void
test_mentions(void **state)
{
	static char xml[] = "<domain><uuid>" UUID "</uuid><mac address='52:54:00:D4:30:C8'/>";
	char *items[] = { xml };
	const struct rc_strv texts = { items, 1 }, none = { 0 };

	(void)state;
	assert_true(rc_mentioned(&texts, "52:54:00:d4:30:c8"));
	assert_true(rc_mentioned(&texts, UUID));
	assert_false(rc_mentioned(&texts, "52:54:00:d4:30:c9"));
	assert_false(rc_mentioned(&none, UUID));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_volumes),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_mentions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
