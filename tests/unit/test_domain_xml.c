/* The domain: golden documents that libvirt's schema takes, and a filter that no template can lose.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/domain_xml.h"
#include "core/metadata.h"
#include "core/xml.h"
#include "golden.h"

#define FILTER "runnerctl-0123456789ab"
#define IP "192.168.231.2"
#define UUID "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
#define POOL "/var/lib/libvirt/runnerctl/"

static const struct rc_domain_parts parts = {
	.kernel = POOL "appliance@20260111.1.vmlinuz",
	.initrd = POOL "appliance@20260111.1.initrd",
	.root = POOL "appliance@20260111.1.root.squashfs",
	.cmdline = "console=ttyS0 quiet",
	.config_disk = POOL "ci-1.3.config",
	.data_disk = POOL "ci-1.3.data",
	.network = "runnerctl",
};

/* Strings are literals, so it is not released. */
static struct rc_appliance
appliance(void)
{
	static char name[] = "ci-1", image[] = "appliance@20260111.1", profile[] = "default",
		    mac[] = "52:54:00:d4:30:c8", ip[] = IP, filter[] = FILTER;

	return (struct rc_appliance){
		.name = name,
		.generation = 3,
		.uuid = UUID,
		.image = image,
		.profile = profile,
		.limits = { .cpus = 2, 150, 20, UINT64_C(2) << 30, UINT64_C(20) << 30 },
		.created = 1768142364,
		.mac = mac,
		.ip = ip,
		.filter = filter,
	};
}

static char *
filled(const struct rc_appliance *a, const struct rc_domain_parts *p)
{
	scoped(rc_str_release) char *template = file_text(TEMPLATE("domain.xml"));
	struct rc_error err = { 0 };
	char *xml = NULL;

	if (rc_domain_xml(&xml, a, p, template, "domain.xml", &err) < 0)
		fail_msg("%s", err.text);
	return xml;
}

static void
test_kvm(void **state)
{
	const struct rc_appliance a = appliance();
	scoped(rc_str_release) char *xml = filled(&a, &parts);

	(void)state;
	check_golden(xml, GOLDEN("domain-kvm.xml"));
	assert_non_null(strstr(xml, "<domain type=\"kvm\">"));
}

/* Emulated, and with an image that needs no initrd. */
static void
test_tcg(void **state)
{
	struct rc_appliance a = appliance();
	struct rc_domain_parts without = parts;
	scoped(rc_str_release) char *xml = NULL;

	(void)state;
	a.emulated = true;
	without.initrd = NULL;
	xml = filled(&a, &without);
	check_golden(xml, GOLDEN("domain-tcg.xml"));
	assert_non_null(strstr(xml, "<domain type=\"qemu\">"));
	assert_null(strstr(xml, "<initrd>"));
	assert_null(strstr(xml, "host-passthrough"));
}

static void
test_schema(void **state)
{
	(void)state;
	check_schema(GOLDEN("domain-kvm.xml"), "domain");
	check_schema(GOLDEN("domain-tcg.xml"), "domain");
}

/* What libvirt will find in <metadata> is what was put there. */
static void
test_metadata(void **state)
{
	static char tags[] = "a,</metadata>&amp;\"";
	struct rc_appliance a = appliance();
	scoped(rc_str_release) char *xml = NULL, *element = NULL;
	scoped(rc_appliance_release) struct rc_appliance back = { 0 };
	struct rc_error err = { 0 };
	const char *begin, *end;

	(void)state;
	a.tags = tags;
	xml = filled(&a, &parts);
	begin = strstr(xml, "<appliance");
	end = strstr(xml, "</appliance>");
	assert_non_null(begin);
	assert_non_null(end);
	element = rc_strndup(begin, (size_t)(end - begin) + strlen("</appliance>"));
	if (rc_appliance_from_xml(&back, element, "ci-1.3", UUID, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(back.tags, tags);
	assert_string_equal(back.ip, IP);
}

static void
test_numbers(void **state)
{
	static const struct {
		const char *why;
		struct rc_limits limits;
		const char *needle;
	} cases[] = {
		{ "KiB, rounded down", { .cpus = 1, 100, 20, (UINT64_C(1) << 30) + 1023, 1 },
		    "<currentMemory unit=\"KiB\">1048576<" },
		{ "the most memory", { .cpus = 1, 100, 20, UINT64_C(4) << 40, 1 },
		    "<memory unit=\"KiB\" dumpCore=\"off\">4294967296<" },
		{ "the smallest cap", { .cpus = 1, 5, 20, 1 << 30, 1 }, "<global_quota>5000<" },
		{ "the largest cap", { .cpus = 255, 25500, 20, 1 << 30, 1 },
		    "<global_quota>25500000<" },
		{ "CPUs", { .cpus = 255, 100, 20, 1 << 30, 1 }, "<vcpu placement=\"static\">255<" },
		{ "weight", { .cpus = 1, 100, 10000, 1 << 30, 1 }, "<shares>10000<" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_appliance a = appliance();
		scoped(rc_str_release) char *xml = NULL;

		a.limits = cases[i].limits;
		xml = filled(&a, &parts);
		if (!strstr(xml, cases[i].needle))
			fail_msg("%s: %s", cases[i].why, xml);
	}
}

/* Parts that come from the pool's path and the image's manifest. */
static void
test_values_stay_data(void **state)
{
	struct rc_domain_parts odd = parts;
	const struct rc_appliance a = appliance();
	scoped(rc_str_release) char *xml = NULL, *kernel = NULL, *root = NULL;
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	struct rc_error err = { 0 };

	(void)state;
	odd.kernel = "/a</kernel><loader>/evil</loader><kernel>";
	odd.root = "/b'/><backingStore file='/etc/shadow";
	xml = filled(&a, &odd);
	assert_int_equal(rc_xml_parse(&doc, xml, "filled", &err), 0);
	kernel = rc_xml_content(rc_xml_path(xmlDocGetRootElement(doc), "os/kernel"));
	root =
	    rc_xml_attribute(rc_xml_path(xmlDocGetRootElement(doc), "devices/disk/source"), "file");
	assert_string_equal(kernel, odd.kernel);
	assert_string_equal(root, odd.root);
	assert_null(rc_xml_path(xmlDocGetRootElement(doc), "os/loader"));
}

#define LEARNING "<parameter name='CTRL_IP_LEARNING' value='none'/>"
#define PARAMETER_IP "<parameter name='IP' value='@ip@'/>"
/* A place for holes that a template has taken from where they belong. */
#define ELSEWHERE "<title>@filter@ @ip@</title><description>@ip6@</description><metadata/>"
#define TWIN_INTERFACE                                                                             \
	"<interface type='network'><filterref filter='@filter@'><parameter name='IP' value='@ip@'" \
	"/><parameter name='CTRL_IP_LEARNING' value='none'/></filterref></interface>"
#define OTHER_INTERFACE "<interface type='network'><source network='default'/></interface>"

static void
test_templates(void **state)
{
	static const struct {
		const char *why, *from, *to;
		const char *expected;
	} cases[] = {
		{ "no place for metadata", "<metadata/>", "",
		    "domain.xml:6: <domain> lacks <metadata/>" },
		{ "somebody else's metadata", "<metadata/>",
		    "<metadata><x xmlns='urn:x'/></metadata>", NULL },
		{ "the metadata of another appliance", "<metadata/>",
		    "<metadata>\n<appliance xmlns='urn:runnerctl:appliance:1'/></metadata>",
		    "domain.xml:9: <metadata> has an <appliance> already" },
		{ "no filter parameter", PARAMETER_IP, "",
		    "domain.xml:6: <domain> lacks the hole @ip@" },
		{ "the address in a comment", PARAMETER_IP, "<!-- @ip@ -->",
		    "domain.xml:6: <domain> lacks the hole @ip@" },
		{ "the address elsewhere", PARAMETER_IP, "<x>@ip@</x>",
		    "domain.xml: an interface's filter is not bound to " IP },
		{ "another address as well", PARAMETER_IP,
		    PARAMETER_IP "<parameter name='IP' value='10.0.0.1'/>",
		    "domain.xml: an interface's filter is not bound to " IP },
		{ "learning", LEARNING, "<parameter name='CTRL_IP_LEARNING' value='any'/>",
		    "domain.xml: an interface's filter is not bound to " IP },
		{ "learning by default", LEARNING, "",
		    "domain.xml: an interface's filter is not bound to " IP },
		{ "both", LEARNING, LEARNING "<parameter name='CTRL_IP_LEARNING' value='dhcp'/>",
		    "domain.xml: an interface's filter is not bound to " IP },
		{ "another filter", "filter='@filter@'", "filter='clean-traffic' x='@filter@'",
		    "domain.xml: an interface is not behind the filter " FILTER },
		{ "a filter of another namespace", "<filterref filter", "<filterref x:filter",
		    "domain.xml: an interface is not behind the filter " FILTER },
		{ "a second filter", "<rom enabled='no'/>", "<filterref filter='clean-traffic'/>",
		    "domain.xml: an interface is not behind the filter " FILTER },
		{ "an unconfined qemu", "<devices>", "<seclabel type='none'/><devices>",
		    "domain.xml: <seclabel type='none'> lets qemu go unconfined" },
		{ "user-mode networking", "<interface type='network'>", "<interface type='user'>",
		    "domain.xml: an interface of type 'user' cannot be filtered" },
		{ "macvtap", "<interface type='network'>", "<interface type='direct'>",
		    "domain.xml: an interface of type 'direct' cannot be filtered" },
		{ "any bridge", "<interface type='network'>", "<interface type='bridge'>",
		    "domain.xml: an interface of type 'bridge' cannot be filtered" },
		{ "no type", "<interface type='network'>", "<interface>",
		    "domain.xml: an interface of type '' cannot be filtered" },
		{ "a second interface", "</devices>", OTHER_INTERFACE "</devices>",
		    "domain.xml: an interface is not behind the filter " FILTER },
		{ "a second interface in front", "<devices>", "<devices>" OTHER_INTERFACE,
		    "domain.xml: an interface is not behind the filter " FILTER },
		{ "the same interface once more", "</devices>", TWIN_INTERFACE "</devices>",
		    "domain.xml: the domain has 2 interfaces: an appliance has one" },
		{ "a device past libvirt", "</domain>",
		    "<q:commandline "
		    "xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'/></domain>",
		    "domain.xml: <commandline> goes past libvirt, and past the filter" },
		{ "second devices", "</devices>",
		    "</devices><devices>" OTHER_INTERFACE "</devices>",
		    "domain.xml: an interface is not behind the filter " FILTER },
	};
	const struct rc_appliance a = appliance();
	scoped(rc_str_release) char *good = file_text(TEMPLATE("domain.xml"));

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *text = replaced(good, cases[i].from, cases[i].to);
		scoped(rc_str_release) char *xml = NULL;
		struct rc_error err = { 0 };
		const char *expected = cases[i].expected;
		int result = rc_domain_xml(&xml, &a, &parts, text, "domain.xml", &err);

		if ((result == 0) != (expected == NULL))
			fail_msg("%s: %s", cases[i].why, xml ? xml : err.text);
		if (!expected)
			continue;
		if (strcmp(err.text, expected) != 0)
			fail_msg("%s: %s", cases[i].why, err.text);
		assert_int_equal(err.code, RC_HOST);
		assert_null(xml);
	}
}

/* The whole <filterref> gone, and its holes kept somewhere where they do nothing. */
static void
test_filter_moved_away(void **state)
{
	const struct rc_appliance a = appliance();
	scoped(rc_str_release) char *good = file_text(TEMPLATE("domain.xml"));
	scoped(rc_str_release) char *moved = replaced(good, "<metadata/>", ELSEWHERE);
	scoped(rc_str_release) char *text = NULL, *xml = NULL;
	char *begin = strstr(moved, "<filterref"), *end = strstr(moved, "</filterref>");
	struct rc_error err = { 0 };

	(void)state;
	text = rc_format("%.*s%s", (int)(begin - moved), moved, end + strlen("</filterref>"));
	assert_int_equal(rc_domain_xml(&xml, &a, &parts, text, "mine.xml", &err), -1);
	assert_string_equal(err.text, "mine.xml: an interface is not behind the filter " FILTER);
}

/* What rc_domain_xml_check_filter() is for: the document that libvirt gives back. */
static void
test_live(void **state)
{
	static const struct {
		const char *why, *from, *to, *expected;
	} cases[] = {
		{ "as it was", "<domain", "<domain", NULL },
		{ "running", "<domain", "<domain id='7'", NULL },
		{ "with an alias and a tap", "<model type=\"virtio\"/>",
		    "<target dev='vnet0'/><model type='virtio'/><alias name='net0'/>", NULL },
		{ "another filter's version", "<filterref filter=\"runnerctl-0123456789ab\"",
		    "<filterref filter=\"runnerctl-0123456789ac\"",
		    "an interface is not behind the filter " FILTER },
		{ "libvirt dropped the filter", "filterref", "filter",
		    "an interface is not behind the filter " FILTER },
		{ "another address", "name=\"IP\" value=\"192.168.231.2\"",
		    "name=\"IP\" value=\"192.168.231.3\"",
		    "an interface's filter is not bound to " IP },
		{ "a parameter without a value", "name=\"IP\" value=\"192.168.231.2\"",
		    "name=\"IP\"", "an interface's filter is not bound to " IP },
		{ "names are not folded", "name=\"IP\"", "name=\"ip\"",
		    "an interface's filter is not bound to " IP },
	};
	const struct rc_appliance a = appliance();
	scoped(rc_str_release) char *good = filled(&a, &parts);

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		/* The names of the elements at both ends. */
		scoped(rc_str_release) char *once = replaced(good, cases[i].from, cases[i].to);
		scoped(rc_str_release) char *text = strcmp(cases[i].from, "filterref") == 0
							? replaced(once, "</filterref", "</filter")
							: rc_strdup(once);
		struct rc_error err = { 0 };
		int result = rc_domain_xml_check_filter(text, &a, &err);

		if ((result == 0) != (cases[i].expected == NULL))
			fail_msg("%s: %s", cases[i].why, err.text);
		if (cases[i].expected && strcmp(err.text, cases[i].expected) != 0)
			fail_msg("%s: %s", cases[i].why, err.text);
	}
}

/* Values that no XML can hold are refused before libvirt sees them, and leave nothing behind. */
static void
test_unsayable(void **state)
{
	static char tags[] = "a\xff", url[] = "https://x\x01";
	scoped(rc_str_release) char *template = file_text(TEMPLATE("domain.xml"));
	struct rc_domain_parts bad = parts;
	struct rc_appliance a = appliance();
	struct rc_error err = { 0 };
	char *xml = NULL;

	(void)state;
	bad.cmdline = "quiet\x1b";
	assert_int_equal(rc_domain_xml(&xml, &a, &bad, template, "T", &err), -1);
	assert_string_equal(
	    err.text, "T: the value for @cmdline@ is not UTF-8 or holds a control character");
	a.tags = tags;
	assert_int_equal(rc_domain_xml(&xml, &a, &parts, template, "T", &err), -1);
	a.tags = NULL;
	a.url = url;
	assert_int_equal(rc_domain_xml(&xml, &a, &parts, template, "T", &err), -1);
	assert_null(xml);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kvm),
		cmocka_unit_test(test_tcg),
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_values_stay_data),
		cmocka_unit_test(test_templates),
		cmocka_unit_test(test_filter_moved_away),
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_unsayable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
