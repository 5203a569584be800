/*
 * The network filters.  Their names carry a hash of their content: redefining
 * a filter changes every running VM at once, so another content is another filter.
 */
#ifndef RC_CORE_FILTER_XML_H
#define RC_CORE_FILTER_XML_H

#include "base/error.h"

enum rc_filter_part { RC_FILTER_IPV4, RC_FILTER_ARP, RC_FILTER_ROOT, RC_FILTER_PARTS };

/* The template's file name: "filter-ipv4.xml" and so on. */
const char *rc_filter_template(enum rc_filter_part part);

struct rc_filters {
	/* In the order in which they must be defined: the root refers to the others. */
	struct {
		char *name, *uuid, *xml;
	} parts[RC_FILTER_PARTS];
};

struct rc_template_source {
	const char *text, *origin;
};

RC_MUST_CHECK int rc_filters_build(struct rc_filters *ret,
    const struct rc_template_source sources[RC_FILTER_PARTS], struct rc_error *err);
void rc_filters_release(struct rc_filters *filters);

/* A UUID made from the SHA-256 of text: the same for the same text, everywhere. */
char *rc_uuid_of(char buf[37], const char *text);

#endif
