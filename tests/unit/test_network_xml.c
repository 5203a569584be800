/* The network: addresses that are refused, what libvirt gives back, and the lowest free address. */
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
#include "core/network_xml.h"
#include "core/template.h"
#include "golden.h"

#define UUID "6ba7b810-9dad-41d1-80b4-00c04fd430c8"

static int
make(char **ret, const char *address, const char *template, bool ipv6, struct rc_error *err)
{
	const struct rc_network_wish wish = {
		.uuid = UUID, .address = address, .ipv6 = ipv6, .template = template, .origin = "T"
	};

	return rc_network_xml(ret, &wish, err);
}

static void
test_golden(void **state)
{
	scoped(rc_str_release) char *template = file_text(TEMPLATE("network.xml")), *xml = NULL;
	scoped(rc_str_release) char *host =
	    rc_reservation_xml("52:54:00:d4:30:c8", "192.168.231.2");
	scoped(rc_network_release) struct rc_network network = { 0 };
	struct rc_error err = { 0 };

	(void)state;
	if (make(&xml, "192.168.231.1/24", template, false, &err) < 0 ||
	    rc_network_read(&network, xml, &err) < 0)
		fail_msg("%s", err.text);
	check_golden(xml, GOLDEN("network.xml"));
	check_golden(host, GOLDEN("reservation.xml"));
	assert_string_equal(network.uuid, UUID);
	assert_string_equal(network.gateway, "192.168.231.1");
	assert_int_equal(network.prefix, 24);
	assert_int_equal(network.count, 0);
	assert_null(network.gateway6);
	assert_null(rc_network_ipv6(&network, "192.168.231.2"));
}

/* An appliance's two addresses go together: the pool of one is the pool of both. */
static void
test_ipv6(void **state)
{
	scoped(rc_str_release) char *template = file_text(TEMPLATE("network.xml")), *xml = NULL;
	scoped(rc_str_release) char *first = NULL, *last = NULL;
	scoped(rc_network_release) struct rc_network network = { 0 };
	struct rc_error err = { 0 };

	(void)state;
	if (make(&xml, "192.168.231.1/24", template, true, &err) < 0 ||
	    rc_network_read(&network, xml, &err) < 0)
		fail_msg("%s", err.text);
	check_golden(xml, GOLDEN("network-ipv6.xml"));
	check_schema(GOLDEN("network-ipv6.xml"), "network");
	assert_string_equal(network.gateway, "192.168.231.1");
	assert_string_equal(network.gateway6, "fd5c:9f1e:7a3b::1");
	first = rc_network_ipv6(&network, "192.168.231.2");
	last = rc_network_ipv6(&network, "192.168.231.254");
	assert_string_equal(first, "fd5c:9f1e:7a3b::c0a8:e702");
	assert_string_equal(last, "fd5c:9f1e:7a3b::c0a8:e7fe");
	assert_null(rc_network_ipv6(&network, "fd00::1"));
}

static void
test_schema(void **state)
{
	(void)state;
	check_schema(GOLDEN("network.xml"), "network");
}

/* The pool has no module of its own: its template is filled where the others are used. */
static void
test_pool(void **state)
{
	const struct rc_hole holes[] = { { "name", "runnerctl", NULL }, { "uuid", UUID, NULL },
		{ "path", "/var/lib/libvirt/runnerctl", NULL }, { 0 } };
	scoped(rc_str_release) char *template = file_text(TEMPLATE("pool.xml")), *xml = NULL;
	struct rc_error err = { 0 };

	(void)state;
	if (rc_template_text(&xml, template, "pool.xml", holes, &err) < 0)
		fail_msg("%s", err.text);
	check_golden(xml, GOLDEN("pool.xml"));
	check_schema(GOLDEN("pool.xml"), "storagepool");
}

static void
test_addresses(void **state)
{
	static const struct {
		const char *why, *address;
		bool good;
	} cases[] = {
		{ "the default", "192.168.231.1/24", true },
		{ "the largest network", "10.5.0.1/16", true },
		{ "the smallest network", "10.0.0.1/29", true },
		{ "a gateway in the middle", "192.168.231.77/24", true },
		{ "a gateway at the end", "192.168.231.254/24", true },
		{ "zeros that are no network's", "10.5.1.0/16", true },
		{ "too large", "10.0.0.1/15", false },
		{ "too small", "10.0.0.1/30", false },
		{ "one digit", "10.0.0.1/8", false },
		{ "three digits", "10.0.0.1/024", false },
		{ "no prefix", "192.168.231.1", false },
		{ "an empty prefix", "192.168.231.1/", false },
		{ "a blank in the prefix", "192.168.231.1/ 9", false },
		{ "a signed prefix", "192.168.231.1/+9", false },
		{ "a negative prefix", "192.168.231.1/-1", false },
		{ "a netmask", "192.168.231.1/255.255.255.0", false },
		{ "two prefixes", "192.168.231.1/24/24", false },
		{ "a blank behind it", "192.168.231.1/24 ", false },
		{ "a blank in front of it", " 192.168.231.1/24", false },
		{ "the network's own address", "192.168.231.0/24", false },
		{ "the broadcast address", "192.168.231.255/24", false },
		{ "the broadcast address of a /16", "10.5.255.255/16", false },
		{ "the broadcast address of a /29", "10.0.0.7/29", false },
		{ "three parts", "192.168.231/24", false },
		{ "a number too large", "192.168.256.1/24", false },
		{ "IPv6", "fd00::1/24", false },
		{ "a name", "gateway/24", false },
		{ "only a prefix", "/24", false },
		{ "nothing", "", false },
		{ "markup", "<a/>/24", false },
	};
	static const char template[] =
	    "<n><a>@name@</a><b>@uuid@</b><c>@address@</c><d>@prefix@</d><e>@ipv6@</e>"
	    "<f>@address6@</f><g>@prefix6@</g></n>";

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *xml = NULL;
		struct rc_error check = { 0 }, err = { 0 };
		int checked = rc_network_address_check(cases[i].address, &check);

		if ((checked == 0) != cases[i].good)
			fail_msg("%s: %s", cases[i].why, check.text);
		assert_int_equal(make(&xml, cases[i].address, template, false, &err), checked);
		if (cases[i].good)
			continue;
		assert_int_equal(err.code, RC_USAGE);
		assert_non_null(strstr(err.text, "is not an address for the appliances' network"));
		assert_true(err.hint[0] != '\0');
		assert_null(xml);
	}
}

static void
test_template_of_the_operator(void **state)
{
	struct rc_error err = { 0 };
	char *xml = NULL;

	(void)state;
	assert_int_equal(make(&xml, "10.0.0.1/24", "<network/>", false, &err), -1);
	assert_string_equal(err.text, "T:1: <network> lacks the hole @name@");
	assert_int_equal(err.code, RC_HOST);
}

#define NETWORK(ip) "<network><name>runnerctl</name><uuid>" UUID "</uuid>" ip "</network>"
#define UNUSABLE "the network runnerctl has no usable IPv4 address"

static void
test_read(void **state)
{
	static const struct {
		const char *why, *xml;
		unsigned prefix;
		size_t count;
		const char *begin; /* of the error */
	} cases[] = {
		{ "a prefix", NETWORK("<ip address='10.0.0.1' prefix='24'/>"), 24, 0, NULL },
		{ "a netmask", NETWORK("<ip address='10.0.0.1' netmask='255.255.255.0'/>"), 24, 0,
		    NULL },
		{ "the largest netmask", NETWORK("<ip address='10.0.0.1' netmask='255.255.0.0'/>"),
		    16, 0, NULL },
		{ "the smallest netmask",
		    NETWORK("<ip address='10.0.0.1' netmask='255.255.255.248'/>"), 29, 0, NULL },
		{ "both: the prefix counts",
		    NETWORK("<ip address='10.0.0.1' prefix='24' netmask='255.255.0.0'/>"), 24, 0,
		    NULL },
		{ "IPv6 first",
		    NETWORK(
			"<ip family='ipv6' address='fd00::1' prefix='64'/><ip address='10.0.0.1' "
			"prefix='24'><dhcp><host mac='a' ip='10.0.0.2'/></dhcp></ip>"),
		    24, 1, NULL },
		{ "two networks: the first",
		    NETWORK(
			"<ip address='10.0.0.1' prefix='24'/><ip address='10.1.0.1' prefix='16'/>"),
		    24, 0, NULL },
		{ "reservations, and things beside them",
		    NETWORK("<ip address='10.0.0.1' prefix='24'><dhcp><range start='10.0.0.9' "
			    "end='10.0.0.99'/><host mac='a' ip='10.0.0.2'/><!-- x --><host mac='b' "
			    "ip='10.0.0.3' name='n'/></dhcp></ip>"),
		    24, 2, NULL },
		{ "half a reservation is none",
		    NETWORK("<ip address='10.0.0.1' prefix='24'><dhcp><host mac='a'/><host "
			    "ip='10.0.0.3'/><host/></dhcp></ip>"),
		    24, 0, NULL },
		{ "hosts of DNS are none",
		    NETWORK("<dns><host ip='10.0.0.2'/></dns><ip address='10.0.0.1' prefix='24'/>"),
		    24, 0, NULL },
		{ "a netmask with a gap", NETWORK("<ip address='10.0.0.1' netmask='255.0.255.0'/>"),
		    0, 0, UNUSABLE },
		{ "no netmask", NETWORK("<ip address='10.0.0.1'/>"), 0, 0, UNUSABLE },
		{ "too large", NETWORK("<ip address='10.0.0.1' prefix='8'/>"), 0, 0, UNUSABLE },
		{ "too small", NETWORK("<ip address='10.0.0.1' prefix='30'/>"), 0, 0, UNUSABLE },
		{ "24 modulo 2^32", NETWORK("<ip address='10.0.0.1' prefix='4294967320'/>"), 0, 0,
		    UNUSABLE },
		{ "24 and more", NETWORK("<ip address='10.0.0.1' prefix='24x'/>"), 0, 0, UNUSABLE },
		{ "negative", NETWORK("<ip address='10.0.0.1' prefix='-24'/>"), 0, 0, UNUSABLE },
		{ "no address", NETWORK("<ip prefix='24'/>"), 0, 0, UNUSABLE },
		{ "only IPv6", NETWORK("<ip family='ipv6' address='fd00::1' prefix='24'/>"), 0, 0,
		    UNUSABLE },
		{ "an address that is none", NETWORK("<ip address='10.0.0.1.2' prefix='24'/>"), 0,
		    0, UNUSABLE },
		{ "no ip", NETWORK(""), 0, 0, UNUSABLE },
		{ "no uuid", "<network><ip address='10.0.0.1' prefix='24'/></network>", 0, 0,
		    UNUSABLE },
		{ "no XML", "runnerctl", 0, 0, "network:1: " },
		{ "a DOCTYPE", "<!DOCTYPE network><network/>", 0, 0, "network:1: a DOCTYPE" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_network_release) struct rc_network network = { 0 };
		struct rc_error err = { 0 };
		int result = rc_network_read(&network, cases[i].xml, &err);

		if ((result == 0) != (cases[i].begin == NULL))
			fail_msg("%s: %s", cases[i].why, err.text);
		if (cases[i].begin) {
			if (!rc_str_starts(err.text, cases[i].begin))
				fail_msg("%s: %s", cases[i].why, err.text);
			assert_null(network.uuid);
			continue;
		}
		assert_string_equal(network.gateway, "10.0.0.1");
		if (network.prefix != cases[i].prefix || network.count != cases[i].count)
			fail_msg("%s: /%u, %zu reservations", cases[i].why, network.prefix,
			    network.count);
	}
}

/* Addresses are given as "first-last" of the last byte, reserved one by one. */
static void
reserve(struct rc_network *network, const char *net, unsigned first, unsigned last)
{
	for (unsigned n = first; n <= last && first; n++) {
		scoped(rc_str_release) char *ip = rc_format("%s.%u", net, n);

		rc_network_take(network, "52:54:00:00:00:00", ip);
	}
}

static void
test_pick(void **state)
{
	static const struct {
		const char *why, *gateway;
		unsigned prefix;
		const char *net;
		unsigned first, last;
		const char *expected; /* NULL: full */
	} cases[] = {
		{ "an empty network", "192.168.231.1", 24, "192.168.231", 0, 0, "192.168.231.2" },
		{ "one taken", "192.168.231.1", 24, "192.168.231", 2, 2, "192.168.231.3" },
		{ "the lowest is free again", "192.168.231.1", 24, "192.168.231", 3, 9,
		    "192.168.231.2" },
		{ "the gateway in the middle", "192.168.231.5", 24, "192.168.231", 1, 4,
		    "192.168.231.6" },
		{ "the gateway behind", "192.168.231.254", 24, "192.168.231", 0, 0,
		    "192.168.231.1" },
		{ "one left", "192.168.231.1", 24, "192.168.231", 2, 253, "192.168.231.254" },
		{ "none left", "192.168.231.1", 24, "192.168.231", 2, 254, NULL },
		{ "none left, the gateway in the middle", "192.168.231.5", 24, "192.168.231", 1,
		    254, NULL },
		{ "reservations outside", "192.168.231.1", 24, "10.0.0", 1, 9, "192.168.231.2" },
		{ "a /29 has room for five", "10.0.0.9", 29, "10.0.0", 10, 13, "10.0.0.14" },
		{ "and not for six", "10.0.0.9", 29, "10.0.0", 10, 14, NULL },
		{ "a /16 goes on behind 255", "10.5.0.1", 16, "10.5.0", 2, 255, "10.5.1.0" },
		{ "a /25, the upper half", "10.0.0.129", 25, "10.0.0", 130, 140, "10.0.0.141" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_network_release) struct rc_network network = {
			.gateway = rc_strdup(cases[i].gateway), .prefix = cases[i].prefix
		};
		scoped(rc_str_release) char *ip = NULL;
		struct rc_error err = { 0 };
		int result;

		reserve(&network, cases[i].net, cases[i].first, cases[i].last);
		result = rc_network_pick(&ip, &network, &err);
		if ((result == 0) != (cases[i].expected != NULL))
			fail_msg("%s: %s", cases[i].why, err.text);
		if (result == 0) {
			if (strcmp(ip, cases[i].expected) != 0)
				fail_msg("%s: %s", cases[i].why, ip);
			continue;
		}
		assert_int_equal(err.code, RC_NO_ROOM);
		assert_string_equal(err.text, "all addresses of the network runnerctl are taken");
		assert_non_null(strstr(err.hint, "[host] address"));
	}
}

/* What another guest was given lately its DHCP server keeps for that one: it is the last choice. */
static void
test_pick_leased(void **state)
{
	static const struct {
		const char *why;
		unsigned first, last; /* reserved */
		const char *leased[3], *expected;
	} cases[] = {
		{ "not the one that went", 3, 3, { "192.168.231.2" }, "192.168.231.4" },
		{ "nor those", 0, 0, { "192.168.231.3", "192.168.231.2" }, "192.168.231.4" },
		{ "reserved and leased", 2, 2, { "192.168.231.2" }, "192.168.231.3" },
		{ "no other is left", 2, 253, { "192.168.231.254" }, "192.168.231.254" },
		{ "the lowest of them", 4, 254, { "192.168.231.3", "192.168.231.2" },
		    "192.168.231.2" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_network_release) struct rc_network network = {
			.gateway = rc_strdup("192.168.231.1"), .prefix = 24
		};
		scoped(rc_str_release) char *ip = NULL;
		struct rc_error err = { 0 };

		reserve(&network, "192.168.231", cases[i].first, cases[i].last);
		for (size_t k = 0; cases[i].leased[k]; k++)
			rc_strv_add(&network.leased, cases[i].leased[k]);
		if (rc_network_pick(&ip, &network, &err) < 0)
			fail_msg("%s: %s", cases[i].why, err.text);
		if (strcmp(ip, cases[i].expected) != 0)
			fail_msg("%s: %s", cases[i].why, ip);
	}
}

static void
test_pick_without_address(void **state)
{
	static char gateway[] = "fd00::1";
	const struct rc_network network = { .gateway = gateway, .prefix = 24 };
	struct rc_error err = { 0 };
	char *ip = NULL;

	(void)state;
	assert_int_equal(rc_network_pick(&ip, &network, &err), -1);
	assert_int_equal(err.code, RC_HOST);
	assert_null(ip);
}

static void
test_reservation(void **state)
{
	scoped(rc_str_release) char *mac = rc_mac_of(UUID);
	scoped(rc_str_release) char *odd = rc_reservation_xml("'\"<&>", "a' ip='b");

	(void)state;
	assert_string_equal(mac, "52:54:00:d4:30:c8");
	assert_string_equal(odd, "<host mac=\"'&quot;&lt;&amp;&gt;\" ip=\"a' ip='b\"/>\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_pool),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_template_of_the_operator),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_pick),
		cmocka_unit_test(test_pick_leased),
		cmocka_unit_test(test_pick_without_address),
		cmocka_unit_test(test_reservation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
