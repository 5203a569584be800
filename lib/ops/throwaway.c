/* A machine for the time of one run: it dies with our connection, and leaves nothing. */
#include "ops/throwaway.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/str.h"
#include "core/filter_xml.h"
#include "host/virt_network.h"
#include "host/virt_probe.h"
#include "host/virt_storage.h"
#include "ops/making.h"

int
rc_throwaway_remove(struct rc_work *work, struct rc_error *err)
{
	struct rc_virt *virt = work->session->virt;
	const struct rc_appliance *a = &work->appliance;
	scoped(rc_network_release) struct rc_network network = { 0 };
	scoped(rc_str_release) char *config = rc_appliance_config_volume(a);
	scoped(rc_str_release) char *data = rc_appliance_data_volume(a);
	scoped(rc_str_release) char *file = rc_config_disk_path(a);

	unlink(file);
	if (rc_virt_probe_end(virt, a->uuid, err) < 0 ||
	    rc_virt_volume_delete(virt, config, err) < 0 ||
	    rc_virt_volume_delete(virt, data, err) < 0 ||
	    rc_virt_network_read(virt, &network, err) < 0)
		return -1;
	for (size_t i = 0; i < network.count; i++)
		if (strcasecmp(network.reservations[i].mac, a->mac) == 0 &&
		    rc_virt_unreserve(virt, a->mac, network.reservations[i].ip, err) < 0)
			return -1;
	return 0;
}

/* A domain of our name that somebody has for good is no left-over. */
static int
check_name(struct rc_session *session, const char *name, const char *uuid, struct rc_error *err)
{
	scoped(rc_str_release) char *domain = rc_format("%s.1", name);
	char found[37];

	if (rc_virt_find(session->virt, domain, found, err) < 0)
		return -1;
	if (!found[0] || strcmp(found, uuid) == 0)
		return 0;
	return rc_fail(
	    err, RC_FAILED, "a domain called %s exists, the name that is needed for this", domain);
}

int
rc_throwaway_prepare(struct rc_work *work, struct rc_error *err)
{
	struct rc_appliance *a = &work->appliance;

	rc_uuid_of(a->uuid, a->name);
	rc_str_release(&a->mac);
	a->mac = rc_mac_of(a->uuid);
	if (check_name(work->session, a->name, a->uuid, err) < 0)
		return -1;
	return rc_throwaway_remove(work, err);
}
