/*
 * Filling templates.  First a look at the whole tree: every hole must be one of
 * ours and none of ours may be missing, whatever the values are this time.  Then
 * one walk that rebuilds each text and attribute value and hands it back to
 * libxml2 through functions that escape.
 */
#include "core/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOLES_MAX 64
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

struct filling {
	const struct rc_hole *holes;
	const char *origin;
	bool seen[HOLES_MAX];
	const char *items[HOLES_MAX]; /* what a list hole is worth inside its repeated element */
	struct rc_error *err;
};

/* Where the next hole begins, or NULL.  "@Name@" is one too, because nobody means it as it stands.
 */
static const char *
next_hole(const char *text, size_t *ret_length)
{
	for (const char *at = strchr(text, '@'); at; at = strchr(at + 1, '@')) {
		*ret_length = strspn(at + 1, NAME_CHARACTERS);
		if (*ret_length && at[1 + *ret_length] == '@')
			return at;
	}
	return NULL;
}

/* The hole that begins at text, or NULL if it is none of ours. */
static const struct rc_hole *
find_hole(const struct filling *fill, const char *text, size_t length)
{
	for (const struct rc_hole *hole = fill->holes; hole->name; hole++)
		if (strlen(hole->name) == length && strncmp(hole->name, text + 1, length) == 0)
			return hole;
	return NULL;
}

static int
check_text(struct filling *fill, xmlNode *node, const char *text)
{
	size_t length = 0;

	while ((text = next_hole(text, &length))) {
		const struct rc_hole *hole = find_hole(fill, text, length);

		if (!hole) {
			rc_fail(fill->err, RC_HOST, "%s:%ld: unknown hole %.*s", fill->origin,
			    xmlGetLineNo(node), (int)length + 2, text);
			return rc_hint(
			    fill->err, "runnerctl.conf(5) lists the holes of each template");
		}
		fill->seen[hole - fill->holes] = true;
		text += length + 2;
	}
	return 0;
}

static int
check_element(struct filling *fill, xmlNode *node)
{
	int result = 0;

	for (xmlAttr *a = node->properties; a && result == 0; a = a->next) {
		xmlChar *value = xmlNodeGetContent((xmlNode *)a);

		result = check_text(fill, node, (const char *)value);
		xmlFree(value);
	}
	for (xmlNode *child = node->children; child && result == 0; child = child->next) {
		if (child->type == XML_TEXT_NODE)
			result = check_text(fill, node, (const char *)child->content);
		else if (child->type == XML_ELEMENT_NODE)
			result = check_element(fill, child);
	}
	return result;
}

static int
check_all_seen(const struct filling *fill, xmlNode *root)
{
	for (size_t i = 0; fill->holes[i].name; i++) {
		if (fill->seen[i])
			continue;
		rc_fail(fill->err, RC_HOST, "%s:%ld: <%s> lacks the hole @%s@", fill->origin,
		    xmlGetLineNo(root), (const char *)root->name, fill->holes[i].name);
		return rc_hint(fill->err, "compare it with the template that was shipped");
	}
	return 0;
}

/* libxml2 would write what XML cannot say as it is, and nobody could read the document. */
static int
check_values(const struct filling *fill)
{
	for (const struct rc_hole *hole = fill->holes; hole->name; hole++) {
		bool good = !hole->value || rc_xml_can_say(hole->value);

		for (size_t i = 0; hole->list && i < hole->list->count; i++)
			good = good && rc_xml_can_say(hole->list->items[i]);
		if (!good)
			return rc_fail(fill->err, RC_FAILED,
			    "%s: the value for @%s@ is not UTF-8 or holds a control character",
			    fill->origin, hole->name);
	}
	return 0;
}

/* NULL for a hole without a value, and for a list outside of its repeated element. */
static const char *
value_of(const struct filling *fill, const struct rc_hole *hole)
{
	return hole->list ? fill->items[hole - fill->holes] : hole->value;
}

/* text with its holes replaced, which the caller frees; NULL if one has no value. */
static char *
replaced(const struct filling *fill, const char *text)
{
	char *result = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&result, &size);
	const char *value = "", *hole;
	size_t length = 0;

	while (value && (hole = next_hole(text, &length))) {
		value = value_of(fill, find_hole(fill, hole, length));
		fprintf(out, "%.*s%s", (int)(hole - text), text, value ? value : "");
		text = hole + length + 2;
	}
	fputs(text, out);
	fclose(out);
	if (!value)
		rc_str_release(&result);
	return result;
}

/* The functions from here on return false when the element is to be left out. */

static bool
fill_attributes(const struct filling *fill, xmlNode *node)
{
	for (xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
		xmlChar *old = xmlNodeGetContent((xmlNode *)attribute);
		scoped(rc_str_release) char *value = replaced(fill, (const char *)old);

		xmlFree(old);
		if (!value)
			return false;
		xmlSetNsProp(node, attribute->ns, attribute->name, RC_XML(value));
	}
	return true;
}

/* Frees text: a filled one takes its place. */
static bool
fill_text(const struct filling *fill, xmlNode *text)
{
	scoped(rc_str_release) char *value = replaced(fill, (const char *)text->content);

	if (!value)
		return false;
	xmlReplaceNode(text, xmlNewText(RC_XML(value)));
	xmlFreeNode(text);
	return true;
}

static bool fill_element(struct filling *fill, xmlNode *node);

/* Blanks and comments say nothing. */
static bool
is_bare(const xmlNode *node)
{
	for (xmlNode *child = node->children; child; child = child->next)
		if (child->type != XML_COMMENT_NODE && !xmlIsBlankNode(child))
			return false;
	return !node->properties;
}

/* An element is also left out that had nothing but such as were left out; not the document's own.
 */
static bool
fill_children(struct filling *fill, xmlNode *node)
{
	bool lost = false;

	for (xmlNode *child = node->children, *next; child; child = next) {
		next = child->next;
		if (child->type == XML_TEXT_NODE) {
			if (!fill_text(fill, child))
				return false;
		} else if (child->type == XML_ELEMENT_NODE && !fill_element(fill, child)) {
			xmlUnlinkNode(child);
			xmlFreeNode(child);
			lost = true;
		}
	}
	return !lost || !is_bare(node) || node->parent->type == XML_DOCUMENT_NODE;
}

/* The first list in text that the element is not being repeated for yet, or NULL. */
static const struct rc_hole *
list_in(const struct filling *fill, const char *text)
{
	size_t length = 0;

	while ((text = next_hole(text, &length))) {
		const struct rc_hole *hole = find_hole(fill, text, length);

		if (hole->list && !value_of(fill, hole))
			return hole;
		text += length + 2;
	}
	return NULL;
}

/* The same for the element's own attributes and text. */
static const struct rc_hole *
list_of(const struct filling *fill, xmlNode *node)
{
	const struct rc_hole *hole = NULL;

	for (xmlAttr *a = node->properties; a && !hole; a = a->next) {
		xmlChar *value = xmlNodeGetContent((xmlNode *)a);

		hole = list_in(fill, (const char *)value);
		xmlFree(value);
	}
	for (xmlNode *child = node->children; child && !hole; child = child->next)
		if (child->type == XML_TEXT_NODE)
			hole = list_in(fill, (const char *)child->content);
	return hole;
}

/* Are they lists that advance together: "deny" and "deny-prefix"? */
static bool
together(const struct rc_hole *one, const struct rc_hole *two)
{
	size_t length = strcspn(one->name, "-");

	return two->list && strcspn(two->name, "-") == length &&
	       strncmp(one->name, two->name, length) == 0 && one->list->count == two->list->count;
}

/* Inside of the element that is repeated for hole, its lists are worth their items number i. */
static void
advance(struct filling *fill, const struct rc_hole *hole, size_t i)
{
	for (const struct rc_hole *h = fill->holes; h->name; h++)
		if (together(hole, h))
			fill->items[h - fill->holes] =
			    i < h->list->count ? h->list->items[i] : NULL;
}

/* One filled copy of the node for each item, in front of it. */
static void
repeat(struct filling *fill, xmlNode *node, const struct rc_hole *hole)
{
	for (size_t i = 0; i < hole->list->count; i++) {
		xmlNode *copy = xmlAddPrevSibling(node, xmlCopyNode(node, 1));

		advance(fill, hole, i);
		if (!fill_element(fill, copy)) {
			xmlUnlinkNode(copy);
			xmlFreeNode(copy);
		}
	}
	advance(fill, hole, hole->list->count);
}

static bool
fill_element(struct filling *fill, xmlNode *node)
{
	const struct rc_hole *list = list_of(fill, node);

	if (list)
		repeat(fill, node, list);
	return !list && fill_attributes(fill, node) && fill_children(fill, node);
}

int
rc_template_fill(xmlDoc **ret, const char *text, const char *origin, const struct rc_hole *holes,
    struct rc_error *err)
{
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	struct filling fill = { .holes = holes, .origin = origin, .err = err };
	xmlNode *root;

	if (rc_xml_parse(&doc, text, origin, err) < 0) {
		err->code = RC_HOST;
		return -1;
	}
	root = xmlDocGetRootElement(doc);
	if (check_element(&fill, root) < 0 || check_all_seen(&fill, root) < 0 ||
	    check_values(&fill) < 0)
		return -1;
	if (!fill_element(&fill, root))
		return rc_fail(err, RC_HOST,
		    "%s:%ld: a hole of <%s> itself is a list or has no value", origin,
		    xmlGetLineNo(root), (const char *)root->name);
	*ret = doc;
	doc = NULL;
	return 0;
}

int
rc_template_text(char **ret, const char *text, const char *origin, const struct rc_hole *holes,
    struct rc_error *err)
{
	scoped(rc_xml_release) xmlDoc *doc = NULL;

	if (rc_template_fill(&doc, text, origin, holes, err) < 0)
		return -1;
	*ret = rc_xml_text(doc);
	return 0;
}
