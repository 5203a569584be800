/* libxml2 with the dangers off. */
#include "core/xml.h"

#include <libxml/chvalid.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* libxml2's own frees may be set elsewhere, so what it allocates is copied and freed by it. */
static char *
take(xmlChar *text)
{
	char *copy = rc_strdup((const char *)text);

	xmlFree(text);
	return copy;
}

/* A DOCTYPE ends the parsing where it stands, before anything in it can have an effect. */
static void
on_doctype(void *context, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	xmlParserCtxt *parser = context;

	(void)name;
	(void)external;
	(void)system;
	*(int *)parser->_private = parser->input->line;
	xmlStopParser(parser);
}

static int
parse_error(xmlParserCtxt *parser, const char *origin, struct rc_error *err)
{
	const xmlError *why = xmlCtxtGetLastError(parser);
	char message[200];

	snprintf(message, sizeof(message), "%s", why && why->message ? why->message : "not XML");
	message[strcspn(message, "\n")] = '\0';
	return rc_fail(err, RC_FAILED, "%s:%d: %s", origin, why ? why->line : 1, message);
}

int
rc_xml_parse(xmlDoc **ret, const char *text, const char *origin, struct rc_error *err)
{
	xmlParserCtxt *parser = xmlNewParserCtxt();
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	int doctype = 0; /* its line */

	parser->_private = &doctype;
	parser->sax->internalSubset = on_doctype;
	doc = xmlCtxtReadMemory(parser, text, (int)strlen(text), NULL, "UTF-8",
	    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
	if (!doc && !doctype)
		parse_error(parser, origin, err);
	xmlFreeParserCtxt(parser);
	if (doctype) {
		rc_fail(err, RC_FAILED, "%s:%d: a DOCTYPE is not allowed here", origin, doctype);
		return rc_hint(err, "remove the DOCTYPE and its entities");
	}
	if (!doc)
		return -1;
	*ret = doc;
	doc = NULL;
	return 0;
}

bool
rc_xml_can_say(const char *text)
{
	static const int least[] = { 0, 0, 0x80, 0x800, 0x10000 }; /* that needs so many bytes */
	const unsigned char *at = (const unsigned char *)text;
	int length;

	for (; *at; at += length) {
		int c;

		/* xmlGetUTF8Char() takes long forms, and characters that begin in their middle. */
		length = 4;
		c = xmlGetUTF8Char(at, &length);
		if (c < 0 || (*at & 0xc0) == 0x80 || c < least[length] || !xmlIsCharQ((unsigned)c))
			return false;
	}
	return true;
}

char *
rc_xml_text(xmlDoc *doc)
{
	xmlChar *text = NULL;
	int size = 0;
	const char *body;
	char *copy;

	xmlDocDumpMemoryEnc(doc, &text, &size, "UTF-8");
	body = text && rc_str_starts((const char *)text, "<?xml") ? strchr((const char *)text, '\n')
								  : NULL;
	copy = rc_strdup(body ? body + 1 : (const char *)text);
	xmlFree(text);
	return copy;
}

static xmlNode *
first_named(xmlNode *node, const char *name)
{
	while (
	    node && (node->type != XML_ELEMENT_NODE || strcmp((const char *)node->name, name) != 0))
		node = node->next;
	return node;
}

xmlNode *
rc_xml_child(xmlNode *parent, const char *name)
{
	return parent ? first_named(parent->children, name) : NULL;
}

xmlNode *
rc_xml_path(xmlNode *parent, const char *path)
{
	scoped(rc_strv_release) struct rc_strv parts = { 0 };

	rc_strv_split(&parts, path, '/');
	for (size_t i = 0; i < parts.count; i++)
		parent = rc_xml_child(parent, parts.items[i]);
	return parent;
}

xmlNode *
rc_xml_next(xmlNode *node)
{
	return node ? first_named(node->next, (const char *)node->name) : NULL;
}

char *
rc_xml_attribute(xmlNode *node, const char *name)
{
	return node ? take(xmlGetNoNsProp(node, RC_XML(name))) : NULL;
}

char *
rc_xml_content(xmlNode *node)
{
	return node ? take(xmlNodeGetContent(node)) : NULL;
}
