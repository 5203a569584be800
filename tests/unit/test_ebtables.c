/* The kernel's rules as ebtables-save prints them: which of them guard an interface, whether they
 * do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/ebtables.h"

#define HEAD(jumps) "*nat\n:PREROUTING ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\n" jumps
#define JUMP(tap) "-A PREROUTING -i " tap " -j libvirt-I-" tap "\n"
#define RULE(tap, rule) "-A libvirt-I-" tap " " rule "\n"
#define RULES(tap)                                                                                 \
	RULE(tap, "-s ! 52:54:00:1:2:3 -j DROP")                                                   \
	RULE(tap, "-p ARP -j ACCEPT") RULE(tap, "-j DROP")

static void
test_guarded(void **state)
{
	static const struct {
		const char *why, *tap, *listing;
		bool guarded;
	} cases[] = {
		{ "as libvirt leaves it", "vnet0", HEAD(JUMP("vnet0")) RULES("vnet0"), true },
		{ "blanks at the ends, as one ebtables writes them", "vnet0",
		    HEAD("-A PREROUTING -i vnet0 -j libvirt-I-vnet0 \n")
			RULE("vnet0", "-p ARP -j ACCEPT ") RULE("vnet0", "-j DROP "),
		    true },
		{ "behind others", "vnet1",
		    HEAD(JUMP("vnet0") JUMP("vnet1")) RULES("vnet0") RULES("vnet1"), true },
		{ "behind one that libvirt is about to bind", "vnet1",
		    HEAD("-A PREROUTING -i vnet0 -j libvirt-J-vnet0\n" JUMP("vnet1"))
			RULES("vnet1"),
		    true },
		{ "behind another's chain of a like name", "vnet1",
		    HEAD("-A PREROUTING -i vnet0 -j libvirt-K-vnet0\n" JUMP("vnet1"))
			RULES("vnet1"),
		    false },
		{ "its own is about to be bound only", "vnet0",
		    HEAD("-A PREROUTING -i vnet0 -j libvirt-J-vnet0\n") RULES("vnet0"), false },
		{ "no table", "vnet0", "", false },
		{ "flushed", "vnet0", HEAD(":libvirt-I-vnet0 ACCEPT\n"), false },
		{ "the chain is empty", "vnet0", HEAD(":libvirt-I-vnet0 ACCEPT\n" JUMP("vnet0")),
		    false },
		{ "another table", "vnet0", "*broute\n" JUMP("vnet0") RULES("vnet0"), false },
		{ "another table after it", "vnet0",
		    HEAD(JUMP("vnet0")) RULES("vnet0") "*filter\n" RULE("vnet0", "-j ACCEPT"),
		    true },
		{ "a rule that cannot be read", "vnet0", HEAD(JUMP("vnet0")) "-A libvirt-I-vnet0",
		    false },
		{ "no way there", "vnet0", HEAD("") RULES("vnet0"), false },
		{ "another's way there", "vnet1", HEAD(JUMP("vnet10")) RULES("vnet1"), false },
		{ "another's chain", "vnet1", HEAD(JUMP("vnet1")) RULES("vnet10"), false },
		{ "somebody accepts before", "vnet0",
		    HEAD("-A PREROUTING -p IPv4 -j ACCEPT\n" JUMP("vnet0")) RULES("vnet0"), false },
		{ "somebody accepts after", "vnet0",
		    HEAD(JUMP("vnet0") "-A PREROUTING -p IPv4 -j ACCEPT\n") RULES("vnet0"), true },
		{ "the last rule is not to drop", "vnet0",
		    HEAD(JUMP("vnet0")) RULE("vnet0", "-j DROP") RULE("vnet0", "-p IPv4 -j ACCEPT"),
		    false },
		{ "the other direction only", "vnet0", HEAD("") "-A libvirt-O-vnet0 -j DROP\n",
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
	static const char first[] = HEAD(JUMP("vnet0")) RULES("vnet0");
	static const struct {
		const char *why, *tap, *listing;
		bool same;
	} cases[] = {
		{ "another interface", "vnet7", HEAD(JUMP("vnet7")) RULES("vnet7"), true },
		{ "a neighbour", "vnet0",
		    HEAD(JUMP("vnet1") JUMP("vnet0")) RULE("vnet1", "-j ACCEPT") RULES("vnet0"),
		    true },
		{ "a rule less", "vnet0",
		    HEAD(JUMP("vnet0")) RULE("vnet0", "-s ! 52:54:00:1:2:3 -j DROP")
			RULE("vnet0", "-j DROP"),
		    false },
		{ "a rule more", "vnet0",
		    HEAD(JUMP("vnet0")) RULE("vnet0", "-p IPv4 -j ACCEPT") RULES("vnet0"), false },
		{ "another order", "vnet0",
		    HEAD(JUMP("vnet0")) RULE("vnet0", "-p ARP -j ACCEPT")
			RULE("vnet0", "-s ! 52:54:00:1:2:3 -j DROP") RULE("vnet0", "-j DROP"),
		    false },
		{ "a chain below", "vnet0",
		    HEAD(JUMP("vnet0")) RULES("vnet0") "-A I-vnet0-ipv4 -j ACCEPT\n", false },
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
