/* Documents that libvirt gives back: interfaces, addresses of both families, the serial log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/domain_xml.h"

static char ip[] = "192.168.231.2", ip6[] = "fd5c:9f1e:7a3b::c0a8:e702", filter[] = "runnerctl-0";

static void
test_no_domain(void **state)
{
	static const struct {
		const char *why, *text, *begin;
	} cases[] = {
		{ "nothing", "", "domain:1: " },
		{ "no devices", "<domain/>", "the domain has no interface" },
		{ "no interface", "<domain><devices/></domain>", "the domain has no interface" },
		{ "a DOCTYPE", "<!DOCTYPE domain><domain/>", "domain:1: a DOCTYPE" },
		{ "interfaces elsewhere", "<domain><interface type='network'/></domain>",
		    "the domain has no interface" },
	};
	const struct rc_appliance a = { .ip = ip, .filter = filter };

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_error err = { 0 };

		assert_int_equal(rc_domain_xml_check_filter(cases[i].text, &a, &err), -1);
		if (!rc_str_starts(err.text, cases[i].begin))
			fail_msg("%s: %s", cases[i].why, err.text);
	}
}

#define PARAMETER(name, value) "<parameter name='" name "' value='" value "'/>"
#define OTHER6 PARAMETER("IPV6", "fd5c:9f1e:7a3b::c0a8:e703")
#define OWN6 PARAMETER("IPV6", "fd5c:9f1e:7a3b::c0a8:e702")

static void
test_ipv6(void **state)
{
	static const struct {
		const char *why, *parameters;
		bool without, with; /* IPv6: is the document right then? */
	} cases[] = {
		{ "none", "", true, false },
		{ "its own", OWN6, false, true },
		{ "another's", OTHER6, false, false },
		{ "its own, and another's", OWN6 OTHER6, false, false },
		{ "its own twice", OWN6 OWN6, false, false },
		{ "one without a value", "<parameter name='IPV6'/>", false, false },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *text = rc_format(
		    "<domain><devices><interface type='network'><filterref "
		    "filter='runnerctl-0'>" PARAMETER("IP", "192.168.231.2")
			PARAMETER("CTRL_IP_LEARNING", "none") "%s</filterref>"
							      "</interface></devices></domain>",
		    cases[i].parameters);
		struct rc_appliance a = { .ip = ip, .filter = filter };
		struct rc_error err;

		if ((rc_domain_xml_check_filter(text, &a, &err) == 0) != cases[i].without)
			fail_msg("%s, without", cases[i].why);
		a.ip6 = ip6;
		if ((rc_domain_xml_check_filter(text, &a, &err) == 0) != cases[i].with)
			fail_msg("%s, with", cases[i].why);
	}
}

static void
test_serial_log(void **state)
{
	static const struct {
		const char *why, *text, *expected;
	} cases[] = {
		{ "as ours", "<serial type='pty'><log file='/a' append='off'/></serial>", "/a" },
		{ "none", "", NULL },
		{ "a line without a log", "<serial type='pty'/>", NULL },
		{ "a console's", "<console><log file='/b'/></console>", NULL },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *text =
		    rc_format("<domain><devices>%s</devices></domain>", cases[i].text);
		scoped(rc_str_release) char *path = NULL;
		struct rc_error err;
		int result = rc_domain_xml_serial_log(&path, text, &err);

		if ((result == 0) != (cases[i].expected != NULL))
			fail_msg("%s", cases[i].why);
		if (cases[i].expected)
			assert_string_equal(path, cases[i].expected);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_domain),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_serial_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
