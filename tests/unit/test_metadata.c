/* The appliance's element: what is written is read again, and what is not ours is not believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/metadata.h"
#include "core/xml.h"
#include "golden.h"

#define HOSTILE RC_TESTS "/hostile/metadata"
#define UUID "6ba7b810-9dad-41d1-80b4-00c04fd430c8"

/* Strings are literals, so it is not released. */
static struct rc_appliance
full(void)
{
	static char name[] = "ci-1", image[] = "appliance@20260111.1", profile[] = "default",
		    mac[] = "52:54:00:d4:30:c8", ip[] = "192.168.231.2",
		    ip6[] = "fd5c:9f1e:7a3b::c0a8:e702", filter[] = "runnerctl-0123456789ab",
		    url[] = "https://gitlab.example.org", template[] = "5c6d0e7f8a9b",
		    tags[] = "docker,kvm";

	return (struct rc_appliance){
		.name = name,
		.generation = 3,
		.uuid = UUID,
		.state = RC_STATE_READY,
		.image = image,
		.profile = profile,
		.limits = { 2, 150, 20, UINT64_C(2) << 30, UINT64_C(20) << 30,
		    .disk_rate = 1 << 20 },
		.own = { .memory = UINT64_C(3) << 30, .net_out = RC_NO_LIMIT },
		.created = 1768142364,
		.template = template,
		.group = 9,
		.mac = mac,
		.ip = ip,
		.ip6 = ip6,
		.filter = filter,
		.url = url,
		.ownership = RC_RUNNER_OWNED,
		.runner_id = 4711,
		.token_expires = 1799678364,
		.system_id = "s_0123456789ab",
		.tags = tags,
	};
}

static void
assert_same_text(const char *a, const char *b)
{
	assert_string_equal(a ? a : "(none)", b ? b : "(none)");
}

static void
assert_same(const struct rc_appliance *a, const struct rc_appliance *b)
{
	assert_same_text(a->name, b->name);
	assert_int_equal(a->generation, b->generation);
	assert_string_equal(a->uuid, b->uuid);
	assert_int_equal(a->state, b->state);
	assert_same_text(a->image, b->image);
	assert_same_text(a->profile, b->profile);
	assert_true(rc_limits_equal(&a->limits, &b->limits));
	assert_true(rc_limits_equal(&a->own, &b->own));
	assert_same_text(a->template, b->template);
	assert_true(a->successor == b->successor && a->pumped == b->pumped);
	assert_int_equal(a->drain_begun, b->drain_begun);
	assert_int_equal(a->rotation_failed, b->rotation_failed);
	assert_int_equal(a->rotation_code, b->rotation_code);
	assert_true(a->group == b->group && a->project == b->project);
	assert_int_equal(a->created, b->created);
	assert_same_text(a->mac, b->mac);
	assert_same_text(a->ip, b->ip);
	assert_same_text(a->ip6, b->ip6);
	assert_same_text(a->filter, b->filter);
	assert_int_equal(a->emulated, b->emulated);
	assert_same_text(a->url, b->url);
	assert_true(a->ownership == b->ownership && a->renewal == b->renewal);
	assert_int_equal(a->runner_id, b->runner_id);
	assert_int_equal(a->token_expires, b->token_expires);
	assert_string_equal(a->system_id, b->system_id);
	assert_same_text(a->tags, b->tags);
}

static void
check_round_trip(const struct rc_appliance *a, const char *why)
{
	scoped(rc_str_release) char *text = rc_appliance_to_xml(a);
	scoped(rc_str_release) char *domain = rc_appliance_domain(a);
	scoped(rc_appliance_release) struct rc_appliance back = { 0 };
	struct rc_error err = { 0 };

	if (rc_appliance_from_xml(&back, text, domain, a->uuid, &err) < 0)
		fail_msg("%s: %s", why, err.text);
	assert_same(a, &back);
}

static void
test_golden(void **state)
{
	const struct rc_appliance a = full();
	scoped(rc_str_release) char *text = rc_appliance_to_xml(&a);

	(void)state;
	check_golden(text, GOLDEN("metadata.xml"));
	check_round_trip(&a, "full");
}

static void
test_round_trips(void **state)
{
	static char breakout[] = "\"><x a='1'/>&amp;]]><!--", lines[] = "a\n\tb\r\n",
		    utf8[] = "\xc3\xbc\xe2\x82\xac", empty[] = "";
	char *const values[] = { NULL, empty, breakout, lines, utf8 };
	struct rc_appliance a = full();

	(void)state;
	for (int s = RC_STATE_CREATING; s <= RC_STATE_DESTROYING; s++) {
		a.state = (enum rc_state)s;
		check_round_trip(&a, rc_state_name(a.state));
	}
	for (int o = RC_RUNNER_NONE; o <= RC_RUNNER_LENT; o++) {
		a.ownership = (enum rc_ownership)o;
		a.renewal = (enum rc_renewal)o;
		check_round_trip(&a, rc_ownership_name(a.ownership));
	}
	a.emulated = a.successor = a.pumped = true;
	a.drain_begun = 1768142400;
	check_round_trip(&a, "emulated, drains, to be replaced");
	a.rotation_failed = 1768142500;
	for (unsigned code = RC_FAILED; code <= RC_TIMEOUT; code++) {
		a.rotation_code = (enum rc_code)code;
		check_round_trip(&a, "its rotation failed");
	}
	for (size_t i = 0; i < RC_COUNT(values); i++) {
		a.profile = a.url = a.tags = values[i];
		if (values[i])
			a.image = a.mac = a.ip = a.filter = values[i];
		check_round_trip(&a, values[i] ? values[i] : "none");
	}
}

static void
test_edges_of_numbers(void **state)
{
	struct rc_appliance a = full();

	(void)state;
	a.generation = 999999999;
	a.limits = (struct rc_limits){ .cpus = 1024, 102400, 10000, INT64_MAX, INT64_MAX };
	a.created = a.runner_id = a.token_expires = INT64_MAX;
	memset(a.system_id, 'x', sizeof(a.system_id) - 1);
	check_round_trip(&a, "largest");
	a.generation = 1;
	a.limits = (struct rc_limits){ .cpus = 1, 1, 1, 1, 1 };
	a.created = a.runner_id = a.token_expires = 0;
	a.system_id[0] = '\0';
	check_round_trip(&a, "smallest");
}

/* The one thing that must not be written: a read-only client of libvirt can read all of this. */
static void
test_no_secret(void **state)
{
	const struct rc_appliance a = full();
	scoped(rc_str_release) char *text = rc_appliance_to_xml(&a);
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	struct rc_error err = { 0 };

	(void)state;
	assert_int_equal(rc_xml_parse(&doc, text, "metadata", &err), 0);
	assert_null(strstr(text, "glrt-"));
	for (xmlNode *n = xmlDocGetRootElement(doc)->children; n; n = n->next)
		for (xmlAttr *p = n->type == XML_ELEMENT_NODE ? n->properties : NULL; p;
		     p = p->next)
			if (strstr((const char *)p->name, "token") &&
			    strcmp((const char *)p->name, "token-expires") != 0)
				fail_msg("there is an attribute %s", (const char *)p->name);
}

/* libvirt hands the element out under another form: without the declaration of our namespace. */
static void
test_as_libvirt_returns_it(void **state)
{
	static const struct {
		const char *why, *from, *to;
		bool good;
	} cases[] = {
		{ "as it was written", "<appliance", "<appliance", true },
		{ "without a declaration", " xmlns=\"urn:runnerctl:appliance:1\"", "", true },
		{ "the declaration of the key", "xmlns=", "xmlns:runnerctl=", true },
		{ "a later version of ours", "appliance:1", "appliance:2", false },
		{ "somebody else's namespace", "urn:runnerctl:appliance:1", "urn:x", false },
		{ "another element", "<appliance ", "<applianced ", false },
		{ "an XML declaration", "<appliance", "<?xml version='1.0'?>\n<appliance", true },
		{ "a comment in front", "<appliance", "<!-- x --><appliance", true },
		{ "a comment inside", "<limits", "<!-- x --><limits", true },
		{ "more than we know", "<limits", "<future a='1'/><limits", true },
	};
	const struct rc_appliance a = full();
	scoped(rc_str_release) char *good = rc_appliance_to_xml(&a);

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *once = replaced(good, cases[i].from, cases[i].to);
		/* "</appliance>" must fit the beginning. */
		scoped(rc_str_release) char *text =
		    strstr(once, "<applianced") ? replaced(once, "</appliance>", "</applianced>")
						: rc_strdup(once);
		scoped(rc_appliance_release) struct rc_appliance back = { 0 };
		struct rc_error err = { 0 };

		if ((rc_appliance_from_xml(&back, text, "ci-1.3", UUID, &err) == 0) !=
		    cases[i].good)
			fail_msg("%s: %s", cases[i].why, err.text);
		if (cases[i].good)
			assert_same(&a, &back);
	}
}

static void
test_edits(void **state)
{
	static const struct {
		const char *why, *from, *to;
	} cases[] = {
		{ "the name of another appliance", "\"ci-1\"", "\"ci-2\"" },
		{ "no name", " name=\"ci-1\"", "" },
		{ "the generation of another one", "generation=\"3\"", "generation=\"4\"" },
		{ "generation 3 modulo 2^32", "generation=\"3\"", "generation=\"4294967299\"" },
		{ "generation with a blank", "generation=\"3\"", "generation=\" 3\"" },
		{ "generation signed", "generation=\"3\"", "generation=\"+3\"" },
		{ "no generation", " generation=\"3\"", "" },
		{ "the UUID of another domain: a clone", "6ba7b810", "6ba7b811" },
		{ "no UUID", " uuid=\"" UUID "\"", "" },
		{ "unknown state", "\"ready\"", "\"Ready\"" },
		{ "empty state", "\"ready\"", "\"\"" },
		{ "no state", " state=\"ready\"", "" },
		{ "no image", " image=\"appliance@20260111.1\"", "" },
		{ "created before all time", "\"1768142364\"", "\"-1\"" },
		{ "created beyond 64 bits", "\"1768142364\"", "\"9223372036854775808\"" },
		{ "created in a fraction", "\"1768142364\"", "\"1.5\"" },
		{ "created in words", "\"1768142364\"", "\"today\"" },
		{ "not created", " created=\"1768142364\"", "" },
		{ "no accelerator", " accel=\"kvm\"", "" },
		{ "unknown accelerator", "\"kvm\"", "\"hvf\"" },
		{ "accelerator in capitals", "\"kvm\"", "\"TCG\"" },
		{ "no limits", "<limits", "<limit" },
		{ "no CPU", "cpus=\"2\"", "cpus=\"0\"" },
		{ "CPUs beyond measure", "cpus=\"2\"", "cpus=\"1025\"" },
		{ "CPUs negative", "cpus=\"2\"", "cpus=\"-2\"" },
		{ "CPUs modulo 2^32", "cpus=\"2\"", "cpus=\"4294967298\"" },
		{ "no cap", " cpu-cap=\"150\"", "" },
		{ "cap beyond measure", "\"150\"", "\"102401\"" },
		{ "weight 0", "\"20\"", "\"0\"" },
		{ "weight beyond measure", "\"20\"", "\"10001\"" },
		{ "memory 0", "\"2147483648\"", "\"0\"" },
		{ "memory empty", "\"2147483648\"", "\"\"" },
		{ "memory negative", "\"2147483648\"", "\"-2147483648\"" },
		{ "memory beyond 63 bits", "\"2147483648\"", "\"9223372036854775808\"" },
		{ "memory in hexadecimal", "\"2147483648\"", "\"0x80000000\"" },
		{ "memory with a unit", "\"2147483648\"", "\"2GiB\"" },
		{ "disk as an exponent", "\"21474836480\"", "\"1e9\"" },
		{ "a person's memory negative", "\"3221225472\"", "\"-1\"" },
		{ "a rate negative", "disk-rate=\"1048576\"", "disk-rate=\"-1\"" },
		{ "a rate in words", "disk-rate=\"1048576\"", "disk-rate=\"none\"" },
		{ "a rate beyond measure", "disk-rate=\"1048576\"", "disk-rate=\"1099511627777\"" },
		{ "a wish in words", "\"none\"", "\"all\"" },
		{ "no disk", " disk=\"21474836480\"", "" },
		{ "no network", "<network", "<networks" },
		{ "no mac", " mac=\"52:54:00:d4:30:c8\"", "" },
		{ "no ip", " ip=\"192.168.231.2\"", "" },
		{ "no filter", " filter=\"runnerctl-0123456789ab\"", "" },
		{ "no runner", "<runner", "<runners" },
		{ "no ownership", " ownership=\"owned\"", "" },
		{ "unknown ownership", "\"owned\"", "\"stolen\"" },
		{ "group negative", "group=\"9\"", "group=\"-9\"" },
		{ "runner negative", "\"4711\"", "\"-4711\"" },
		{ "runner beyond 63 bits", "\"4711\"", "\"18446744073709551615\"" },
		{ "no runner id", " id=\"4711\"", "" },
		{ "expiry negative", "\"1799678364\"", "\"-1\"" },
		{ "no expiry", " token-expires=\"1799678364\"", "" },
		{ "no system id", " system-id=\"s_0123456789ab\"", "" },
		{ "system id too long", "\"s_0123456789ab\"", "\"s_0123456789abcd\"" },
		{ "attributes of another namespace", " state=\"ready\"",
		    " xmlns:x=\"urn:x\" x:state=\"ready\"" },
	};
	const struct rc_appliance a = full();
	scoped(rc_str_release) char *good = rc_appliance_to_xml(&a);

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *text = replaced(good, cases[i].from, cases[i].to);
		struct rc_appliance back = { 0 };
		struct rc_error err = { 0 };

		if (rc_appliance_from_xml(&back, text, "ci-1.3", UUID, &err) == 0)
			fail_msg("%s: was taken", cases[i].why);
		assert_int_equal(err.code, RC_FAILED);
		assert_string_equal(err.text, "the domain ci-1.3 has metadata of runnerctl that do "
					      "not agree with the domain");
		assert_null(back.name);
	}
}

static void
test_hostile(void **state)
{
	/* What follows the line number is libxml2's, and differs between its versions. */
	static const struct {
		const char *file, *begin;
	} cases[] = {
		{ "deep.xml", "domain ci-1.3: metadata:1: " },
		{ "doctype.xml", "domain ci-1.3: metadata:2: a DOCTYPE is not allowed here" },
		{ "duplicate-attribute.xml", "domain ci-1.3: metadata:1: " },
		{ "empty.xml", "domain ci-1.3: metadata:1: " },
		{ "entity.xml", "domain ci-1.3: metadata:1: " },
		{ "escape.xml", "domain ci-1.3: metadata:1: " },
		{ "json.xml", "domain ci-1.3: metadata:1: " },
		{ "nested.xml", "the domain ci-1.3 has metadata of runnerctl that do not agree" },
		{ "not-utf8.xml", "domain ci-1.3: metadata:1: " },
		{ "truncated.xml", "domain ci-1.3: metadata:1: " },
		{ "two.xml", "domain ci-1.3: metadata:2: " },
	};

	(void)state;
	check_files(HOSTILE, RC_COUNT(cases));
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *path = rc_format(HOSTILE "/%s", cases[i].file);
		scoped(rc_str_release) char *text = file_text(path);
		struct rc_appliance back = { 0 };
		struct rc_error err = { 0 };

		if (rc_appliance_from_xml(&back, text, "ci-1.3", UUID, &err) == 0)
			fail_msg("%s: was taken", cases[i].file);
		if (!rc_str_starts(err.text, cases[i].begin))
			fail_msg("%s: %s", cases[i].file, err.text);
		assert_null(strpbrk(err.text, "\n\x1b\a"));
		assert_null(back.name);
	}
}

static void
test_domain_names(void **state)
{
	static const char *const names[] = { "ci-1", "ci-1.0", "ci-1.03", "CI-1.3", "" };
	const struct rc_appliance a = full();
	scoped(rc_str_release) char *text = rc_appliance_to_xml(&a);

	(void)state;
	for (size_t i = 0; i < RC_COUNT(names); i++) {
		struct rc_appliance back = { 0 };
		struct rc_error err = { 0 };

		assert_int_equal(rc_appliance_from_xml(&back, text, names[i], UUID, &err), -1);
		assert_non_null(strstr(err.text, "is no appliance"));
	}
}

static void
test_copy(void **state)
{
	const struct rc_appliance a = full();
	scoped(rc_appliance_release) struct rc_appliance copy = { 0 }, nothing = { 0 };

	(void)state;
	rc_appliance_copy(&copy, &a);
	assert_same(&a, &copy);
	assert_ptr_not_equal(a.name, copy.name);
	assert_ptr_not_equal(a.tags, copy.tags);
	rc_appliance_copy(&nothing, &(struct rc_appliance){ 0 });
	assert_null(nothing.name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_edges_of_numbers),
		cmocka_unit_test(test_no_secret),
		cmocka_unit_test(test_as_libvirt_returns_it),
		cmocka_unit_test(test_edits),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_domain_names),
		cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
