/*
 * Templates are XML documents with holes: @name@ in the value of an attribute
 * or in an element's text.  They are parsed first and filled afterwards, so no
 * value can break out of its place.
 */
#ifndef RC_CORE_TEMPLATE_H
#define RC_CORE_TEMPLATE_H

#include <stddef.h>

#include "base/error.h"
#include "base/str.h"
#include "core/xml.h"

struct rc_hole {
	const char *name;
	/* NULL: the element that has this hole is left out, and so is one that had only such. */
	const char *value;
	/*
	 * Instead of value: the element is repeated for each item; none: left out.
	 * Lists of one length whose names begin with the same word ("deny", "deny-prefix")
	 * advance together.
	 */
	const struct rc_strv *list;
};

/*
 * The filled document.  A hole that the template has and we do not know, or
 * that we have and the template lacks, is an error naming origin and line.
 */
RC_MUST_CHECK int rc_template_fill(xmlDoc **ret, const char *text, const char *origin,
    const struct rc_hole *holes, struct rc_error *err);
/* The same as text, for the caller to free.  holes ends with a NULL name. */
RC_MUST_CHECK int rc_template_text(char **ret, const char *text, const char *origin,
    const struct rc_hole *holes, struct rc_error *err);

#endif
