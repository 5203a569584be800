#include "core/interface_xml.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/xml.h"

void
rc_interface_release(struct rc_interface *interface)
{
	free(interface->tap);
	free(interface->filter);
	*interface = (struct rc_interface){ 0 };
}

static int
find(xmlDoc **ret, xmlNode **ret_interface, const char *domain_xml, struct rc_error *err)
{
	if (rc_xml_parse(ret, domain_xml, "domain", err) < 0)
		return -1;
	*ret_interface = rc_xml_path(xmlDocGetRootElement(*ret), "devices/interface");
	return *ret_interface ? 0 : rc_fail(err, RC_HOST, "the domain has no interface");
}

int
rc_interface_read(struct rc_interface *ret, const char *domain_xml, struct rc_error *err)
{
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	scoped(rc_str_release) char *link = NULL;
	xmlNode *interface;

	if (find(&doc, &interface, domain_xml, err) < 0)
		return -1;
	link = rc_xml_attribute(rc_xml_child(interface, "link"), "state");
	*ret = (struct rc_interface){
		.tap = rc_xml_attribute(rc_xml_child(interface, "target"), "dev"),
		.filter = rc_xml_attribute(rc_xml_child(interface, "filterref"), "filter"),
		.link_up = !link || strcmp(link, "down") != 0,
	};
	return 0;
}

int
rc_interface_change(
    char **ret, const char *domain_xml, const char *filter, bool link_up, struct rc_error *err)
{
	scoped(rc_xml_release) xmlDoc *doc = NULL, *alone = NULL;
	xmlNode *interface, *link, *filterref;

	if (find(&doc, &interface, domain_xml, err) < 0)
		return -1;
	filterref = rc_xml_child(interface, "filterref");
	if (!filterref)
		return rc_fail(err, RC_HOST, "the domain's interface has no filter");
	if (filter)
		xmlSetProp(filterref, RC_XML("filter"), RC_XML(filter));
	link = rc_xml_child(interface, "link");
	if (!link)
		link = xmlNewTextChild(interface, NULL, RC_XML("link"), NULL);
	xmlSetProp(link, RC_XML("state"), RC_XML(link_up ? "up" : "down"));
	alone = xmlNewDoc(RC_XML("1.0"));
	xmlDocSetRootElement(alone, xmlDocCopyNode(interface, alone, 1));
	*ret = rc_xml_text(alone);
	return 0;
}

static void
put(xmlNode *to, const char *element, const char *attribute, char *value)
{
	scoped(rc_str_release) char *owned = value;
	xmlNode *child = xmlNewTextChild(to, NULL, RC_XML(element), NULL);

	if (attribute)
		xmlSetProp(child, RC_XML(attribute), RC_XML(owned));
	else
		xmlNodeAddContent(child, RC_XML(owned));
}

int
rc_interface_binding(char **ret, const char *domain_xml, struct rc_error *err)
{
	scoped(rc_xml_release) xmlDoc *doc = NULL, *binding = NULL;
	xmlNode *interface, *domain, *filterref, *root, *owner;

	if (find(&doc, &interface, domain_xml, err) < 0)
		return -1;
	domain = xmlDocGetRootElement(doc);
	filterref = rc_xml_child(interface, "filterref");
	if (!filterref || !rc_xml_child(interface, "target"))
		return rc_fail(err, RC_HOST, "the domain's interface has no filter or is off");
	binding = xmlNewDoc(RC_XML("1.0"));
	root = xmlNewDocNode(binding, NULL, RC_XML("filterbinding"), NULL);
	xmlDocSetRootElement(binding, root);
	owner = xmlNewTextChild(root, NULL, RC_XML("owner"), NULL);
	put(owner, "name", NULL, rc_xml_content(rc_xml_child(domain, "name")));
	put(owner, "uuid", NULL, rc_xml_content(rc_xml_child(domain, "uuid")));
	put(root, "portdev", "name", rc_xml_attribute(rc_xml_child(interface, "target"), "dev"));
	put(root, "mac", "address", rc_xml_attribute(rc_xml_child(interface, "mac"), "address"));
	xmlAddChild(root, xmlDocCopyNode(filterref, binding, 1));
	*ret = rc_xml_text(binding);
	return 0;
}
