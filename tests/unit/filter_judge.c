#include "filter_judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/address.h"

static bool
attribute_is(xmlNode *node, const char *name, const char *value)
{
	scoped(rc_str_release) char *text = rc_xml_attribute(node, name);

	if (text && strcmp(text, "$IP") == 0)
		return value && strcmp(value, IP) == 0;
	if (text && strcmp(text, "$IPV6") == 0)
		return value && strcmp(value, IP6) == 0;
	if (text && strcmp(text, "$MAC") == 0)
		return value && strcmp(value, "own") == 0;
	return !text || (value && strcmp(text, value) == 0);
}

static bool
port_is(xmlNode *node, const char *name, int port)
{
	scoped(rc_str_release) char *text = rc_xml_attribute(node, name);

	return !text || atoi(text) == port;
}

static bool
target_is(xmlNode *node, const char *target)
{
	scoped(rc_str_release) char *address = rc_xml_attribute(node, "dstipaddr");
	scoped(rc_str_release) char *prefix = rc_xml_attribute(node, "dstipmask");
	scoped(rc_str_release) char *text =
	    rc_format("%s%s%s", address ? address : "", prefix ? "/" : "", prefix ? prefix : "");
	struct rc_block outer, inner;
	struct rc_error err;

	if (!address)
		return true;
	return rc_block_parse(&outer, text, &err) == 0 &&
	       rc_block_parse(&inner, target, &err) == 0 && rc_block_holds(outer, inner);
}

static bool
element_matches(xmlNode *node, const struct packet *packet)
{
	const char *name = (const char *)node->name;

	if (strcmp(name, packet->protocol) != 0 || !attribute_is(node, "srcmacaddr", packet->mac))
		return false;
	if (strcmp(name, "arp") == 0)
		return attribute_is(node, "arpsrcmacaddr", packet->mac) &&
		       attribute_is(node, "arpsrcipaddr", packet->source) &&
		       attribute_is(node, "arpdstipaddr", packet->target);
	return attribute_is(node, "srcipaddr", packet->source) && target_is(node, packet->target) &&
	       attribute_is(node, "protocol", packet->transport) &&
	       port_is(node, "srcportstart", packet->source_port) &&
	       port_is(node, "dstportstart", packet->port) && port_is(node, "type", packet->port);
}

static bool
rule_matches(xmlNode *rule, const struct packet *packet)
{
	for (xmlNode *node = rule->children; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE)
			return element_matches(node, packet);
	return true;
}

int
filter_priority(xmlNode *rule)
{
	scoped(rc_str_release) char *text = rc_xml_attribute(rule, "priority");

	assert_non_null(text);
	return atoi(text);
}

bool
filter_passes(xmlNode *root, const struct packet *packet)
{
	xmlNode *first = NULL;

	for (xmlNode *rule = rc_xml_child(root, "rule"); rule; rule = rc_xml_next(rule))
		if (rule_matches(rule, packet) &&
		    (!first || filter_priority(rule) < filter_priority(first)))
			first = rule;
	if (first) {
		scoped(rc_str_release) char *action = rc_xml_attribute(first, "action");

		return strcmp(action, "accept") == 0;
	}
	fail_msg("no rule decides");
	return false;
}
