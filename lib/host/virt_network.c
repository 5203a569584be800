/* libvirt's network and network filters. */
#include "host/virt_network.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "host/virt_internal.h"

static virNetworkPtr
open_network(struct rc_virt *virt)
{
	return virNetworkLookupByName(virt->connection, RC_NETWORK);
}

static int
check_network_is_ours(virNetworkPtr network, const char *uuid, struct rc_error *err)
{
	char found[VIR_UUID_STRING_BUFLEN];

	if (virNetworkGetUUIDString(network, found) < 0)
		return rc_fail_virt(err, "cannot read the UUID of the network " RC_NETWORK);
	if (strcmp(found, uuid) == 0)
		return 0;
	rc_fail(err, RC_HOST, "the network " RC_NETWORK " was not made by runnerctl");
	return rc_hint(err, "rename or remove it, then try again");
}

/* Of two runs that find it off, one comes too late: that is no failure. */
static int
start(virNetworkPtr network, struct rc_error *err)
{
	if (virNetworkIsActive(network) == 1 || virNetworkCreate(network) == 0)
		return 0;
	rc_fail_virt(err, "cannot start the network " RC_NETWORK);
	rc_hint(err, "if its addresses are in use here, set [host] address, see "
		     "runnerctl.conf(5)");
	return virNetworkIsActive(network) == 1 ? 0 : -1;
}

int
rc_virt_network_ensure(
    struct rc_virt *virt, const char *xml, const char *uuid, struct rc_error *err)
{
	scoped(rc_network_handle_release) virNetworkPtr network = open_network(virt);

	if (!network && !rc_virt_error_is(VIR_ERR_NO_NETWORK))
		return rc_fail_virt(err, "cannot look for the network " RC_NETWORK);
	if (!network)
		network =
		    virNetworkDefineXMLFlags(virt->connection, xml, VIR_NETWORK_DEFINE_VALIDATE);
	if (!network)
		return rc_fail_virt(err, "cannot define the network " RC_NETWORK);
	if (check_network_is_ours(network, uuid, err) < 0)
		return -1;
	if (start(network, err) < 0)
		return -1;
	if (virNetworkSetAutostart(network, 1) < 0)
		return rc_fail_virt(
		    err, "cannot let the network " RC_NETWORK " start with the host");
	return 0;
}

/* Of a network that is off nobody knows any. */
static void
read_leases(virNetworkPtr network, struct rc_strv *to)
{
	virNetworkDHCPLeasePtr *leases = NULL;
	int count = virNetworkGetDHCPLeases(network, NULL, &leases, 0);

	for (int i = 0; i < count; i++) {
		rc_strv_add(to, leases[i]->ipaddr);
		virNetworkDHCPLeaseFree(leases[i]);
	}
	free(leases);
}

int
rc_virt_network_read(struct rc_virt *virt, struct rc_network *ret, struct rc_error *err)
{
	scoped(rc_network_handle_release) virNetworkPtr network = open_network(virt);
	scoped(rc_str_release) char *xml = NULL;

	if (!network) {
		rc_fail_virt(err, "cannot look for the network " RC_NETWORK);
		if (rc_virt_error_is(VIR_ERR_NO_NETWORK))
			err->code = RC_NOT_FOUND;
		return -1;
	}
	xml = virNetworkGetXMLDesc(network, VIR_NETWORK_XML_INACTIVE);
	if (!xml)
		return rc_fail_virt(err, "cannot read the network " RC_NETWORK);
	if (rc_network_read(ret, xml, err) < 0)
		return -1;
	read_leases(network, &ret->leased);
	return 0;
}

static int
update(struct rc_virt *virt, unsigned command, const char *host, struct rc_error *err)
{
	scoped(rc_network_handle_release) virNetworkPtr network = open_network(virt);
	unsigned flags = VIR_NETWORK_UPDATE_AFFECT_CONFIG;

	/* libvirt refuses to change what is live of a network that is off. */
	if (network && virNetworkIsActive(network) == 1)
		flags |= VIR_NETWORK_UPDATE_AFFECT_LIVE;
	if (!network || virNetworkUpdate(network, command, VIR_NETWORK_SECTION_IP_DHCP_HOST, -1,
			    host, flags) < 0)
		return rc_fail_virt(
		    err, "cannot change the reservations of the network " RC_NETWORK);
	return 0;
}

int
rc_virt_reserve(struct rc_virt *virt, const char *mac, const char *ip, struct rc_error *err)
{
	scoped(rc_str_release) char *host = rc_reservation_xml(mac, ip);

	return update(virt, VIR_NETWORK_UPDATE_COMMAND_ADD_LAST, host, err);
}

int
rc_virt_unreserve(struct rc_virt *virt, const char *mac, const char *ip, struct rc_error *err)
{
	scoped(rc_str_release) char *host = rc_reservation_xml(mac, ip);
	scoped(rc_network_release) struct rc_network network = { 0 };
	bool reserved = false;

	if (rc_virt_network_read(virt, &network, err) < 0)
		return err->code == RC_NOT_FOUND ? 0 : -1;
	for (size_t i = 0; i < network.count; i++)
		if (strcasecmp(network.reservations[i].mac, mac) == 0 &&
		    strcmp(network.reservations[i].ip, ip) == 0)
			reserved = true;
	return reserved ? update(virt, VIR_NETWORK_UPDATE_COMMAND_DELETE, host, err) : 0;
}

int
rc_virt_filter_ensure(struct rc_virt *virt, const struct rc_filter *filter, struct rc_error *err)
{
	scoped(rc_filter_handle_release) virNWFilterPtr found =
	    virNWFilterLookupByName(virt->connection, filter->name);

	if (!found && !rc_virt_error_is(VIR_ERR_NO_NWFILTER))
		return rc_fail_virt(err, "cannot look for the filter %s", filter->name);
	if (!found)
		found = virNWFilterDefineXMLFlags(
		    virt->connection, filter->xml, VIR_NWFILTER_DEFINE_VALIDATE);
	return found ? 0 : rc_fail_virt(err, "cannot define the filter %s", filter->name);
}

int
rc_virt_filters(struct rc_virt *virt, struct rc_strv *ret_names, struct rc_strv *ret_uuids,
    struct rc_error *err)
{
	virNWFilterPtr *handles = NULL;
	int count = virConnectListAllNWFilters(virt->connection, &handles, 0);

	if (count < 0)
		return rc_fail_virt(err, "cannot list the network filters");
	for (int i = 0; i < count; i++) {
		char uuid[VIR_UUID_STRING_BUFLEN];

		if (virNWFilterGetUUIDString(handles[i], uuid) == 0) {
			rc_strv_add(ret_names, virNWFilterGetName(handles[i]));
			rc_strv_add(ret_uuids, uuid);
		}
		virNWFilterFree(handles[i]);
	}
	free(handles);
	return 0;
}

int
rc_virt_filter_delete(struct rc_virt *virt, const char *name, struct rc_error *err)
{
	scoped(rc_filter_handle_release) virNWFilterPtr filter =
	    virNWFilterLookupByName(virt->connection, name);

	if (!filter)
		return rc_virt_error_is(VIR_ERR_NO_NWFILTER)
			   ? 0
			   : rc_fail_virt(err, "cannot look for the filter %s", name);
	if (virNWFilterUndefine(filter) < 0)
		return rc_fail_virt(err, "cannot remove the filter %s", name);
	return 0;
}
