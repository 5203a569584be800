/* What an appliance is: its words and the names of what it owns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/appliance.h"
#include "core/metadata.h"

static void
test_names(void **state)
{
	static char name[] = "ci-1";
	const struct rc_appliance a = { .name = name, .generation = 3 };
	scoped(rc_str_release) char *domain = rc_appliance_domain(&a);
	scoped(rc_str_release) char *config = rc_appliance_config_volume(&a);
	scoped(rc_str_release) char *data = rc_appliance_data_volume(&a);

	(void)state;
	assert_string_equal(domain, "ci-1.3");
	assert_string_equal(config, "ci-1.3.config");
	assert_string_equal(data, "ci-1.3.data");
}

/* An upgrade must not make strangers of appliances that an earlier version made. */
static void
test_earlier_metadata(void **state)
{
	static const char xml[] =
	    "<appliance xmlns=\"urn:runnerctl:appliance:1\" name=\"ci-1\" generation=\"3\" "
	    "uuid=\"6ba7b810-9dad-41d1-80b4-00c04fd430c8\" state=\"ready\" image=\"a@1\" "
	    "profile=\"default\" created=\"1\" accel=\"kvm\"><limits cpus=\"2\" cpu-cap=\"150\" "
	    "cpu-weight=\"20\" memory=\"1\" disk=\"1\"/><network mac=\"m\" ip=\"i\" filter=\"f\"/>"
	    "<runner ownership=\"owned\" url=\"u\" id=\"4711\" token-expires=\"0\" "
	    "system-id=\"s_0123456789ab\"/></appliance>";
	scoped(rc_appliance_release) struct rc_appliance a = { 0 };
	struct rc_error err;

	(void)state;
	if (rc_appliance_from_xml(&a, xml, "ci-1.3", "6ba7b810-9dad-41d1-80b4-00c04fd430c8", &err) <
	    0)
		fail_msg("%s", err.text);
	assert_int_equal(a.group, 0);
	assert_int_equal(a.project, 0);
	assert_int_equal(a.own.memory, 0);
	assert_null(a.template);
	assert_false(a.successor);
}

/* Unknown words are refused, and leave something harmless behind. */
static void
test_words(void **state)
{
	enum rc_state parsed = RC_STATE_READY;
	enum rc_ownership ownership = RC_RUNNER_LENT;

	(void)state;
	assert_true(rc_state_parse(&parsed, "destroying"));
	assert_int_equal(parsed, RC_STATE_DESTROYING);
	assert_false(rc_state_parse(&parsed, "gone"));
	assert_int_equal(parsed, RC_STATE_CREATING);
	assert_true(rc_ownership_parse(&ownership, "owned"));
	assert_false(rc_ownership_parse(&ownership, "Owned"));
	assert_int_equal(ownership, RC_RUNNER_NONE);
}

static void
test_rotated(void **state)
{
	static const struct {
		const char *why;
		struct rc_appliance a;
		int64_t when;
		enum rc_code result;
	} cases[] = {
		{ "the first", { .generation = 1, .state = RC_STATE_READY, .created = 5 }, 0,
		    RC_OK },
		{ "a second", { .generation = 2, .state = RC_STATE_READY, .created = 5 }, 5,
		    RC_OK },
		{ "not heard of yet", { .generation = 2, .state = RC_STATE_STARTED, .created = 5 },
		    5, RC_OK },
		{ "being made", { .generation = 2, .state = RC_STATE_CREATING, .created = 5 }, 0,
		    RC_OK },
		{ "on its way out", { .generation = 2, .state = RC_STATE_DRAINING, .created = 5 },
		    0, RC_OK },
		{ "tried in vain",
		    { .generation = 1,
			.state = RC_STATE_READY,
			.created = 5,
			.rotation_failed = 9,
			.rotation_code = RC_GITLAB },
		    9, RC_GITLAB },
		{ "in vain after a success",
		    { .generation = 3,
			.state = RC_STATE_DRAINING,
			.created = 5,
			.rotation_failed = 9,
			.rotation_code = RC_TIMEOUT },
		    9, RC_TIMEOUT },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		enum rc_code result;

		if (rc_appliance_rotated(&cases[i].a, &result) != cases[i].when ||
		    result != cases[i].result)
			fail_msg("%s", cases[i].why);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rotated),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_earlier_metadata),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
