/* libxml2 with the dangers off, and the few reading helpers that all XML code here shares. */
#ifndef RC_CORE_XML_H
#define RC_CORE_XML_H

#include <libxml/tree.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/scope.h"

/* libxml2's own BAD_CAST throws const away. */
#define RC_XML(text) ((const xmlChar *)(text))

RC_RELEASER(rc_xml_release, xmlDoc *, xmlFreeDoc)

/*
 * Parses without network, entities and DTD: a document with a DOCTYPE is
 * refused.  Errors name origin and line.
 */
RC_MUST_CHECK int rc_xml_parse(
    xmlDoc **ret, const char *text, const char *origin, struct rc_error *err);
/* Is it UTF-8 and free of control characters that XML has no way to write? */
bool rc_xml_can_say(const char *text);
/* The document as text without the XML declaration; the caller frees. */
char *rc_xml_text(xmlDoc *doc);

/* The first child element of that name (any namespace), or NULL.  parent may be NULL. */
xmlNode *rc_xml_child(xmlNode *parent, const char *name);
/* Walks "devices/interface/source" from parent; NULL when a part is missing. */
xmlNode *rc_xml_path(xmlNode *parent, const char *path);
/* The next sibling element of the same name, or NULL. */
xmlNode *rc_xml_next(xmlNode *node);
/* A copy of the attribute, or of the element's text; NULL when missing.  The caller frees. */
char *rc_xml_attribute(xmlNode *node, const char *name);
char *rc_xml_content(xmlNode *node);

#endif
