/* The list of probes: what it covers, and that each of its frames can be told from the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "core/probes.h"
#include "probe_facts.h"

static struct rc_probes
make(const struct rc_probe_facts *facts)
{
	struct rc_probes probes;
	struct rc_error err;

	if (rc_probes_make(&probes, facts, &err) < 0)
		fail_msg("%s", err.text);
	return probes;
}

static size_t
find(const struct rc_probes *probes, const char *code, const char *target)
{
	size_t found = 0;

	for (size_t i = 0; i < probes->count; i++)
		if ((!code || strcmp(probes->items[i].code, code) == 0) &&
		    (!target || strcmp(probes->items[i].target, target) == 0))
			found++;
	return found;
}

static void
test_coverage(void **state)
{
	static const char *const codes[] = { "host-tcp", "host-udp", "host-icmp", "gateway-tcp",
		"gateway-udp", "lan-tcp", "lan-udp", "lan-icmp", "other-tcp", "other-udp",
		"other-icmp", "other-frame", "metadata", "block", "multicast", "broadcast",
		"spoof-mac", "spoof-ip", "arp-claim", "arp-gratuitous", "arp-mac", "arp-lan",
		"nd-claim", "nd-router", "nd-redirect", "nd-solicit", "vlan", "qinq",
		"fragment-first", "fragment-rest", "icmp-echo", "icmp-redirect", "icmp6-echo",
		"gre", "sctp", "ipip", "6in4", "ip6-mapped", "ip6-nat64", "source-route",
		"dhcp-offer", "internet-tcp", "internet-udp", "dns-udp", "dns-tcp", "dhcp-discover",
		"dhcp-renew", "arp-gateway", "watch" };
	scoped(rc_probes_release) struct rc_probes probes = make(&facts_usual);
	size_t closed = 0;

	(void)state;
	for (size_t i = 0; i < RC_COUNT(codes); i++)
		if (!find(&probes, codes[i], NULL))
			fail_msg("there is no probe %s", codes[i]);
	for (size_t i = 0; i < probes.count; i++)
		closed += !rc_probe_must_work(&probes.items[i]);
	assert_true(closed >= 60);
	assert_int_equal(find(&probes, "host-tcp", "[fe80::5054:ff:fe01:1]:22"), 1);
	assert_int_equal(find(&probes, "lan-tcp", "93.184.216.1:443"), 1);
	/* A made-up neighbour where there is none: the network's last address. */
	assert_int_equal(find(&probes, "other-tcp", "192.168.231.254:22"), 1);
}

static void
test_told_apart(void **state)
{
	scoped(rc_probes_release) struct rc_probes probes = make(&facts_usual);

	(void)state;
	for (size_t i = 0; i < probes.count; i++) {
		const struct rc_probe *p = &probes.items[i];
		bool bare = p->rule == RC_PROBE_TCP || p->rule == RC_PROBE_DNS;

		assert_in_range(p->size, 60, RC_FRAME_MAX);
		if (rc_probe_marker(&probes, p->frame, p->size) != (bare ? -1 : (int)i))
			fail_msg("%s %s: no marker of its own", p->code, p->target);
		for (size_t k = 0; k < i; k++)
			if (p->sport > 1023 && p->sport == probes.items[k].sport)
				fail_msg("%s and %s share a port", p->code, probes.items[k].code);
	}
}

static void
test_marker(void **state)
{
	static const struct {
		const char *why, *bytes;
		int number;
	} cases[] = {
		{ "the first", "0123456789ab0000", 0 },
		{ "in the middle", "xx0123456789ab0010yy", 16 },
		{ "cut off", "0123456789ab001", -1 },
		{ "no digits", "0123456789ab00zz", -1 },
		{ "a sign is none", "0123456789ab-001", -1 },
		{ "beyond the last", "0123456789abffff", -1 },
		{ "another run", "1123456789ab0000", -1 },
		{ "nothing", "", -1 },
	};
	scoped(rc_probes_release) struct rc_probes probes = make(&facts_usual);

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		int number = rc_probe_marker(
		    &probes, (const unsigned char *)cases[i].bytes, strlen(cases[i].bytes));

		if (number != cases[i].number)
			fail_msg("%s: %d", cases[i].why, number);
	}
}

/* What the configuration opens is no longer expected to be closed, and what is beside it is. */
static void
test_holes(void **state)
{
	struct rc_endpoint items[] = { { "93.184.216.1", 32, RC_IP_TCP, 443 },
		{ "93.184.216.1", 32, RC_IP_UDP, 53 }, { "10.0.0.0", 8, 0, 0 } };
	const struct rc_endpoints holes = { items, 3 };
	struct rc_probe_facts facts = facts_usual;
	scoped(rc_probes_release) struct rc_probes probes = { 0 };

	(void)state;
	facts.holes = &holes;
	probes = make(&facts);
	assert_int_equal(find(&probes, "lan-tcp", "93.184.216.1:443"), 0);
	assert_int_equal(find(&probes, "lan-udp", "93.184.216.1:53"), 0);
	assert_int_equal(find(&probes, "lan-tcp", "93.184.216.1:80"), 1);
	assert_int_equal(find(&probes, "hole-tcp", "93.184.216.1:443"), 1);
	assert_int_equal(find(&probes, "hole-udp", "93.184.216.1:53"), 1);
	assert_int_equal(find(&probes, "hole-any", "10.0.0.0:7"), 1);
	assert_int_equal(find(&probes, "hole-beside", "93.184.216.1:444"), 1);
	assert_int_equal(find(&probes, "hole-beside", "93.184.216.1:443/udp"), 1);
	assert_int_equal(find(&probes, "hole-beside", "93.184.216.1:53/tcp"), 1);
	assert_int_equal(find(&probes, "block", "10.0.0.1:7"), 0);
	assert_int_equal(find(&probes, "block", "172.16.0.1:7"), 1);
}

/* A GitLab that a hole opens answers on its port; that says nothing of the rest of the world. */
static void
test_server_in_a_hole(void **state)
{
	struct rc_endpoint item = facts_internet;
	const struct rc_endpoints holes = { &item, 1 };
	struct rc_probe_facts facts = facts_usual;
	scoped(rc_probes_release) struct rc_probes probes = { 0 };

	(void)state;
	facts.holes = &holes;
	probes = make(&facts);
	assert_int_equal(find(&probes, "internet-tcp", "151.101.2.10:443"), 1);
	assert_int_equal(find(&probes, "internet-udp", "1.1.1.1:33434"), 1);
	assert_int_equal(find(&probes, "internet-udp", "151.101.2.10:33434"), 0);
}

/* Switched on, the question for the gateway and the internet must get through; nothing else. */
static void
test_ipv6(void **state)
{
	struct rc_endpoint hole = { "fd00:9::", 64, RC_IP_TCP, 443 };
	const struct rc_endpoint site = { "2a04:4e42::2", 128, RC_IP_TCP, 443 };
	const struct rc_endpoints holes = { &hole, 1 };
	struct rc_probe_facts facts = facts_usual;
	scoped(rc_probes_release) struct rc_probes off = make(&facts), on = { 0 };

	(void)state;
	facts.ip6 = "fd5c:9f1e:7a3b::c0a8:e707";
	facts.gateway6 = "fd5c:9f1e:7a3b::1";
	facts.internet6 = &site;
	facts.holes = &holes;
	on = make(&facts);
	assert_int_equal(find(&off, "ip6-internet", "[2606:4700:4700::1111]:53"), 1);
	assert_int_equal(find(&off, "nd-solicit", NULL), 1);
	assert_int_equal(find(&off, "nd-gateway", NULL) + find(&off, "near-nd", NULL), 0);
	assert_int_equal(find(&on, "nd-solicit", NULL), 0);
	assert_int_equal(find(&on, "nd-gateway", "fd5c:9f1e:7a3b::1"), 1);
	assert_int_equal(find(&on, "ip6-internet", "[2a04:4e42::2]:443"), 1);
	assert_int_equal(find(&on, "ip6-internet", "[2606:4700:4700::1111]:7"), 1);
	assert_int_equal(find(&on, "ip6-gateway", "[fd5c:9f1e:7a3b::1]:53"), 2);
	assert_int_equal(find(&on, "hole-any", "[fd00:9::]:443"), 1);
	assert_int_equal(find(&on, "hole-beside", "[fd00:9::]:444"), 1);
	for (size_t i = 0; i < on.count; i++)
		if (on.items[i].ipv6 && rc_probe_must_work(&on.items[i]))
			assert_true(rc_str_starts(on.items[i].code, "ip6-internet") ||
				    rc_str_starts(on.items[i].code, "nd-gateway") ||
				    rc_str_starts(on.items[i].code, "hole-"));
}

/* Where nobody watches, nothing is asked whose only proof would be to be seen. */
static void
test_unwatched(void **state)
{
	struct rc_probe_facts facts = facts_usual;
	scoped(rc_probes_release) struct rc_probes probes = { 0 };

	(void)state;
	facts.watched = false;
	probes = make(&facts);
	for (size_t i = 0; i < probes.count; i++)
		assert_true(probes.items[i].rule != RC_PROBE_LEAVES);
	assert_int_equal(find(&probes, "watch", NULL), 0);
	/* Needs no proof, but must happen: the address would be taken for an hour. */
	assert_string_equal(probes.items[probes.count - 1].code, "dhcp-release");
}

static void
test_refused(void **state)
{
	static char *nonsense[] = { "fe80::1%eth0" };
	static const struct rc_strv list = { nonsense, 1 };
	struct rc_probe_facts bad[7];
	struct rc_probes probes;
	struct rc_error err;

	(void)state;
	for (size_t i = 0; i < RC_COUNT(bad); i++)
		bad[i] = facts_usual;
	bad[0].mac = "52:54:00";
	bad[1].ip = "fe80::1";
	bad[2].gateway = "gateway";
	bad[3].prefix = 31;
	bad[4].host = &list;
	bad[5].others = bad[5].others_macs = &list;
	bad[6].ip6 = "fe80::1";
	bad[6].gateway6 = "192.168.231.1";
	for (size_t i = 0; i < RC_COUNT(bad); i++)
		assert_int_equal(rc_probes_make(&probes, &bad[i], &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_told_apart),
		cmocka_unit_test(test_marker),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_server_in_a_hole),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_unwatched),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
