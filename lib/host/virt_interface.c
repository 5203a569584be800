#include "host/virt_interface.h"

#include "base/str.h"
#include "core/interface_xml.h"
#include "host/virt_internal.h"

RC_RELEASER(binding_release, virNWFilterBindingPtr, virNWFilterBindingFree)

static int
update(virDomainPtr domain, const char *filter, bool link_up, unsigned flags, struct rc_error *err)
{
	bool live = flags & VIR_DOMAIN_AFFECT_LIVE;
	scoped(rc_str_release) char *xml =
	    virDomainGetXMLDesc(domain, live ? 0 : VIR_DOMAIN_XML_INACTIVE);
	scoped(rc_str_release) char *interface = NULL;

	if (!xml)
		return rc_fail_virt(err, "cannot read the domain %s", virDomainGetName(domain));
	if (rc_interface_change(&interface, xml, filter, link_up, err) < 0)
		return -1;
	if (virDomainUpdateDeviceFlags(domain, interface, flags) < 0)
		return rc_fail_virt(
		    err, "cannot change the interface of %s", virDomainGetName(domain));
	return 0;
}

static int
lookup(struct rc_virt *virt, const char *uuid, virDomainPtr *ret, struct rc_error *err)
{
	*ret = virDomainLookupByUUIDString(virt->connection, uuid);
	return *ret ? 0 : rc_fail_virt(err, "cannot find the domain %s", uuid);
}

int
rc_virt_interface_define(
    struct rc_virt *virt, const char *uuid, const char *filter, struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain = NULL;

	if (lookup(virt, uuid, &domain, err) < 0)
		return -1;
	return update(domain, filter, true, VIR_DOMAIN_AFFECT_CONFIG, err);
}

int
rc_virt_interface_update(
    struct rc_virt *virt, const char *uuid, const char *filter, bool link_up, struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain = NULL;

	if (lookup(virt, uuid, &domain, err) < 0 ||
	    (filter && update(domain, filter, true, VIR_DOMAIN_AFFECT_CONFIG, err) < 0))
		return -1;
	return update(domain, filter, link_up, VIR_DOMAIN_AFFECT_LIVE, err);
}

/* A run that died here may have left the interface without a binding, which libvirt forgets then.
 */
int
rc_virt_interface_rebind(
    struct rc_virt *virt, const char *uuid, const char *tap, struct rc_error *err)
{
	scoped(binding_release) virNWFilterBindingPtr old =
	    virNWFilterBindingLookupByPortDev(virt->connection, tap);
	scoped(binding_release) virNWFilterBindingPtr new = NULL;
	scoped(rc_str_release) char *domain = NULL, *xml = NULL;

	if (!old && !rc_virt_error_is(VIR_ERR_NO_NWFILTER_BINDING))
		return rc_fail_virt(err, "cannot look for the filter binding of %s", tap);
	if (rc_virt_live_xml(virt, uuid, &domain, err) < 0 ||
	    rc_interface_binding(&xml, domain, err) < 0)
		return -1;
	if (old && virNWFilterBindingDelete(old) < 0)
		return rc_fail_virt(err, "cannot take the filter of %s away", tap);
	new = virNWFilterBindingCreateXML(virt->connection, xml, 0);
	return new ? 0 : rc_fail_virt(err, "cannot bind %s to its filter again", tap);
}
