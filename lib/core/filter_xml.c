/*
 * The filter is filled twice: nameless, to have the content that name and UUID
 * are made of, and with them.  Then it is read as a guard would read it.
 */
#include "core/filter_xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/sha256.h"
#include "base/str.h"
#include "core/template.h"

/* libvirt sorts rules of equal priority in any order, so each has its own. */
enum {
	NEIGHBOUR_PRIORITY = -870,
	ALLOW_PRIORITY = -800,
	OPEN_PRIORITY = -500,
	DENY_PRIORITY = -200,
	INTERNET_PRIORITY = 910,
	LIST_MAX = 300,
};

/* A list of rules as the template's lists. */
struct rows {
	struct rc_strv priorities, addresses, prefixes, protocols, ports;
};

/* The rules of one kind, IPv4 and IPv6. */
struct kind {
	int priority; /* of the next */
	struct rows families[2];
};

struct lists {
	struct kind allow, open, deny;
	struct rows neighbour, internet; /* of IPv6: one rule each, or none */
};

char *
rc_uuid_of(char buf[37], const char *text)
{
	char hex[RC_SHA256_HEX];

	rc_sha256_of(hex, text, strlen(text));
	snprintf(
	    buf, 37, "%.8s-%.4s-8%.3s-a%.3s-%.12s", hex, hex + 8, hex + 13, hex + 17, hex + 20);
	return buf;
}

void
rc_filter_release(struct rc_filter *filter)
{
	free(filter->name);
	free(filter->uuid);
	free(filter->xml);
	*filter = (struct rc_filter){ 0 };
}

static void
rows_release(struct rows *rows)
{
	rc_strv_release(&rows->priorities);
	rc_strv_release(&rows->addresses);
	rc_strv_release(&rows->prefixes);
	rc_strv_release(&rows->protocols);
	rc_strv_release(&rows->ports);
}

static void
lists_release(struct lists *lists)
{
	for (int i = 0; i < 2; i++) {
		rows_release(&lists->allow.families[i]);
		rows_release(&lists->open.families[i]);
		rows_release(&lists->deny.families[i]);
	}
	rows_release(&lists->neighbour);
	rows_release(&lists->internet);
}

static void
add_number(struct rc_strv *to, int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	rc_strv_add(to, text);
}

static void
add_row(struct rows *to, int priority, struct rc_block block)
{
	char address[RC_ADDRESS_TEXT];

	add_number(&to->priorities, priority);
	rc_strv_add(&to->addresses, rc_block_address(address, block));
	add_number(&to->prefixes, (int)block.prefix);
}

static void
add_block(struct kind *to, struct rc_block block)
{
	add_row(&to->families[block.ipv6], to->priority++, block);
}

static void
add_allow(struct lists *to, const struct rc_allow *allow)
{
	struct rows *rows = &to->allow.families[allow->block.ipv6];

	if (!allow->port) {
		add_block(&to->open, allow->block);
		return;
	}
	add_block(&to->allow, allow->block);
	rc_strv_add(&rows->protocols, allow->transport == RC_UDP ? "udp" : "tcp");
	add_number(&rows->ports, (int)allow->port);
}

/* A block inside one that is closed already would only cost a process. */
static void
add_denied(struct kind *to, struct rc_blocks *denied, struct rc_block block)
{
	for (size_t i = 0; i < denied->count; i++)
		if (rc_block_holds(denied->items[i], block))
			return;
	rc_blocks_add(denied, block);
	add_block(to, block);
}

/* Where its neighbours ask for an address: the last three bytes of it behind ff02::1:ff00:0. */
static int
add_ipv6(struct lists *to, const char *gateway6, struct rc_error *err)
{
	struct rc_block gateway,
	    asked = { .bytes = { 0xff, 2, [11] = 1, [12] = 0xff }, .prefix = 128, .ipv6 = true };

	if (rc_block_parse(&gateway, gateway6, err) < 0)
		return -1;
	memcpy(asked.bytes + 13, gateway.bytes + 13, 3);
	add_row(&to->neighbour, NEIGHBOUR_PRIORITY, asked);
	add_row(&to->internet, INTERNET_PRIORITY, rc_internet6);
	return 0;
}

static int
make_lists(struct lists *ret, const struct rc_filter_wish *wish, struct rc_error *err)
{
	scoped(rc_blocks_release) struct rc_blocks denied = { 0 };
	bool ipv6 = wish->gateway6 != NULL;
	size_t special_count;
	const struct rc_block *special = rc_special_blocks(&special_count);

	if (wish->allows->count > LIST_MAX || wish->networks->count > LIST_MAX)
		return rc_fail(err, RC_USAGE,
		    "a filter of more than %d holes or networks is too much", LIST_MAX);
	*ret = (struct lists){ .allow.priority = ALLOW_PRIORITY,
		.open.priority = OPEN_PRIORITY,
		.deny.priority = DENY_PRIORITY };
	for (size_t i = 0; i < wish->allows->count; i++)
		if (ipv6 || !wish->allows->items[i].block.ipv6)
			add_allow(ret, &wish->allows->items[i]);
	for (size_t i = 0; i < special_count; i++)
		if (ipv6 || !special[i].ipv6)
			add_denied(&ret->deny, &denied, special[i]);
	for (size_t i = 0; i < wish->networks->count; i++)
		if (ipv6 || !wish->networks->items[i].ipv6)
			add_denied(&ret->deny, &denied, wish->networks->items[i]);
	return ipv6 ? add_ipv6(ret, wish->gateway6, err) : 0;
}

static bool
is(xmlNode *node, const char *attribute, const char *expected)
{
	scoped(rc_str_release) char *value = rc_xml_attribute(node, attribute);

	return value && strcmp(value, expected) == 0;
}

/* A rule without a protocol is about everything: only the last word may be one. */
static int
check_rules(unsigned *ret_count, xmlDoc *doc, const char *origin, struct rc_error *err)
{
	xmlNode *root = xmlDocGetRootElement(doc), *last = NULL;

	for (xmlNode *rule = rc_xml_child(root, "rule"); rule; rule = rc_xml_next(rule)) {
		if (xmlChildElementCount(rule) == 0 && !is(rule, "action", "drop"))
			return rc_fail(err, RC_HOST, "%s:%ld: a rule that accepts everything",
			    origin, xmlGetLineNo(rule));
		last = rule;
		++*ret_count;
	}
	if (!last || xmlChildElementCount(last) || !is(last, "priority", "1000") ||
	    is(last, "direction", "in"))
		return rc_fail(err, RC_HOST,
		    "%s:%ld: the last rule does not drop everything, with the priority 1000",
		    origin, xmlGetLineNo(last ? last : root));
	return 0;
}

static int
fill(struct rc_filter *filter, const struct rc_filter_wish *wish, const struct lists *lists,
    struct rc_error *err)
{
	const struct rows *allow = lists->allow.families, *open = lists->open.families,
			  *deny = lists->deny.families;
	const struct rc_hole holes[] = {
		{ "name", filter->name ? filter->name : "", NULL },
		{ "uuid", filter->uuid ? filter->uuid : "", NULL },
		{ "gateway", wish->gateway, NULL },
		{ "allow", NULL, &allow[0].addresses },
		{ "allow-prefix", NULL, &allow[0].prefixes },
		{ "allow-protocol", NULL, &allow[0].protocols },
		{ "allow-port", NULL, &allow[0].ports },
		{ "allow-priority", NULL, &allow[0].priorities },
		{ "allow6", NULL, &allow[1].addresses },
		{ "allow6-prefix", NULL, &allow[1].prefixes },
		{ "allow6-protocol", NULL, &allow[1].protocols },
		{ "allow6-port", NULL, &allow[1].ports },
		{ "allow6-priority", NULL, &allow[1].priorities },
		{ "open", NULL, &open[0].addresses },
		{ "open-prefix", NULL, &open[0].prefixes },
		{ "open-priority", NULL, &open[0].priorities },
		{ "open6", NULL, &open[1].addresses },
		{ "open6-prefix", NULL, &open[1].prefixes },
		{ "open6-priority", NULL, &open[1].priorities },
		{ "deny", NULL, &deny[0].addresses },
		{ "deny-prefix", NULL, &deny[0].prefixes },
		{ "deny-priority", NULL, &deny[0].priorities },
		{ "deny6", NULL, &deny[1].addresses },
		{ "deny6-prefix", NULL, &deny[1].prefixes },
		{ "deny6-priority", NULL, &deny[1].priorities },
		{ "neighbour6", NULL, &lists->neighbour.addresses },
		{ "neighbour6-priority", NULL, &lists->neighbour.priorities },
		{ "internet6", NULL, &lists->internet.addresses },
		{ "internet6-prefix", NULL, &lists->internet.prefixes },
		{ "internet6-priority", NULL, &lists->internet.priorities },
		{ 0 },
	};
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	unsigned rules = 0;

	if (rc_template_fill(&doc, wish->template, wish->origin, holes, err) < 0 ||
	    check_rules(&rules, doc, wish->origin, err) < 0)
		return -1;
	free(filter->xml);
	filter->xml = rc_xml_text(doc);
	filter->rules = rules;
	return 0;
}

int
rc_filter_build(struct rc_filter *ret, const struct rc_filter_wish *wish, struct rc_error *err)
{
	scoped(rc_filter_release) struct rc_filter filter = { 0 };
	scoped(lists_release) struct lists lists = { 0 };
	char hex[RC_SHA256_HEX], uuid[37];

	if (make_lists(&lists, wish, err) < 0 || fill(&filter, wish, &lists, err) < 0)
		return -1;
	rc_sha256_of(hex, filter.xml, strlen(filter.xml));
	filter.name = rc_format("runnerctl-%.12s", hex);
	filter.uuid = rc_strdup(rc_uuid_of(uuid, filter.name));
	if (fill(&filter, wish, &lists, err) < 0)
		return -1;
	*ret = filter;
	filter = (struct rc_filter){ 0 };
	return 0;
}
