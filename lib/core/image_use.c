/* Which images a domain's document speaks of. */
#include "core/image_use.h"

#include <string.h>

#include "core/image_name.h"
#include "core/xml.h"

static void
add_once(struct rc_strv *list, const char *item)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], item) == 0)
			return;
	rc_strv_add(list, item);
}

/* The last component of what may be a path: links and "." lead to the same file. */
static void
note(struct rc_strv *uses, const xmlChar *text)
{
	const char *whole = text ? (const char *)text : "", *slash = strrchr(whole, '/');
	const char *last = slash ? slash + 1 : whole;
	scoped(rc_str_release) char *reference = NULL, *name = NULL, *version = NULL;
	enum rc_image_part part;
	struct rc_error unused;

	if (!strchr(last, '@'))
		return;
	reference = rc_image_volume_reference(last, &part);
	if (reference)
		add_once(uses, reference);
	else if (rc_image_reference(&name, &version, last, &unused) == 0)
		add_once(uses, last);
}

static void
note_attributes(struct rc_strv *uses, const xmlNode *node)
{
	for (const xmlAttr *a = node->properties; a; a = a->next)
		for (const xmlNode *value = a->children; value; value = value->next)
			note(uses, value->content);
}

int
rc_image_uses(struct rc_strv *ret, const char *xml, const char *origin, struct rc_error *err)
{
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	const xmlNode *node;

	if (rc_xml_parse(&doc, xml, origin, err) < 0)
		return -1;
	/* Depth first, without recursion: the document may be as deep as it likes. */
	for (node = xmlDocGetRootElement(doc); node;) {
		if (node->type == XML_ELEMENT_NODE)
			note_attributes(ret, node);
		else if (node->type == XML_TEXT_NODE)
			note(ret, node->content);
		if (node->type == XML_ELEMENT_NODE && node->children) {
			node = node->children;
			continue;
		}
		while (node && !node->next)
			node = node->parent && node->parent->type == XML_ELEMENT_NODE ? node->parent
										      : NULL;
		node = node ? node->next : NULL;
	}
	return 0;
}
