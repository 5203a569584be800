/* The domain of an image that boots by itself: as the other, but for what it boots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/domain_xml.h"
#include "core/xml.h"
#include "golden.h"

#define POOL "/var/lib/libvirt/runnerctl/"

static char *
filled(const char *format)
{
	static char name[] = "ci-1", image[] = "debian@20260111.1", profile[] = "default",
		    mac[] = "52:54:00:d4:30:c8", ip[] = "192.168.231.2",
		    filter[] = "runnerctl-0123456789ab";
	const struct rc_appliance a = {
		.name = name,
		.generation = 3,
		.uuid = "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
		.image = image,
		.profile = profile,
		.limits = { 2, 150, 20, UINT64_C(2) << 30, UINT64_C(20) << 30 },
		.created = 1768142364,
		.mac = mac,
		.ip = ip,
		.filter = filter,
	};
	const struct rc_domain_parts parts = {
		.disk = POOL "debian@20260111.1.disk.raw",
		.disk_format = format,
		.config_disk = POOL "ci-1.3.config",
		.data_disk = POOL "ci-1.3.data",
		.network = "runnerctl",
	};
	scoped(rc_str_release) char *template = file_text(TEMPLATE("domain-disk.xml"));
	struct rc_error err = { 0 };
	char *xml = NULL;

	if (rc_domain_xml(&xml, &a, &parts, template, "domain-disk.xml", &err) < 0)
		fail_msg("%s", err.text);
	return xml;
}

static void
test_golden(void **state)
{
	scoped(rc_str_release) char *raw = filled("raw"), *qcow2 = filled("qcow2");

	(void)state;
	check_golden(raw, GOLDEN("domain-disk.xml"));
	check_schema(GOLDEN("domain-disk.xml"), "domain");
	assert_non_null(strstr(raw, "<format type=\"raw\"/>"));
	assert_non_null(strstr(qcow2, "<format type=\"qcow2\"/>"));
	assert_null(strstr(raw, "<kernel>"));
	assert_null(strstr(raw, ".config"));
}

/* What a template says outside of <os> and its disks. */
static char *
hardening(const char *path)
{
	scoped(rc_str_release) char *text = file_text(path);
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	struct rc_error err = { 0 };
	xmlNode *root, *devices, *next;

	if (rc_xml_parse(&doc, text, path, &err) < 0)
		fail_msg("%s", err.text);
	root = xmlDocGetRootElement(doc);
	devices = rc_xml_child(root, "devices");
	for (xmlNode *n = root->children; n; n = next) {
		next = n->next;
		if (n->type == XML_COMMENT_NODE || n == rc_xml_child(root, "os")) {
			xmlUnlinkNode(n);
			xmlFreeNode(n);
		}
	}
	for (xmlNode *n = devices->children; n; n = next) {
		next = n->next;
		if (xmlStrEqual(n->name, BAD_CAST "disk") && rc_xml_child(n, "iotune")) {
			xmlNode *caps = rc_xml_child(n, "iotune"); /* no matter of the image */

			xmlUnlinkNode(caps);
			xmlAddChild(root, caps);
		}
		if (n->type != XML_ELEMENT_NODE || xmlStrEqual(n->name, BAD_CAST "disk")) {
			xmlUnlinkNode(n);
			xmlFreeNode(n);
		}
	}
	for (xmlNode *n = doc->children; n; n = next) {
		next = n->next;
		if (n->type == XML_COMMENT_NODE) {
			xmlUnlinkNode(n);
			xmlFreeNode(n);
		}
	}
	return rc_xml_text(doc);
}

/* Whatever one template is hardened with, the other is too. */
static void
test_as_hard_as_the_other(void **state)
{
	scoped(rc_str_release) char *one = hardening(TEMPLATE("domain.xml"));
	scoped(rc_str_release) char *other = hardening(TEMPLATE("domain-disk.xml"));

	(void)state;
	assert_non_null(strstr(one, "filterref"));
	assert_non_null(strstr(one, "iotune"));
	assert_string_equal(one, other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_as_hard_as_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
