/* Blocks of addresses, and where the special ones begin and end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/address.h"

static struct rc_block
block(const char *text)
{
	struct rc_block parsed = { 0 };
	struct rc_error err = { 0 };

	if (rc_block_parse(&parsed, text, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return parsed;
}

static void
test_parse(void **state)
{
	static const struct {
		const char *why, *text, *address;
		unsigned prefix;
	} good[] = {
		{ "an address", "10.1.2.3", "10.1.2.3", 32 },
		{ "a block", "10.1.0.0/16", "10.1.0.0", 16 },
		{ "one address, said twice", "10.1.2.3/32", "10.1.2.3", 32 },
		{ "everything", "0.0.0.0/0", "0.0.0.0", 0 },
		{ "the last address", "255.255.255.255", "255.255.255.255", 32 },
		{ "IPv6", "fd00::1", "fd00::1", 128 },
		{ "a block of it", "2001:db8::/32", "2001:db8::", 32 },
		{ "written at length", "FD00:0:0:0:0:0:0:1/128", "fd00::1", 128 },
		{ "all of it", "::/0", "::", 0 },
	};
	static const struct {
		const char *why, *text, *message;
	} bad[] = {
		{ "nothing", "", "'' is not an IP address" },
		{ "a name", "gitlab.lan", "'gitlab.lan' is not an IP address" },
		{ "IPv6 in brackets", "[fd00::1]", "'[fd00::1]' is not an IP address" },
		{ "IPv6 of a link", "fe80::1%eth0", "'fe80::1%eth0' is not an IP address" },
		{ "its prefix too long", "fd00::/129", "'fd00::/129' has no prefix from 0 to 128" },
		{ "its bits behind", "fd00::1/64", "'fd00::1/64' has bits behind" },
		{ "three parts", "10.1.2", "'10.1.2' is not an IP address" },
		{ "octal", "010.1.2.3", "'010.1.2.3' is not an IP address" },
		{ "a blank", "10.1.2.3 ", "'10.1.2.3 ' is not an IP address" },
		{ "no prefix", "10.0.0.0/", "'10.0.0.0/' has no prefix from 0 to 32" },
		{ "a prefix too long", "10.0.0.0/33", "'10.0.0.0/33' has no prefix from 0 to 32" },
		{ "a negative one", "10.0.0.0/-8", "'10.0.0.0/-8' has no prefix from 0 to 32" },
		{ "a zero in front", "10.0.0.0/08", "'10.0.0.0/08' has no prefix from 0 to 32" },
		{ "a mask", "10.0.0.0/255.0.0.0", "'10.0.0.0/255.0.0.0' has no prefix" },
		{ "two prefixes", "10.0.0.0/8/8", "'10.0.0.0/8/8' has no prefix" },
		{ "bits behind the prefix", "10.1.2.3/24", "'10.1.2.3/24' has bits behind" },
		{ "bits behind none", "1.0.0.0/0", "'1.0.0.0/0' has bits behind" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(good); i++) {
		struct rc_block parsed = block(good[i].text);
		char text[RC_ADDRESS_TEXT];

		assert_string_equal(rc_block_address(text, parsed), good[i].address);
		if (parsed.prefix != good[i].prefix)
			fail_msg("%s", good[i].why);
	}
	for (size_t i = 0; i < RC_COUNT(bad); i++) {
		struct rc_block untouched = { .prefix = 2 };
		struct rc_error err = { 0 };

		if (rc_block_parse(&untouched, bad[i].text, &err) == 0 || untouched.prefix != 2)
			fail_msg("%s: was taken", bad[i].why);
		if (!rc_str_starts(err.text, bad[i].message))
			fail_msg("%s: %s", bad[i].why, err.text);
		assert_int_equal(err.code, RC_USAGE);
	}
}

static void
test_lists(void **state)
{
	scoped(rc_blocks_release) struct rc_blocks blocks = { 0 };
	struct rc_error err = { 0 };
	char text[RC_ADDRESS_TEXT];

	(void)state;
	assert_int_equal(rc_blocks_parse(&blocks, "", &err), 0);
	assert_int_equal(blocks.count, 0);
	assert_int_equal(rc_blocks_parse(&blocks, "10.0.0.0/8, 8.8.8.8", &err), 0);
	assert_int_equal(blocks.count, 2);
	assert_string_equal(rc_block_address(text, blocks.items[0]), "10.0.0.0");
	assert_string_equal(rc_block_address(text, blocks.items[1]), "8.8.8.8");
	assert_int_equal(rc_blocks_parse(&blocks, "9.9.9.9,x", &err), -1);
}

static void
test_holds(void **state)
{
	static const struct {
		const char *why, *outer, *inner;
		bool holds;
	} cases[] = {
		{ "itself", "10.0.0.0/8", "10.0.0.0/8", true },
		{ "its first address", "10.0.0.0/8", "10.0.0.0", true },
		{ "its last address", "10.0.0.0/8", "10.255.255.255", true },
		{ "the one behind it", "10.0.0.0/8", "11.0.0.0", false },
		{ "the one before it", "10.0.0.0/8", "9.255.255.255", false },
		{ "a block around it", "10.1.0.0/16", "10.0.0.0/8", false },
		{ "everything holds everything", "0.0.0.0/0", "255.255.255.255", true },
		{ "an odd prefix", "172.16.0.0/12", "172.31.255.0/24", true },
		{ "behind an odd prefix", "172.16.0.0/12", "172.32.0.0/24", false },
		{ "one address is no other", "8.8.8.8", "8.8.8.9", false },
		{ "IPv6", "2000::/3", "3fff:ffff::1", true },
		{ "behind it", "2000::/3", "4000::", false },
		{ "the other family", "0.0.0.0/0", "::", false },
		{ "the other way round", "::/0", "0.0.0.0", false },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++)
		if (rc_block_holds(block(cases[i].outer), block(cases[i].inner)) != cases[i].holds)
			fail_msg("%s", cases[i].why);
}

static void
test_global(void **state)
{
	static const struct {
		const char *why, *text;
		bool global;
	} cases[] = {
		{ "a server", "93.184.216.34", true },
		{ "the resolver everybody knows", "8.8.8.8", true },
		{ "below the private block", "172.15.255.255", true },
		{ "private", "172.31.255.255", false },
		{ "above it", "172.32.0.0", true },
		{ "carrier NAT", "100.127.255.255", false },
		{ "above it", "100.128.0.0", true },
		{ "cloud metadata", "169.254.169.254", false },
		{ "broadcast", "255.255.255.255", false },
		{ "the last unicast address", "223.255.255.255", true },
		{ "multicast", "224.0.0.1", false },
		{ "between two special blocks", "192.0.1.0/24", true },
		{ "around a special block", "192.0.0.0/16", false },
		{ "everything", "0.0.0.0/0", false },
		{ "IPv6", "2a04:4e42::2", true },
		{ "its provider's block", "2606:2800:21f:cb07::/64", true },
		{ "unique local", "fd00::1", false },
		{ "of a link", "fe80::1", false },
		{ "IPv4 inside", "::ffff:8.8.8.8", false },
		{ "translated", "64:ff9b::808:808", false },
		{ "6to4", "2002:808:808::1", false },
		{ "Teredo", "2001::1", false },
		{ "above the protocols", "2001:200::1", true },
		{ "documentation", "2001:db8::1", false },
		{ "all that is in use", "2000::/3", false },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++)
		if (rc_block_is_global(block(cases[i].text)) != cases[i].global)
			fail_msg("%s: %s", cases[i].why, cases[i].text);
}

static void
test_order(void **state)
{
	static const char *const texts[] = { "8.8.8.8", "9.0.0.0/8", "9.0.0.0/9", "10.0.0.0/8",
		"2000::/3", "fd00::1" };

	(void)state;
	for (size_t i = 0; i < RC_COUNT(texts); i++)
		for (size_t k = 0; k < RC_COUNT(texts); k++) {
			struct rc_block one = block(texts[i]), two = block(texts[k]);
			int order = rc_block_compare(&one, &two);

			if ((order > 0) - (order < 0) != (i > k) - (i < k))
				fail_msg("%s and %s", texts[i], texts[k]);
		}
}

/* No block lies within another: each would be a rule more than it takes. */
static void
test_special_blocks(void **state)
{
	size_t count;
	const struct rc_block *special = rc_special_blocks(&count);

	(void)state;
	assert_int_equal(count, 18);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < count; k++)
			assert_int_equal(rc_block_holds(special[i], special[k]), i == k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_global),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_special_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
