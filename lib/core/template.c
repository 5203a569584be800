/*
 * Filling templates.  One walk over the tree: each text and attribute value is
 * rebuilt with its holes replaced and handed back to libxml2 through functions
 * that escape.
 */
#include "core/template.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOLES_MAX 64

struct filling {
	const struct rc_hole *holes;
	const char *origin;
	bool seen[HOLES_MAX];
	const char *item; /* what list holes are worth in the repetition at hand */
	struct rc_error *err;
};

enum fate { KEEP, DROP, BROKEN };

/* The length of a hole's name at text ("@name@"), or 0. */
static size_t
hole_length(const char *text)
{
	size_t n = 0;

	if (text[0] != '@')
		return 0;
	while (islower((unsigned char)text[1 + n]) || text[1 + n] == '-' ||
	       isdigit((unsigned char)text[1 + n]))
		n++;
	return n && text[1 + n] == '@' ? n : 0;
}

static const struct rc_hole *
find_hole(struct filling *fill, const char *name, size_t length)
{
	for (size_t i = 0; fill->holes[i].name; i++)
		if (strlen(fill->holes[i].name) == length &&
		    strncmp(fill->holes[i].name, name, length) == 0) {
			fill->seen[i] = true;
			return &fill->holes[i];
		}
	return NULL;
}

static enum fate
unknown_hole(struct filling *fill, xmlNode *node, const char *hole, size_t length)
{
	rc_fail(fill->err, RC_HOST, "%s:%ld: unknown hole @%.*s@", fill->origin,
	    xmlGetLineNo(node), (int)length, hole);
	rc_hint(fill->err, "runnerctl.conf(5) lists the holes of each template");
	return BROKEN;
}

/* text with its holes replaced, in *ret, which the caller frees. */
static enum fate
replace(struct filling *fill, xmlNode *node, const char *text, char **ret)
{
	size_t size = 0;
	FILE *out = open_memstream(ret, &size);
	enum fate fate = KEEP;

	while (*text && fate == KEEP) {
		size_t length = hole_length(text);
		const struct rc_hole *hole;
		const char *value;

		if (!length) {
			fputc(*text++, out);
			continue;
		}
		hole = find_hole(fill, text + 1, length);
		value = !hole ? NULL : hole->list ? fill->item : hole->value;
		if (!hole)
			fate = unknown_hole(fill, node, text + 1, length);
		else if (!value)
			fate = DROP;
		else
			fputs(value, out);
		text += length + 2;
	}
	fclose(out);
	return fate;
}

static enum fate
fill_attributes(struct filling *fill, xmlNode *node)
{
	for (xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
		xmlChar *old = xmlNodeGetContent((xmlNode *)attribute);
		char *value = NULL;
		enum fate fate = replace(fill, node, (const char *)old, &value);

		if (fate == KEEP && strcmp(value, (const char *)old) != 0)
			xmlSetNsProp(node, attribute->ns, attribute->name, RC_XML(value));
		free(value);
		xmlFree(old);
		if (fate != KEEP)
			return fate;
	}
	return KEEP;
}

static enum fate
fill_text(struct filling *fill, xmlNode *text)
{
	char *value = NULL;
	enum fate fate = replace(fill, text->parent, (const char *)text->content, &value);

	if (fate == KEEP && strcmp(value, (const char *)text->content) != 0) {
		xmlNode *fresh = xmlNewText(RC_XML(value));

		xmlReplaceNode(text, fresh);
		xmlFreeNode(text);
	}
	free(value);
	return fate;
}

/* The list hole in one of the node's attributes, or NULL. */
static const struct rc_hole *
list_hole(struct filling *fill, xmlNode *node)
{
	for (xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
		const char *text =
		    attribute->children ? (const char *)attribute->children->content : "";
		size_t length = hole_length(text);
		const struct rc_hole *hole = length ? find_hole(fill, text + 1, length) : NULL;

		if (hole && hole->list)
			return hole;
	}
	return NULL;
}

static enum fate fill_children(struct filling *fill, xmlNode *node);

/* One filled copy of the node for each item, in front of it; the node itself is to be dropped. */
static enum fate
repeat(struct filling *fill, xmlNode *node, const struct rc_strv *items)
{
	for (size_t i = 0; i < items->count; i++) {
		xmlNode *copy = xmlCopyNode(node, 1);

		xmlAddPrevSibling(node, copy);
		fill->item = items->items[i];
		if (fill_attributes(fill, copy) != KEEP || fill_children(fill, copy) != KEEP)
			return BROKEN;
	}
	fill->item = NULL;
	return DROP;
}

static enum fate
fill_element(struct filling *fill, xmlNode *node)
{
	const struct rc_hole *hole = fill->item ? NULL : list_hole(fill, node);
	enum fate fate;

	if (hole)
		return repeat(fill, node, hole->list);
	fate = fill_attributes(fill, node);
	return fate == KEEP ? fill_children(fill, node) : fate;
}

/* DROP means the node itself: its own text had a hole without a value. */
static enum fate
fill_children(struct filling *fill, xmlNode *node)
{
	for (xmlNode *child = node->children, *next; child; child = next) {
		enum fate fate = KEEP;

		next = child->next;
		if (child->type == XML_TEXT_NODE) {
			fate = fill_text(fill, child);
			if (fate != KEEP)
				return fate;
		}
		if (child->type == XML_ELEMENT_NODE)
			fate = fill_element(fill, child);
		if (fate == BROKEN)
			return BROKEN;
		if (fate == DROP) {
			xmlUnlinkNode(child);
			xmlFreeNode(child);
		}
	}
	return KEEP;
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
	if (fill_element(&fill, root) == BROKEN || check_all_seen(&fill, root) < 0)
		return -1;
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
