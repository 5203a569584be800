/* The network filters: names and UUIDs from the content, so that defining twice is harmless. */
#include "core/filter_xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/sha256.h"
#include "base/str.h"
#include "core/template.h"

static const char *const templates[] = {
	[RC_FILTER_IPV4] = "filter-ipv4.xml",
	[RC_FILTER_ARP] = "filter-arp.xml",
	[RC_FILTER_ROOT] = "filter.xml",
};
static const char *const prefixes[] = {
	[RC_FILTER_IPV4] = "runnerctl-ipv4-",
	[RC_FILTER_ARP] = "runnerctl-arp-",
	[RC_FILTER_ROOT] = "runnerctl-",
};

const char *
rc_filter_template(enum rc_filter_part part)
{
	return templates[part];
}

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
rc_filters_release(struct rc_filters *filters)
{
	for (int i = 0; i < RC_FILTER_PARTS; i++) {
		free(filters->parts[i].name);
		free(filters->parts[i].uuid);
		free(filters->parts[i].xml);
	}
	*filters = (struct rc_filters){ 0 };
}

static int
fill_part(struct rc_filters *filters, enum rc_filter_part part,
    const struct rc_template_source *source, struct rc_error *err)
{
	const struct rc_hole holes[] = {
		{ "name", filters->parts[part].name, NULL },
		{ "uuid", filters->parts[part].uuid, NULL },
		/* Only the root refers to the others; for them the list ends here. */
		{ part == RC_FILTER_ROOT ? "ipv4" : NULL, filters->parts[RC_FILTER_IPV4].name,
		    NULL },
		{ "arp", filters->parts[RC_FILTER_ARP].name, NULL },
		{ 0 },
	};

	return rc_template_text(
	    &filters->parts[part].xml, source->text, source->origin, holes, err);
}

int
rc_filters_build(struct rc_filters *ret, const struct rc_template_source sources[RC_FILTER_PARTS],
    struct rc_error *err)
{
	struct rc_sha256 *sum = rc_sha256_new();
	struct rc_filters filters = { 0 };
	char hex[RC_SHA256_HEX], uuid[37];

	for (int i = 0; i < RC_FILTER_PARTS; i++)
		rc_sha256_add(sum, sources[i].text, strlen(sources[i].text) + 1);
	rc_sha256_finish(sum, hex);
	for (int i = 0; i < RC_FILTER_PARTS; i++) {
		filters.parts[i].name = rc_format("%s%.12s", prefixes[i], hex);
		filters.parts[i].uuid = rc_strdup(rc_uuid_of(uuid, filters.parts[i].name));
	}
	for (int i = 0; i < RC_FILTER_PARTS; i++)
		if (fill_part(&filters, (enum rc_filter_part)i, &sources[i], err) < 0) {
			rc_filters_release(&filters);
			return -1;
		}
	*ret = filters;
	return 0;
}
