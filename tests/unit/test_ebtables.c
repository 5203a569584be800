/* The kernel's rules as ebtables lists them: which of them guard an interface, and whether they do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/ebtables.h"

#define HEAD(jumps)                                                                                \
	"Bridge table: nat\n\nBridge chain: PREROUTING, entries: 1, policy: ACCEPT\n" jumps
#define CHAIN(tap, rules) "\nBridge chain: libvirt-I-" tap ", entries: 3, policy: RETURN\n" rules
#define JUMP(tap) "-i " tap " -j libvirt-I-" tap "\n"
#define RULES "-s ! 52:54:00:1:2:3 -j DROP\n-p ARP -j ACCEPT\n-j DROP\n"

static void
test_guarded(void **state)
{
	static const struct {
		const char *why, *tap, *listing;
		bool guarded;
	} cases[] = {
		{ "as libvirt leaves it", "vnet0", HEAD(JUMP("vnet0")) CHAIN("vnet0", RULES),
		    true },
		{ "blanks at the ends, as one ebtables writes them", "vnet0",
		    HEAD("-i vnet0 -j libvirt-I-vnet0 \n")
			CHAIN("vnet0", "-p ARP -j ACCEPT \n-j DROP \n"),
		    true },
		{ "behind others", "vnet1",
		    HEAD(JUMP("vnet0") JUMP("vnet1")) CHAIN("vnet0", RULES) CHAIN("vnet1", RULES),
		    true },
		{ "no table", "vnet0", "", false },
		{ "flushed", "vnet0", HEAD("") CHAIN("vnet0", ""), false },
		{ "the chain is empty", "vnet0", HEAD(JUMP("vnet0")) CHAIN("vnet0", ""), false },
		{ "no way there", "vnet0", HEAD("") CHAIN("vnet0", RULES), false },
		{ "another's way there", "vnet1", HEAD(JUMP("vnet10")) CHAIN("vnet1", RULES),
		    false },
		{ "another's chain", "vnet1", HEAD(JUMP("vnet1")) CHAIN("vnet10", RULES), false },
		{ "somebody accepts before", "vnet0",
		    HEAD("-p IPv4 -j ACCEPT\n" JUMP("vnet0")) CHAIN("vnet0", RULES), false },
		{ "somebody accepts after", "vnet0",
		    HEAD(JUMP("vnet0") "-p IPv4 -j ACCEPT\n") CHAIN("vnet0", RULES), true },
		{ "the last rule is not to drop", "vnet0",
		    HEAD(JUMP("vnet0")) CHAIN("vnet0", "-j DROP\n-p IPv4 -j ACCEPT\n"), false },
		{ "the other direction only", "vnet0",
		    HEAD("") "\nBridge chain: libvirt-O-vnet0, entries: 1, policy: RETURN\n-j "
			     "DROP\n",
		    false },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		char rules[17];

		if (rc_ebtables_rules(rules, cases[i].listing, cases[i].tap) != cases[i].guarded)
			fail_msg("%s", cases[i].why);
		assert_int_equal(strlen(rules), 16);
	}
}

/* The hash is the rules': not the interface's, not the neighbours', but every one's, in order. */
static void
test_hash(void **state)
{
	static const char first[] = HEAD(JUMP("vnet0")) CHAIN("vnet0", RULES);
	static const struct {
		const char *why, *tap, *listing;
		bool same;
	} cases[] = {
		{ "another interface", "vnet7", HEAD(JUMP("vnet7")) CHAIN("vnet7", RULES), true },
		{ "a neighbour", "vnet0",
		    HEAD(JUMP("vnet1") JUMP("vnet0")) CHAIN("vnet1", "-j ACCEPT\n")
			CHAIN("vnet0", RULES),
		    true },
		{ "a rule less", "vnet0",
		    HEAD(JUMP("vnet0")) CHAIN("vnet0", "-s ! 52:54:00:1:2:3 -j DROP\n-j DROP\n"),
		    false },
		{ "a rule more", "vnet0",
		    HEAD(JUMP("vnet0")) CHAIN("vnet0", "-p IPv4 -j ACCEPT\n" RULES), false },
		{ "another order", "vnet0",
		    HEAD(JUMP("vnet0"))
			CHAIN("vnet0", "-p ARP -j ACCEPT\n-s ! 52:54:00:1:2:3 -j DROP\n-j DROP\n"),
		    false },
		{ "a chain below", "vnet0",
		    HEAD(JUMP("vnet0"))
			CHAIN("vnet0", RULES) "\nBridge chain: I-vnet0-ipv4, entries: 1, policy: "
					      "RETURN\n-j ACCEPT\n",
		    false },
	};
	char rules[17], other[17];

	(void)state;
	assert_true(rc_ebtables_rules(rules, first, "vnet0"));
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		assert_true(rc_ebtables_rules(other, cases[i].listing, cases[i].tap));
		if ((strcmp(rules, other) == 0) != cases[i].same)
			fail_msg("%s", cases[i].why);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guarded),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
