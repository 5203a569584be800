/* The filters: names from the content, golden documents, and rules whose order is never a matter of
 * luck. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/filter_xml.h"
#include "core/xml.h"
#include "golden.h"

#define CHAIN_NAME_MAX 12 /* libvirt's MAX_CHAIN_SUFFIX_SIZE, without the NUL */

struct texts {
	char *of[RC_FILTER_PARTS];
};

static void
texts_release(struct texts *texts)
{
	for (int i = 0; i < RC_FILTER_PARTS; i++)
		free(texts->of[i]);
}

static struct texts
shipped(void)
{
	struct texts texts;

	for (int i = 0; i < RC_FILTER_PARTS; i++) {
		scoped(rc_str_release) char *path =
		    rc_format(TEMPLATE("%s"), rc_filter_template((enum rc_filter_part)i));

		texts.of[i] = file_text(path);
	}
	return texts;
}

static int
build(struct rc_filters *ret, const struct texts *texts, struct rc_error *err)
{
	struct rc_template_source sources[RC_FILTER_PARTS];

	for (int i = 0; i < RC_FILTER_PARTS; i++)
		sources[i] = (struct rc_template_source){ texts->of[i],
			rc_filter_template((enum rc_filter_part)i) };
	return rc_filters_build(ret, sources, err);
}

static struct rc_filters
built(const struct texts *texts)
{
	struct rc_filters filters = { 0 };
	struct rc_error err = { 0 };

	if (build(&filters, texts, &err) < 0)
		fail_msg("%s", err.text);
	return filters;
}

static void
test_golden(void **state)
{
	scoped(texts_release) struct texts texts = shipped();
	scoped(rc_filters_release) struct rc_filters filters = built(&texts);

	(void)state;
	check_golden(filters.parts[RC_FILTER_IPV4].xml, GOLDEN("filter-ipv4.xml"));
	check_golden(filters.parts[RC_FILTER_ARP].xml, GOLDEN("filter-arp.xml"));
	check_golden(filters.parts[RC_FILTER_ROOT].xml, GOLDEN("filter.xml"));
}

static void
test_schema(void **state)
{
	(void)state;
	check_schema(GOLDEN("filter-ipv4.xml"), "nwfilter");
	check_schema(GOLDEN("filter-arp.xml"), "nwfilter");
	check_schema(GOLDEN("filter.xml"), "nwfilter");
}

static void
test_names(void **state)
{
	static const char *const begins[] = { "runnerctl-ipv4-", "runnerctl-arp-", "runnerctl-" };
	scoped(texts_release) struct texts texts = shipped();
	scoped(rc_filters_release) struct rc_filters filters = built(&texts), again = built(&texts);

	(void)state;
	for (int i = 0; i < RC_FILTER_PARTS; i++) {
		const char *name = filters.parts[i].name, *tail = name + strlen(begins[i]);

		assert_true(rc_str_starts(name, begins[i]));
		assert_int_equal(strlen(tail), 12);
		assert_int_equal(strspn(tail, "0123456789abcdef"), 12);
		assert_string_equal(name, again.parts[i].name);
		assert_string_equal(filters.parts[i].uuid, again.parts[i].uuid);
		assert_string_equal(filters.parts[i].xml, again.parts[i].xml);
		assert_non_null(strstr(filters.parts[i].xml, filters.parts[i].uuid));
	}
	assert_string_not_equal(filters.parts[0].uuid, filters.parts[1].uuid);
	assert_string_not_equal(filters.parts[1].uuid, filters.parts[2].uuid);
}

/* A change in any of the three changes all three: the root names the others. */
static void
test_other_content(void **state)
{
	scoped(texts_release) struct texts texts = shipped();
	scoped(rc_filters_release) struct rc_filters before = built(&texts);

	(void)state;
	for (int changed = 0; changed < RC_FILTER_PARTS; changed++) {
		char *old = texts.of[changed];
		scoped(rc_filters_release) struct rc_filters after = { 0 };

		texts.of[changed] = rc_format("%s\n", old);
		after = built(&texts);
		for (int i = 0; i < RC_FILTER_PARTS; i++) {
			assert_string_not_equal(before.parts[i].name, after.parts[i].name);
			assert_string_not_equal(before.parts[i].uuid, after.parts[i].uuid);
		}
		free(texts.of[changed]);
		texts.of[changed] = old;
	}
}

/* Text that moves from one template into the next is another content, too. */
static void
test_borders_count(void **state)
{
	static const char *const holes = "<f n='@name@' u='@uuid@'/>";
	static const char *const root = "<f n='@name@' u='@uuid@' i='@ipv4@' a='@arp@'/>";
	struct texts one = { { rc_format("%s ", holes), rc_strdup(holes), rc_strdup(root) } };
	struct texts two = { { rc_strdup(holes), rc_format(" %s", holes), rc_strdup(root) } };
	scoped(rc_filters_release) struct rc_filters a = built(&one), b = built(&two);

	(void)state;
	assert_string_not_equal(a.parts[0].name, b.parts[0].name);
	texts_release(&one);
	texts_release(&two);
}

static void
test_root_refers(void **state)
{
	scoped(texts_release) struct texts texts = shipped();
	scoped(rc_filters_release) struct rc_filters filters = built(&texts);
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	scoped(rc_str_release) char *first = NULL, *second = NULL;
	struct rc_error err = { 0 };
	xmlNode *reference;

	(void)state;
	assert_int_equal(rc_xml_parse(&doc, filters.parts[RC_FILTER_ROOT].xml, "root", &err), 0);
	reference = rc_xml_child(xmlDocGetRootElement(doc), "filterref");
	first = rc_xml_attribute(reference, "filter");
	second = rc_xml_attribute(rc_xml_next(reference), "filter");
	assert_string_equal(first, filters.parts[RC_FILTER_IPV4].name);
	assert_string_equal(second, filters.parts[RC_FILTER_ARP].name);
	assert_null(rc_xml_next(rc_xml_next(reference)));
}

static int
number(xmlNode *node, const char *name)
{
	scoped(rc_str_release) char *text = rc_xml_attribute(node, name);

	assert_non_null(text);
	return atoi(text);
}

/* libvirt sorts rules of the same priority in any order. */
static void
check_priorities(xmlNode *root)
{
	bool seen[2001] = { false };

	for (xmlNode *r = rc_xml_child(root, "rule"); r; r = rc_xml_next(r)) {
		int priority = number(r, "priority");

		assert_in_range(priority + 1000, 0, 2000);
		if (seen[priority + 1000])
			fail_msg("line %ld: priority %d is there twice", xmlGetLineNo(r), priority);
		seen[priority + 1000] = true;
	}
}

/* The root's rules and its chains are sorted together. */
static void
test_order(void **state)
{
	scoped(texts_release) struct texts texts = shipped();
	int chain_priorities[RC_FILTER_PARTS] = { 0 };

	(void)state;
	for (int i = 0; i < RC_FILTER_PARTS; i++) {
		scoped(rc_xml_release) xmlDoc *doc = NULL;
		scoped(rc_str_release) char *chain = NULL;
		struct rc_error err = { 0 };
		xmlNode *root;

		assert_int_equal(rc_xml_parse(&doc, texts.of[i], "filter", &err), 0);
		root = xmlDocGetRootElement(doc);
		check_priorities(root);
		chain = rc_xml_attribute(root, "chain");
		assert_true(strlen(chain) <= CHAIN_NAME_MAX);
		if (i != RC_FILTER_ROOT) {
			chain_priorities[i] = number(root, "priority");
			continue;
		}
		assert_string_equal(chain, "root");
		for (xmlNode *r = rc_xml_child(root, "rule"); r; r = rc_xml_next(r))
			for (int k = 0; k < RC_FILTER_ROOT; k++)
				assert_int_not_equal(number(r, "priority"), chain_priorities[k]);
	}
	assert_int_not_equal(chain_priorities[RC_FILTER_IPV4], chain_priorities[RC_FILTER_ARP]);
}

/* Rules of IP tables do nothing where bridge-nf-call-iptables is 0: only ebtables' are allowed. */
static void
test_ethernet_rules_only(void **state)
{
	scoped(texts_release) struct texts texts = shipped();

	(void)state;
	for (int i = 0; i < RC_FILTER_PARTS; i++) {
		scoped(rc_xml_release) xmlDoc *doc = NULL;
		struct rc_error err = { 0 };

		assert_int_equal(rc_xml_parse(&doc, texts.of[i], "filter", &err), 0);
		for (xmlNode *r = rc_xml_child(xmlDocGetRootElement(doc), "rule"); r;
		     r = rc_xml_next(r))
			for (xmlNode *p = r->children; p; p = p->next)
				if (p->type == XML_ELEMENT_NODE && !rc_xml_child(r, "ip") &&
				    !rc_xml_child(r, "arp") && !rc_xml_child(r, "mac"))
					fail_msg("line %ld: <%s>", xmlGetLineNo(p),
					    (const char *)p->name);
	}
}

/* Whatever else the rules say, the last word of the root is to drop everything. */
static void
test_default_drop(void **state)
{
	scoped(texts_release) struct texts texts = shipped();
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	struct rc_error err = { 0 };
	xmlNode *last = NULL;
	scoped(rc_str_release) char *action = NULL, *direction = NULL;

	(void)state;
	assert_int_equal(rc_xml_parse(&doc, texts.of[RC_FILTER_ROOT], "filter", &err), 0);
	for (xmlNode *r = rc_xml_child(xmlDocGetRootElement(doc), "rule"); r; r = rc_xml_next(r))
		if (!last || number(r, "priority") > number(last, "priority"))
			last = r;
	action = rc_xml_attribute(last, "action");
	direction = rc_xml_attribute(last, "direction");
	assert_string_equal(action, "drop");
	assert_string_equal(direction, "inout");
	assert_int_equal(number(last, "priority"), 1000);
	assert_int_equal(xmlChildElementCount(last), 0);
}

static void
test_templates_of_the_operator(void **state)
{
	static const struct {
		const char *why;
		enum rc_filter_part part;
		const char *from, *to, *begin;
	} cases[] = {
		{ "no reference to the IPv4 rules", RC_FILTER_ROOT, "@ipv4@", "clean-traffic",
		    "filter.xml:7: <filter> lacks the hole @ipv4@" },
		{ "no name", RC_FILTER_ARP, "@name@", "mine",
		    "filter-arp.xml:2: <filter> lacks the hole" },
		{ "no UUID", RC_FILTER_IPV4, "@uuid@", "1",
		    "filter-ipv4.xml:6: <filter> lacks the hole" },
		{ "a hole of the root elsewhere", RC_FILTER_ARP, "$GATEWAY", "@ipv4@",
		    "filter-arp.xml:8: unknown hole @ipv4@" },
		{ "broken", RC_FILTER_ROOT, "</filter>", "", "filter.xml:" },
	};
	scoped(texts_release) struct texts texts = shipped();

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		char *old = texts.of[cases[i].part];
		struct rc_filters filters = { 0 };
		struct rc_error err = { 0 };

		texts.of[cases[i].part] = replaced(old, cases[i].from, cases[i].to);
		if (build(&filters, &texts, &err) == 0)
			fail_msg("%s: was taken", cases[i].why);
		if (!rc_str_starts(err.text, cases[i].begin))
			fail_msg("%s: %s", cases[i].why, err.text);
		assert_int_equal(err.code, RC_HOST);
		assert_null(filters.parts[0].name);
		free(texts.of[cases[i].part]);
		texts.of[cases[i].part] = old;
	}
}

static void
test_uuids(void **state)
{
	char one[37], two[37];

	(void)state;
	assert_string_equal(rc_uuid_of(one, "runnerctl pool"), rc_uuid_of(two, "runnerctl pool"));
	assert_string_not_equal(
	    rc_uuid_of(one, "runnerctl pool"), rc_uuid_of(two, "runnerctl network"));
	/* Version 8, variant 10; the rest is SHA-256 of "abc", ba7816bf-8f01cfea-414140de-5dae2223.
	 */
	assert_string_equal(rc_uuid_of(one, "abc"), "ba7816bf-8f01-8fea-a141-40de5dae2223");
	assert_int_equal(strlen(rc_uuid_of(one, "")), 36);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_other_content),
		cmocka_unit_test(test_borders_count),
		cmocka_unit_test(test_root_refers),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_ethernet_rules_only),
		cmocka_unit_test(test_default_drop),
		cmocka_unit_test(test_templates_of_the_operator),
		cmocka_unit_test(test_uuids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
