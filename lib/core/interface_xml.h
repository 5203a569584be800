/* An appliance's one network interface, in its domain's XML. */
#ifndef RC_CORE_INTERFACE_XML_H
#define RC_CORE_INTERFACE_XML_H

#include <stdbool.h>

#include "base/error.h"

struct rc_interface {
	char *tap; /* the host's device, "vnet0"; NULL: the domain is off */
	char *filter;
	bool link_up;
};
RC_MUST_CHECK int rc_interface_read(
    struct rc_interface *ret, const char *domain_xml, struct rc_error *err);
void rc_interface_release(struct rc_interface *interface);

/* The element as it shall be, for libvirt to update; filter NULL: as it is.  The caller frees. */
RC_MUST_CHECK int rc_interface_change(
    char **ret, const char *domain_xml, const char *filter, bool link_up, struct rc_error *err);
/* How libvirt binds a running domain's interface to its filter.  The caller frees. */
RC_MUST_CHECK int rc_interface_binding(char **ret, const char *domain_xml, struct rc_error *err);

#endif
