/* The interface in a domain's XML, as libvirt writes it: read, and changed without losing a thing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/interface_xml.h"

#define DOMAIN(inner)                                                                              \
	"<domain type='kvm'><name>ci-1.1</name><devices><disk/><interface type='network'>"         \
	"<mac address='52:54:00:11:22:33'/>" inner "</interface><channel/></devices></domain>"
#define FILTERREF                                                                                  \
	"<filterref filter='runnerctl-a'><parameter name='IP' value='10.0.0.2'/></filterref>"

static void
test_read(void **state)
{
	static const struct {
		const char *why, *xml, *tap, *filter;
		bool link_up;
	} cases[] = {
		{ "running", DOMAIN("<target dev='vnet0'/>" FILTERREF), "vnet0", "runnerctl-a",
		    true },
		{ "off", DOMAIN(FILTERREF), NULL, "runnerctl-a", true },
		{ "link down", DOMAIN("<target dev='vnet1'/><link state='down'/>" FILTERREF),
		    "vnet1", "runnerctl-a", false },
		{ "link up", DOMAIN("<target dev='vnet1'/><link state='up'/>" FILTERREF), "vnet1",
		    "runnerctl-a", true },
		{ "no filter", DOMAIN("<target dev='vnet0'/>"), "vnet0", NULL, true },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_interface_release) struct rc_interface interface = { 0 };
		struct rc_error err = { 0 };

		assert_int_equal(rc_interface_read(&interface, cases[i].xml, &err), 0);
		if (interface.link_up != cases[i].link_up || !interface.tap != !cases[i].tap ||
		    !interface.filter != !cases[i].filter)
			fail_msg("%s", cases[i].why);
		if (interface.tap)
			assert_string_equal(interface.tap, cases[i].tap);
		if (interface.filter)
			assert_string_equal(interface.filter, cases[i].filter);
	}
}

static void
test_change(void **state)
{
	static const struct {
		const char *why, *inner, *filter;
		bool link_up;
		const char *expected;
	} cases[] = {
		{ "link down", "<target dev='vnet0'/>" FILTERREF, NULL, false,
		    "<target dev=\"vnet0\"/><filterref filter=\"runnerctl-a\"><parameter "
		    "name=\"IP\" "
		    "value=\"10.0.0.2\"/></filterref><link state=\"down\"/>" },
		{ "up again", "<link state='down'/>" FILTERREF, NULL, true,
		    "<link state=\"up\"/><filterref filter=\"runnerctl-a\"><parameter name=\"IP\" "
		    "value=\"10.0.0.2\"/></filterref>" },
		{ "another filter", FILTERREF, "runnerctl-b", true,
		    "<filterref filter=\"runnerctl-b\"><parameter name=\"IP\" "
		    "value=\"10.0.0.2\"/></filterref><link state=\"up\"/>" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *domain = rc_format(
		    "<domain><devices><interface type='network'>%s</interface></devices></domain>",
		    cases[i].inner);
		scoped(rc_str_release) char *expected =
		    rc_format("<interface type=\"network\">%s</interface>\n", cases[i].expected);
		scoped(rc_str_release) char *changed = NULL;
		struct rc_error err = { 0 };

		if (rc_interface_change(&changed, domain, cases[i].filter, cases[i].link_up, &err) <
		    0)
			fail_msg("%s: %s", cases[i].why, err.text);
		assert_string_equal(changed, expected);
	}
}

static void
test_binding(void **state)
{
	static const char domain[] =
	    "<domain type='kvm'><name>ci-1.1</name><uuid>u</uuid><devices><interface "
	    "type='network'>"
	    "<mac address='52:54:00:11:22:33'/><target dev='vnet0'/>" FILTERREF
	    "</interface></devices></domain>";
	static const char expected[] =
	    "<filterbinding><owner><name>ci-1.1</name><uuid>u</uuid></owner>"
	    "<portdev name=\"vnet0\"/><mac address=\"52:54:00:11:22:33\"/>"
	    "<filterref filter=\"runnerctl-a\"><parameter name=\"IP\" value=\"10.0.0.2\"/>"
	    "</filterref></filterbinding>\n";
	scoped(rc_str_release) char *xml = NULL, *none = NULL;
	struct rc_error err = { 0 };

	(void)state;
	assert_int_equal(rc_interface_binding(&xml, domain, &err), 0);
	assert_string_equal(xml, expected);
	assert_int_equal(rc_interface_binding(&none, DOMAIN(FILTERREF), &err), -1);
	assert_int_equal(rc_interface_binding(&none, DOMAIN("<target dev='vnet0'/>"), &err), -1);
}

static void
test_refused(void **state)
{
	static const char *const cases[] = { "", "<domain>", "<domain/>",
		"<domain><devices/></domain>", DOMAIN("") };

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *changed = NULL;
		struct rc_error err = { 0 };

		assert_int_equal(rc_interface_change(&changed, cases[i], "x", true, &err), -1);
		assert_null(changed);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_binding),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
