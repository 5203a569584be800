/*
 * The network filter of an appliance.  Its name carries a hash of its content:
 * redefining a filter changes every running VM at once, so another content -
 * another template, another hole, another address of the host - is another filter.
 */
#ifndef RC_CORE_FILTER_XML_H
#define RC_CORE_FILTER_XML_H

#include "core/allow.h"

#define RC_FILTER_TEMPLATE "filter.xml"

struct rc_filter_wish {
	const char *template, *origin;    /* the text and its file */
	const char *gateway;              /* of the appliances' network */
	const struct rc_allows *allows;   /* opened, whatever is closed */
	const struct rc_blocks *networks; /* closed: those that the host is part of */
	const char *gateway6;             /* NULL: no IPv6, whatever of it is in those lists */
};

struct rc_filter {
	char *name, *uuid, *xml;
	unsigned rules;
};
RC_MUST_CHECK int rc_filter_build(
    struct rc_filter *ret, const struct rc_filter_wish *wish, struct rc_error *err);
void rc_filter_release(struct rc_filter *filter);

/* A UUID made from the SHA-256 of text: the same for the same text, everywhere. */
char *rc_uuid_of(char buf[37], const char *text);

#endif
