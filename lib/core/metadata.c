/* The appliance's element in the domain's metadata: attributes only, every one checked on reading.
 */
#include "core/metadata.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/name.h"
#include "core/xml.h"

static void
put(xmlNode *node, const char *name, const char *value)
{
	if (value)
		xmlSetProp(node, RC_XML(name), RC_XML(value));
}

static void
put_number(xmlNode *node, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	put(node, name, text);
}

static void
put_limits(xmlNode *root, const char *name, const struct rc_limits *from)
{
	xmlNode *limits = xmlNewTextChild(root, NULL, RC_XML(name), NULL);

	for (const struct rc_limit *limit = rc_limit_rows; limit->name; limit++) {
		uint64_t value = rc_limit_get(from, limit);

		if (limit->optional && value == RC_NO_LIMIT)
			put(limits, limit->name, "none");
		else if (value || !limit->optional)
			put_number(limits, limit->name, (int64_t)value);
	}
}

char *
rc_appliance_to_xml(const struct rc_appliance *a)
{
	scoped(rc_xml_release) xmlDoc *doc = xmlNewDoc(RC_XML("1.0"));
	xmlNode *root = xmlNewDocNode(doc, NULL, RC_XML("appliance"), NULL);
	static const struct rc_limits none;
	xmlNode *runner, *network;

	xmlDocSetRootElement(doc, root);
	xmlNewNs(root, RC_XML(RC_APPLIANCE_NAMESPACE), NULL);
	put(root, "name", a->name);
	put_number(root, "generation", a->generation);
	put(root, "uuid", a->uuid);
	put(root, "state", rc_state_name(a->state));
	put(root, "image", a->image);
	put(root, "profile", a->profile);
	put_number(root, "created", a->created);
	put(root, "accel", a->emulated ? "tcg" : "kvm");

	put(root, "template", a->template);
	put(root, "successor", a->successor ? "wanted" : NULL);
	if (a->drain_begun)
		put_number(root, "drain-begun", a->drain_begun);
	if (a->rotation_failed) {
		put_number(root, "rotation-failed", a->rotation_failed);
		put_number(root, "rotation-code", (int64_t)a->rotation_code);
	}
	put(root, "balloon", a->pumped ? "pumped" : NULL);
	put_limits(root, "limits", &a->limits);
	if (!rc_limits_equal(&a->own, &none))
		put_limits(root, "own-limits", &a->own);

	network = xmlNewTextChild(root, NULL, RC_XML("network"), NULL);
	put(network, "mac", a->mac);
	put(network, "ip", a->ip);
	put(network, "ip6", a->ip6);
	put(network, "filter", a->filter);
	put(network, "allow", a->allow);
	put(network, "holes", a->holes);
	if (a->rules[0])
		put(network, "rules", a->rules);

	runner = xmlNewTextChild(root, NULL, RC_XML("runner"), NULL);
	put(runner, "ownership", rc_ownership_name(a->ownership));
	put(runner, "renewal", rc_renewal_name(a->renewal));
	put(runner, "url", a->url);
	put_number(runner, "group", a->group);
	put_number(runner, "project", a->project);
	put_number(runner, "id", a->runner_id);
	put_number(runner, "token-expires", a->token_expires);
	put(runner, "system-id", a->system_id);
	put(runner, "tags", a->tags);
	return rc_xml_text(doc);
}

/* A whole decimal number from 0 to max, else -1. */
static int64_t
number(xmlNode *node, const char *name, int64_t max)
{
	scoped(rc_str_release) char *text = rc_xml_attribute(node, name);
	char *end;
	long long value;

	if (!text || !isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	value = strtoll(text, &end, 10);
	return *end || errno || value > max ? -1 : value;
}

/* Elements of an earlier version lack it. */
static int64_t
number_if_there(xmlNode *node, const char *name)
{
	scoped(rc_str_release) char *text = rc_xml_attribute(node, name);

	return text ? number(node, name, INT64_MAX) : 0;
}

/* An optional one may be missing, and in a wish be "none". */
static bool
read_limit(uint64_t *ret, xmlNode *node, const struct rc_limit *limit, bool wish)
{
	scoped(rc_str_release) char *text = rc_xml_attribute(node, limit->name);
	int64_t value;

	*ret = 0;
	if (limit->optional && !text)
		return true;
	if (wish && limit->optional && strcmp(text, "none") == 0) {
		*ret = RC_NO_LIMIT;
		return true;
	}
	value = number(node, limit->name, (int64_t)limit->most);
	*ret = (uint64_t)value;
	return value >= 0 && (value > 0 || wish || limit->optional);
}

/* In a wish, 0 is what was not said. */
static bool
read_limits(struct rc_limits *limits, xmlNode *node, bool wish)
{
	*limits = (struct rc_limits){ 0 };
	for (const struct rc_limit *limit = rc_limit_rows; limit->name; limit++) {
		uint64_t value;

		if (!read_limit(&value, node, limit, wish))
			return false;
		rc_limit_put(limits, limit, value);
	}
	return true;
}

static bool
read_network(struct rc_appliance *a, xmlNode *node)
{
	scoped(rc_str_release) char *rules = rc_xml_attribute(node, "rules");

	a->mac = rc_xml_attribute(node, "mac");
	a->ip = rc_xml_attribute(node, "ip");
	a->ip6 = rc_xml_attribute(node, "ip6");
	a->filter = rc_xml_attribute(node, "filter");
	a->allow = rc_xml_attribute(node, "allow");
	a->holes = rc_xml_attribute(node, "holes");
	if (rules && strlen(rules) < sizeof(a->rules))
		memcpy(a->rules, rules, strlen(rules) + 1);
	return a->mac && a->ip && a->filter;
}

static bool
read_runner(struct rc_appliance *a, xmlNode *node)
{
	scoped(rc_str_release) char *system_id = rc_xml_attribute(node, "system-id");
	scoped(rc_str_release) char *ownership = rc_xml_attribute(node, "ownership");
	scoped(rc_str_release) char *renewal = rc_xml_attribute(node, "renewal");

	a->url = rc_xml_attribute(node, "url");
	a->tags = rc_xml_attribute(node, "tags");
	a->group = number_if_there(node, "group");
	a->project = number_if_there(node, "project");
	a->runner_id = number(node, "id", INT64_MAX);
	a->token_expires = number(node, "token-expires", INT64_MAX);
	if (!ownership || !rc_ownership_parse(&a->ownership, ownership) ||
	    !rc_renewal_parse(&a->renewal, renewal) || a->group < 0 || a->project < 0 ||
	    a->runner_id < 0 || a->token_expires < 0 || !system_id ||
	    strlen(system_id) >= sizeof(a->system_id))
		return false;
	memcpy(a->system_id, system_id, strlen(system_id) + 1);
	return true;
}

/* libvirt takes the declaration of our namespace away when it hands the element out. */
static bool
is_ours(xmlNode *root)
{
	return strcmp((const char *)root->name, "appliance") == 0 &&
	       (!root->ns || strcmp((const char *)root->ns->href, RC_APPLIANCE_NAMESPACE) == 0);
}

/* Emulation is no security boundary: what is neither "kvm" nor "tcg" is not taken for either. */
static bool
read_accel(bool *emulated, xmlNode *root)
{
	scoped(rc_str_release) char *accel = rc_xml_attribute(root, "accel");

	*emulated = accel && strcmp(accel, "tcg") == 0;
	return *emulated || (accel && strcmp(accel, "kvm") == 0);
}

static bool
read_rotation(struct rc_appliance *a, xmlNode *root)
{
	int64_t code = number_if_there(root, "rotation-code");

	a->drain_begun = number_if_there(root, "drain-begun");
	a->rotation_failed = number_if_there(root, "rotation-failed");
	a->rotation_code = (enum rc_code)code;
	return a->drain_begun >= 0 && a->rotation_failed >= 0 && code >= 0 && code <= RC_TIMEOUT &&
	       (code != RC_OK) == (a->rotation_failed != 0);
}

static bool
read_element(struct rc_appliance *a, xmlNode *root)
{
	scoped(rc_str_release) char *name = rc_xml_attribute(root, "name");
	scoped(rc_str_release) char *uuid = rc_xml_attribute(root, "uuid");
	xmlNode *own = rc_xml_child(root, "own-limits");
	scoped(rc_str_release) char *successor = rc_xml_attribute(root, "successor");
	scoped(rc_str_release) char *balloon = rc_xml_attribute(root, "balloon");
	scoped(rc_str_release) char *state = rc_xml_attribute(root, "state");

	a->created = number(root, "created", INT64_MAX);
	a->image = rc_xml_attribute(root, "image");
	a->profile = rc_xml_attribute(root, "profile");
	a->template = rc_xml_attribute(root, "template");
	a->successor = successor && strcmp(successor, "wanted") == 0;
	a->pumped = balloon && strcmp(balloon, "pumped") == 0;
	return is_ours(root) && state && rc_state_parse(&a->state, state) && a->created >= 0 &&
	       read_accel(&a->emulated, root) && a->image && name && uuid &&
	       strcmp(name, a->name) == 0 && strcmp(uuid, a->uuid) == 0 &&
	       number(root, "generation", UINT32_MAX) == (int64_t)a->generation &&
	       read_limits(&a->limits, rc_xml_child(root, "limits"), false) &&
	       read_network(a, rc_xml_child(root, "network")) &&
	       (!own || read_limits(&a->own, own, true)) && read_rotation(a, root) &&
	       read_runner(a, rc_xml_child(root, "runner"));
}

int
rc_appliance_from_xml(struct rc_appliance *ret, const char *xml, const char *domain,
    const char *uuid, struct rc_error *err)
{
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	struct rc_appliance a = { 0 };
	char name[32];

	if (!rc_domain_name_split(domain, name, &a.generation))
		return rc_fail(err, RC_FAILED, "the domain %s is no appliance", domain);
	if (rc_xml_parse(&doc, xml, "metadata", err) < 0)
		return rc_within(err, "domain %s", domain);
	a.name = rc_strdup(name);
	snprintf(a.uuid, sizeof(a.uuid), "%s", uuid);
	if (!read_element(&a, xmlDocGetRootElement(doc))) {
		rc_appliance_release(&a);
		return rc_fail(err, RC_FAILED,
		    "the domain %s has metadata of runnerctl that do "
		    "not agree with the domain",
		    domain);
	}
	*ret = a;
	return 0;
}
