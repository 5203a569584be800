/* Caps in the domain that there need not be: all of them, each alone, none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/domain_xml.h"
#include "golden.h"

#define KiB (UINT64_C(1) << 10)
#define MiB (UINT64_C(1) << 20)
#define GiB (UINT64_C(1) << 30)

/* With these limits beside those that every appliance has; the caller frees. */
static char *
filled(const struct rc_limits *caps, const char *partition)
{
	static char name[] = "ci-1", image[] = "appliance@20260111.1", profile[] = "default",
		    mac[] = "52:54:00:d4:30:c8", ip[] = "192.168.231.2",
		    filter[] = "runnerctl-0123456789ab";
	struct rc_appliance a = { .name = name,
		.generation = 3,
		.uuid = "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
		.image = image,
		.profile = profile,
		.created = 1768142364,
		.mac = mac,
		.ip = ip,
		.filter = filter };
	const struct rc_domain_parts parts = { .kernel = "/p/vmlinuz",
		.initrd = "/p/initrd",
		.root = "/p/root.squashfs",
		.cmdline = "quiet",
		.config_disk = "/p/ci-1.3.config",
		.data_disk = "/p/ci-1.3.data",
		.network = "runnerctl",
		.partition = partition };
	static const struct rc_limits least = { .cpus = 2, 150, 20, 2 * GiB, 20 * GiB };
	scoped(rc_str_release) char *template = file_text(TEMPLATE("domain.xml"));
	struct rc_error err = { 0 };
	char *xml = NULL;

	a.limits = rc_limits_over(&least, caps);
	if (rc_limits_check(&a.limits, &err) < 0 ||
	    rc_domain_xml(&xml, &a, &parts, template, "domain.xml", &err) < 0)
		fail_msg("%s", err.text);
	return xml;
}

static void
test_all(void **state)
{
	static const struct rc_limits all = { .disk_rate = 10 * MiB,
		.disk_rate_burst = 40 * MiB,
		.disk_iops = 500,
		.disk_iops_burst = 2000,
		.disk_burst_time = 10,
		.net_in = 4 * MiB,
		.net_out = MiB };
	scoped(rc_str_release) char *xml = filled(&all, "/machine/runnerctl");

	(void)state;
	check_golden(xml, GOLDEN("domain-caps.xml"));
	check_schema(GOLDEN("domain-caps.xml"), "domain");
}

/* What is not capped leaves no empty element behind, which libvirt would not take. */
static void
test_each(void **state)
{
	static const char *const elements[] = { "<resource>", "<iotune>", "_bytes_sec>",
		"_bytes_sec_max>", "_bytes_sec_max_length>", "_iops_sec>", "_iops_sec_max>",
		"_iops_sec_max_length>", "<bandwidth>", "<inbound average=", "<outbound average=" };
	static const struct {
		const char *why;
		struct rc_limits caps;
		const char *partition;
		const char *has; /* those of elements that must be there */
	} cases[] = {
		{ "nothing", { 0 }, NULL, "" },
		{ "the partition", { 0 }, "/machine/runnerctl", "<resource>" },
		{ "a rate", { .disk_rate = MiB }, NULL, "<iotune> _bytes_sec>" },
		{ "operations", { .disk_iops = 100 }, NULL, "<iotune> _iops_sec>" },
		{ "a burst of qemu's own time", { .disk_rate = MiB, .disk_rate_burst = 2 * MiB },
		    NULL, "<iotune> _bytes_sec> _bytes_sec_max>" },
		{ "a time for the burst that there is",
		    { .disk_rate = MiB,
			.disk_iops = 100,
			.disk_iops_burst = 200,
			.disk_burst_time = 3 },
		    NULL, "<iotune> _bytes_sec> _iops_sec> _iops_sec_max> _iops_sec_max_length>" },
		{ "in", { .net_in = MiB }, NULL, "<bandwidth> <inbound average=" },
		{ "out", { .net_out = MiB }, NULL, "<bandwidth> <outbound average=" },
		{ "none by name", { .net_out = RC_NO_LIMIT }, NULL, "" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *xml = filled(&cases[i].caps, cases[i].partition);

		for (size_t e = 0; e < RC_COUNT(elements); e++)
			if (!strstr(xml, elements[e]) != !strstr(cases[i].has, elements[e]))
				fail_msg("%s: %s\n%s", cases[i].why, elements[e], xml);
	}
}

/* Its caps are changed by name, and a template may call it as it likes. */
static void
test_data_disk(void **state)
{
	static const struct {
		const char *why, *xml, *name, *text;
	} cases[] = {
		{ "the third",
		    "<domain><devices><disk><target dev='vda'/><serial>rc-root</serial></disk>"
		    "<disk><target dev='vdb'/></disk>"
		    "<disk><target dev='vdc'/><serial>rc-data</serial></disk></devices></domain>",
		    "vdc", NULL },
		{ "the first",
		    "<domain><devices><disk><serial>rc-data</serial><target dev='sda'/></disk>"
		    "</devices></domain>",
		    "sda", NULL },
		{ "none", "<domain><devices/></domain>", NULL,
		    "the domain has no disk with the serial rc-data" },
		{ "another",
		    "<domain><devices><disk><serial>rc-data2</serial></disk></devices></domain>",
		    NULL, "the domain has no disk with the serial rc-data" },
		{ "without a name",
		    "<domain><devices><disk><serial>rc-data</serial></disk></devices></domain>",
		    NULL, "its data disk has no name" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *name = NULL;
		struct rc_error err = { 0 };
		int result = rc_domain_xml_data_disk(&name, cases[i].xml, &err);

		if ((result == 0) != (cases[i].name != NULL) ||
		    strcmp(result ? err.text : name, result ? cases[i].text : cases[i].name) != 0)
			fail_msg("%s: %s", cases[i].why, result ? err.text : name);
	}
}

/* libvirt's KiB are tc's kB: a rate is never rounded up, nor down to none. */
static void
test_units(void **state)
{
	static const struct {
		uint64_t net_in;
		const char *needle;
	} cases[] = {
		{ 32 * KiB, "<inbound average=\"32\"/>" },
		{ MiB, "<inbound average=\"1048\"/>" },
		{ 1999999, "<inbound average=\"1999\"/>" },
		{ 64 * GiB, "<inbound average=\"68719476\"/>" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		const struct rc_limits caps = { .net_in = cases[i].net_in };
		scoped(rc_str_release) char *xml = filled(&caps, NULL);

		if (!strstr(xml, cases[i].needle))
			fail_msg("%s: %s", cases[i].needle, xml);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_data_disk),
		cmocka_unit_test(test_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
