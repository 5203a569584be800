/* The special blocks of lib/core/address.c against the rules of templates/filter-ipv4.xml. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/address.h"
#include "core/xml.h"
#include "golden.h"

struct block {
	uint32_t network;
	unsigned prefix;
};

/* The block of a rule that drops what goes there, whatever else the packet is. */
static bool
read_rule(struct block *ret, xmlNode *rule)
{
	scoped(rc_str_release) char *action = rc_xml_attribute(rule, "action");
	scoped(rc_str_release) char *direction = rc_xml_attribute(rule, "direction");
	xmlNode *ip = rc_xml_child(rule, "ip");
	scoped(rc_str_release) char *network = rc_xml_attribute(ip, "dstipaddr");
	scoped(rc_str_release) char *mask = rc_xml_attribute(ip, "dstipmask");
	struct in_addr parsed;
	unsigned attributes = 0;

	if (!network || strcmp(action, "drop") != 0 || network[0] == '$')
		return false;
	for (xmlAttr *a = ip->properties; a; a = a->next)
		attributes++;
	assert_int_equal(attributes, 2);
	assert_string_equal(direction, "out");
	assert_int_equal(inet_pton(AF_INET, network, &parsed), 1);
	*ret = (struct block){ ntohl(parsed.s_addr), (unsigned)atoi(mask) };
	assert_in_range(ret->prefix, 1, 24);
	assert_int_equal(ret->network & (0xffffffffu >> ret->prefix), 0);
	return true;
}

static bool
is_dropped(const struct block *blocks, size_t count, uint32_t address)
{
	for (size_t i = 0; i < count; i++)
		if ((address ^ blocks[i].network) >> (32 - blocks[i].prefix) == 0)
			return true;
	return false;
}

static void
check_address(const struct block *blocks, size_t count, uint32_t address)
{
	char text[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &(struct in_addr){ htonl(address) }, text, sizeof(text));
	if (rc_ipv4_is_global(text) == is_dropped(blocks, count, address))
		fail_msg("%s: address.c and filter-ipv4.xml do not agree", text);
}

/* No block is smaller than a /24, so one address of each and all borders are all there is. */
static void
test_blocks(void **state)
{
	scoped(rc_str_release) char *text = file_text(TEMPLATE("filter-ipv4.xml"));
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	struct block blocks[64];
	struct rc_error err = { 0 };
	size_t count = 0;

	(void)state;
	assert_int_equal(rc_xml_parse(&doc, text, "filter-ipv4.xml", &err), 0);
	for (xmlNode *rule = rc_xml_child(xmlDocGetRootElement(doc), "rule"); rule;
	     rule = rc_xml_next(rule)) {
		assert_true(count < RC_COUNT(blocks));
		count += read_rule(&blocks[count], rule);
	}
	assert_int_equal(count, 14);
	for (uint32_t net = 0; net < 1u << 24; net++)
		check_address(blocks, count, net << 8 | 1);
	for (size_t i = 0; i < count; i++) {
		uint32_t last = blocks[i].network | 0xffffffffu >> blocks[i].prefix;

		check_address(blocks, count, blocks[i].network - 1);
		check_address(blocks, count, blocks[i].network);
		check_address(blocks, count, last);
		check_address(blocks, count, last + 1);
	}
}

static void
test_single(void **state)
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
		{ "no address", "example.org", false },
		{ "nothing", "", false },
		{ "IPv6", "2001:db8::1", false },
		{ "IPv4 in IPv6", "::ffff:8.8.8.8", false },
		{ "three parts", "8.8.8", false },
		{ "a number", "134744072", false },
		{ "octal", "010.8.8.8", false },
		{ "a prefix", "8.8.8.8/32", false },
		{ "a blank", "8.8.8.8 ", false },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++)
		if (rc_ipv4_is_global(cases[i].text) != cases[i].global)
			fail_msg("%s: %s", cases[i].why, cases[i].text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_single),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
