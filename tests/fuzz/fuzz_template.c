/*
 * A template and a value for its holes, split at the first NUL byte: what is
 * filled can be read again, and the value comes back from every <probe>.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/domain_xml.h"
#include "core/network_xml.h"
#include "core/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int condition)
{
	if (!condition)
		abort();
}

/* The text as a template of ours with one hole, one hole without a value, and a list. */
static void
fill_theirs(const char *text, const char *value)
{
	scoped(rc_strv_release) struct rc_strv list = { 0 };
	const struct rc_hole holes[] = { { "a", value, NULL }, { "b", NULL, NULL },
		{ "c", NULL, &list }, { 0 } };
	scoped(rc_str_release) char *filled = NULL;
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	struct rc_error err = { 0 };

	rc_strv_add(&list, value);
	rc_strv_add(&list, "x");
	if (rc_template_text(&filled, text, "F", holes, &err) < 0) {
		must(rc_str_starts(err.text, "F:"));
		return;
	}
	must(rc_xml_parse(&doc, filled, "filled", &err) == 0);
}

/* The value in a template of mine. */
static void
fill_mine(const char *value)
{
	scoped(rc_str_release) char *filled = NULL, *attribute = NULL, *content = NULL;
	const struct rc_hole holes[] = { { "a", value, NULL }, { 0 } };
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	struct rc_error err = { 0 };
	xmlNode *probe;

	if (rc_template_text(&filled, "<t><probe v='@a@'>@a@</probe></t>", "F", holes, &err) < 0) {
		must(!rc_xml_can_say(value));
		return;
	}
	must(rc_xml_can_say(value));
	must(rc_xml_parse(&doc, filled, "filled", &err) == 0);
	probe = rc_xml_child(xmlDocGetRootElement(doc), "probe");
	attribute = rc_xml_attribute(probe, "v");
	content = rc_xml_content(probe);
	must(probe && !rc_xml_next(probe) && xmlChildElementCount(probe) == 0);
	must(strcmp(attribute, value) == 0 && strcmp(content, value) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped(rc_str_release) char *both = rc_strndup((const char *)data, size);
	scoped(rc_network_release) struct rc_network network = { 0 };
	scoped(rc_str_release) char *value = NULL, *ip = NULL;
	static char filter[] = "filter", address[] = "10.0.0.2";
	const struct rc_appliance appliance = { .ip = address, .filter = filter };
	struct rc_error err = { 0 };
	size_t length = strlen(both);

	value = length < size ? rc_strndup((const char *)data + length + 1, size - length - 1)
			      : rc_strdup("v");
	fill_theirs(both, value);
	fill_mine(value);
	/* The other readers of XML that is not ours. */
	if (rc_network_read(&network, both, &err) == 0 && network.prefix >= 24 &&
	    rc_network_pick(&ip, &network, &err) < 0)
		must(err.code == RC_NO_ROOM);
	if (rc_domain_xml_check_filter(both, &appliance, &err) == 0)
		must(strstr(both, "filterref") != NULL);
	return 0;
}
