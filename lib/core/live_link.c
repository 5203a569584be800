/* What libvirt adds to an interface when the domain starts. */
#include "core/live_link.h"

#include "base/scope.h"
#include "base/str.h"
#include "core/xml.h"

int
rc_live_link(char **ret_device, char **ret_bridge, const char *xml, struct rc_error *err)
{
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	scoped(rc_str_release) char *device = NULL, *bridge = NULL;
	xmlNode *interface;

	if (rc_xml_parse(&doc, xml, "domain", err) < 0)
		return -1;
	interface = rc_xml_path(xmlDocGetRootElement(doc), "devices/interface");
	if (interface) {
		device = rc_xml_attribute(rc_xml_child(interface, "target"), "dev");
		bridge = rc_xml_attribute(rc_xml_child(interface, "source"), "bridge");
	}
	if (!device || !bridge)
		return rc_fail(
		    err, RC_FAILED, "libvirt does not tell where the domain is plugged in");
	*ret_device = device;
	*ret_bridge = bridge;
	device = bridge = NULL;
	return 0;
}
