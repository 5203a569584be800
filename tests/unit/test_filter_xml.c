/*
 * The filter: a golden document that libvirt's schema takes, a name made of its
 * content, and a small reading of it as a judge of packets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/filter_xml.h"
#include "core/xml.h"
#include "filter_judge.h"
#include "golden.h"

#define GATEWAY "192.168.231.1"
#define GATEWAY6 "fd5c:9f1e:7a3b::1"

/* A filter wished for in text. */
struct texts {
	const char *allows, *networks, *gateway6;
};
static const struct texts usual = { GATEWAY ":53/udp," GATEWAY ":53", "93.184.217.0/24", NULL };

static int
try_build(
    struct rc_filter *ret, const struct texts *texts, const char *template, struct rc_error *err)
{
	scoped(rc_allows_release) struct rc_allows allows = { 0 };
	scoped(rc_blocks_release) struct rc_blocks networks = { 0 };
	const struct rc_filter_wish wish = { template, "filter.xml", GATEWAY, &allows, &networks,
		texts->gateway6 };

	assert_int_equal(rc_allows_parse(&allows, texts->allows, err), 0);
	assert_int_equal(rc_blocks_parse(&networks, texts->networks, err), 0);
	return rc_filter_build(ret, &wish, err);
}

static struct rc_filter
built(const struct texts *texts)
{
	scoped(rc_str_release) char *template = file_text(TEMPLATE("filter.xml"));
	struct rc_filter filter = { 0 };
	struct rc_error err = { 0 };

	if (try_build(&filter, texts, template, &err) < 0)
		fail_msg("%s", err.text);
	return filter;
}

static void
test_golden(void **state)
{
	static const struct texts open = { GATEWAY ":53/udp,10.0.0.5:443,10.0.9.0/24",
		"93.184.217.0/24,10.0.0.0/24,8.0.0.0/8,8.8.8.0/24", NULL };
	static const struct texts six = { GATEWAY ":53/udp," GATEWAY ":53",
		"93.184.217.0/24,2606:2800::/64", GATEWAY6 };
	scoped(rc_filter_release) struct rc_filter filter = built(&usual), holes = built(&open);
	scoped(rc_filter_release) struct rc_filter ipv6 = built(&six);

	(void)state;
	check_golden(filter.xml, GOLDEN("filter.xml"));
	check_golden(holes.xml, GOLDEN("filter-holes.xml"));
	check_schema(GOLDEN("filter.xml"), "nwfilter");
	check_schema(GOLDEN("filter-holes.xml"), "nwfilter");
	assert_int_equal(filter.rules, 22);
	check_golden(ipv6.xml, GOLDEN("filter-ipv6.xml"));
	check_schema(GOLDEN("filter-ipv6.xml"), "nwfilter");
	/* What IPv6 costs: the question for the gateway, five blocks, the internet. */
	assert_int_equal(ipv6.rules, filter.rules + 7);
}

/* What is in it is in its name: nothing else, and nothing less. */
static void
test_names(void **state)
{
	static const struct texts others[] = {
		{ GATEWAY ":53/udp", "93.184.217.0/24", NULL },
		{ GATEWAY ":53/udp," GATEWAY ":53", "", NULL },
		{ GATEWAY ":53/udp," GATEWAY ":54", "93.184.217.0/24", NULL },
		{ GATEWAY ":53/udp," GATEWAY ":53", "93.184.217.0/25", NULL },
		{ GATEWAY ":53/udp," GATEWAY ":53", "93.184.217.0/24", GATEWAY6 },
	};
	/* Closed already. */
	static const struct texts same = { GATEWAY ":53/udp," GATEWAY ":53",
		"93.184.217.0/24,93.184.217.9,10.1.0.0/16,2606:2800::/32", NULL };
	scoped(rc_filter_release) struct rc_filter filter = built(&usual), again = built(&same);

	(void)state;
	assert_true(rc_str_starts(filter.name, "runnerctl-"));
	assert_int_equal(strlen(filter.name), 22);
	assert_int_equal(strspn(filter.name + 10, "0123456789abcdef"), 12);
	assert_non_null(strstr(filter.xml, filter.name));
	assert_non_null(strstr(filter.xml, filter.uuid));
	assert_string_equal(filter.name, again.name);
	assert_string_equal(filter.xml, again.xml);
	for (size_t i = 0; i < RC_COUNT(others); i++) {
		scoped(rc_filter_release) struct rc_filter other = built(&others[i]);

		assert_string_not_equal(filter.name, other.name);
		assert_string_not_equal(filter.uuid, other.uuid);
	}
}

static void
test_packets(void **state)
{
	static const struct texts wish = { GATEWAY
		":53/udp," GATEWAY ":53,10.0.0.5:443,10.0.9.0/24,[fd00::5]:443,[fd00:9::]/64",
		"93.184.217.0/24,2606:2800::/64,fd00::/64", GATEWAY6 };
	static const struct {
		const char *why;
		bool passes;
		struct packet packet;
	} cases[] = {
		{ "the web", true, { "own", "ip", IP, "151.101.2.2", "tcp", 40000, 443 } },
		{ "any protocol", true, { "own", "ip", IP, "151.101.2.2", "icmp", 0, 0 } },
		{ "another's MAC", false, { "else", "ip", IP, "151.101.2.2", "tcp", 40000, 443 } },
		{ "another's address", false,
		    { "own", "ip", "192.168.231.3", "151.101.2.2", "tcp", 40000, 443 } },
		{ "DHCP at first", true,
		    { "own", "ip", "0.0.0.0", "255.255.255.255", "udp", 68, 67 } },
		{ "DHCP's broadcast for something else", false,
		    { "own", "ip", "0.0.0.0", "255.255.255.255", "udp", 68, 69 } },
		{ "a DHCP server", false, { "own", "ip", IP, "255.255.255.255", "udp", 67, 68 } },
		{ "DHCP again", true, { "own", "ip", IP, GATEWAY, "udp", 68, 67 } },
		{ "the gateway's TFTP", false, { "own", "ip", IP, GATEWAY, "udp", 68, 69 } },
		{ "the gateway's DHCP from another port", false,
		    { "own", "ip", IP, GATEWAY, "udp", 69, 67 } },
		{ "names", true, { "own", "ip", IP, GATEWAY, "udp", 40000, 53 } },
		{ "long names", true, { "own", "ip", IP, GATEWAY, "tcp", 40000, 53 } },
		{ "the gateway's ssh", false, { "own", "ip", IP, GATEWAY, "tcp", 40000, 22 } },
		{ "a ping to the gateway", false, { "own", "ip", IP, GATEWAY, "icmp", 0, 0 } },
		{ "the LAN", false, { "own", "ip", IP, "192.168.1.1", "tcp", 40000, 80 } },
		{ "a hole", true, { "own", "ip", IP, "10.0.0.5", "tcp", 40000, 443 } },
		{ "the port beside it", false, { "own", "ip", IP, "10.0.0.5", "tcp", 40000, 444 } },
		{ "the other protocol", false, { "own", "ip", IP, "10.0.0.5", "udp", 40000, 443 } },
		{ "the host beside it", false, { "own", "ip", IP, "10.0.0.6", "tcp", 40000, 443 } },
		{ "a hole for a block", true, { "own", "ip", IP, "10.0.9.77", "icmp", 0, 0 } },
		{ "a spoofed packet into a hole", false,
		    { "own", "ip", "10.0.9.1", "10.0.9.77", "tcp", 40000, 443 } },
		{ "the host's own network", false,
		    { "own", "ip", IP, "93.184.217.254", "tcp", 40000, 443 } },
		{ "cloud metadata", false,
		    { "own", "ip", IP, "169.254.169.254", "tcp", 40000, 80 } },
		{ "multicast", false, { "own", "ip", IP, "224.0.0.251", "udp", 5353, 5353 } },
		{ "asking for the gateway", true, { "own", "arp", IP, GATEWAY, NULL, 0, 0 } },
		{ "asking for a neighbour", false,
		    { "own", "arp", IP, "192.168.231.3", NULL, 0, 0 } },
		{ "being a neighbour", false,
		    { "own", "arp", "192.168.231.3", GATEWAY, NULL, 0, 0 } },
		{ "being the gateway", false, { "own", "arp", GATEWAY, IP, NULL, 0, 0 } },
		{ "gratuitous", false, { "own", "arp", IP, IP, NULL, 0, 0 } },
		{ "the web by IPv6", true,
		    { "own", "ipv6", IP6, "2a04:4e42::2", "tcp", 40000, 443 } },
		{ "another's MAC", false,
		    { "else", "ipv6", IP6, "2a04:4e42::2", "tcp", 40000, 443 } },
		{ "another's IPv6 address", false,
		    { "own", "ipv6", "fe80::1", "2a04:4e42::2", "tcp", 40000, 443 } },
		{ "where is the gateway?", true,
		    { "own", "ipv6", IP6, "ff02::1:ff00:1", "icmpv6", 0, 135 } },
		{ "here it is", false, { "own", "ipv6", IP6, "ff02::1:ff00:1", "icmpv6", 0, 136 } },
		{ "where is another?", false,
		    { "own", "ipv6", IP6, "ff02::1:ffa8:e703", "icmpv6", 0, 135 } },
		{ "an answer to the gateway", false,
		    { "own", "ipv6", IP6, GATEWAY6, "icmpv6", 0, 136 } },
		{ "its names", false, { "own", "ipv6", IP6, GATEWAY6, "udp", 40000, 53 } },
		{ "all nodes", false, { "own", "ipv6", IP6, "ff02::1", "icmpv6", 0, 134 } },
		{ "a hole", true, { "own", "ipv6", IP6, "fd00::5", "tcp", 40000, 443 } },
		{ "the port beside it", false,
		    { "own", "ipv6", IP6, "fd00::5", "tcp", 40000, 444 } },
		{ "a hole for a block", true,
		    { "own", "ipv6", IP6, "fd00:9::7", "udp", 40000, 9 } },
		{ "unique local", false, { "own", "ipv6", IP6, "fd00::6", "tcp", 40000, 443 } },
		{ "the host's own IPv6 network", false,
		    { "own", "ipv6", IP6, "2606:2800::1", "tcp", 40000, 22 } },
		{ "6to4", false, { "own", "ipv6", IP6, "2002:c0a8:101::1", "tcp", 40000, 80 } },
		{ "IPv4 inside", false,
		    { "own", "ipv6", IP6, "::ffff:192.168.1.1", "tcp", 40000, 80 } },
		{ "a VLAN tag", false, { "own", "vlan", NULL, NULL, NULL, 0, 0 } },
	};
	scoped(rc_filter_release) struct rc_filter filter = built(&wish);
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	struct rc_error err = { 0 };

	(void)state;
	assert_int_equal(rc_xml_parse(&doc, filter.xml, "filter", &err), 0);
	for (size_t i = 0; i < RC_COUNT(cases); i++)
		if (filter_passes(xmlDocGetRootElement(doc), &cases[i].packet) != cases[i].passes)
			fail_msg("%s", cases[i].why);
}

/* libvirt sorts rules of equal priority in any order; and only what comes out costs a process. */
static void
test_rules(void **state)
{
	static const struct texts wish = { GATEWAY ":53/udp,10.0.0.5:443,10.0.9.0/24,10.0.8.0/24,"
						   "[fd00::5]:443,[fd00::6]",
		"93.184.217.0/24,8.8.8.0/24,2606:2800::/32", GATEWAY6 };
	scoped(rc_filter_release) struct rc_filter filter = built(&wish);
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	bool seen[2001] = { false };
	struct rc_error err = { 0 };

	(void)state;
	assert_int_equal(rc_xml_parse(&doc, filter.xml, "filter", &err), 0);
	for (xmlNode *r = rc_xml_child(xmlDocGetRootElement(doc), "rule"); r; r = rc_xml_next(r)) {
		scoped(rc_str_release) char *direction = rc_xml_attribute(r, "direction");
		int priority = filter_priority(r);

		assert_string_equal(direction, "out");
		assert_in_range(priority + 1000, 0, 2000);
		if (seen[priority + 1000])
			fail_msg("priority %d is there twice", priority);
		seen[priority + 1000] = true;
		/* Rules of IP tables do nothing where bridge-nf-call-iptables is 0. */
		if (xmlChildElementCount(r) && !rc_xml_child(r, "ip") && !rc_xml_child(r, "arp") &&
		    !rc_xml_child(r, "mac") && !rc_xml_child(r, "ipv6"))
			fail_msg("line %ld: not an ethernet-layer rule", xmlGetLineNo(r));
	}
}

static void
test_too_many(void **state)
{
	scoped(rc_str_release) char *template = file_text(TEMPLATE("filter.xml"));
	scoped(rc_allows_release) struct rc_allows allows = { 0 };
	const struct rc_block block = { .bytes = { 10, 0, 0, 5 }, .prefix = 32 };
	struct rc_blocks networks = { 0 };
	const struct rc_filter_wish wish = { template, "filter.xml", GATEWAY, &allows, &networks,
		NULL };
	scoped(rc_filter_release) struct rc_filter filter = { 0 };
	struct rc_error err = { 0 };

	(void)state;
	for (unsigned port = 1; port <= 300; port++)
		rc_allows_add(&allows, (struct rc_allow){ block, port, RC_TCP });
	assert_int_equal(rc_filter_build(&filter, &wish, &err), 0);
	rc_allows_add(&allows, (struct rc_allow){ block, 301, RC_TCP });
	rc_filter_release(&filter);
	assert_int_equal(rc_filter_build(&filter, &wish, &err), -1);
	assert_int_equal(err.code, RC_USAGE);
}

static void
test_templates_of_the_operator(void **state)
{
	static const struct {
		const char *why, *from, *to, *begin;
	} cases[] = {
		{ "no name", "@name@", "mine", "filter.xml:" },
		{ "no UUID", "@uuid@", "1", "filter.xml:" },
		{ "the LAN left open", "@deny@", "1.2.3.4", "filter.xml:" },
		{ "an unknown hole", "$IP", "@ip@", "filter.xml:" },
		{ "broken", "</filter>", "", "filter.xml:" },
		{ "everything accepted", "<ip srcmacaddr='$MAC' srcipaddr='$IP'/>", "",
		    "filter.xml:" },
		{ "the last word is to accept", "action='drop' direction='out' priority='1000'",
		    "action='accept' direction='out' priority='1000'", "filter.xml:" },
		{ "the last word is about what comes in", "direction='out' priority='1000'",
		    "direction='in' priority='1000'", "filter.xml:" },
		{ "no last word", "<rule action='drop' direction='out' priority='1000'/>", "",
		    "filter.xml:" },
		{ "the last word comes too early", "priority='1000'", "priority='800'",
		    "filter.xml:" },
	};
	scoped(rc_str_release) char *template = file_text(TEMPLATE("filter.xml"));

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *other = replaced(template, cases[i].from, cases[i].to);
		struct rc_filter filter = { 0 };
		struct rc_error err = { 0 };

		if (try_build(&filter, &usual, other, &err) == 0)
			fail_msg("%s: was taken", cases[i].why);
		if (!rc_str_starts(err.text, cases[i].begin))
			fail_msg("%s: %s", cases[i].why, err.text);
		assert_int_equal(err.code, RC_HOST);
		assert_null(filter.name);
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
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_templates_of_the_operator),
		cmocka_unit_test(test_uuids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
