/* Taking one generation apart: the steps of its making, backwards. */
#include "ops/removing.h"

#include <unistd.h>

#include "base/str.h"
#include "host/virt_network.h"
#include "host/virt_storage.h"
#include "ops/fleet.h"
#include "ops/host_objects.h"
#include "ops/isolation.h"
#include "ops/making.h"
#include "ops/registration.h"

int
rc_remove(struct rc_session *session, const struct rc_appliance *appliance, bool forget,
    struct rc_error *err)
{
	scoped(rc_appliance_release) struct rc_appliance a = { 0 };
	scoped(rc_str_release) char *config = rc_appliance_config_volume(appliance);
	scoped(rc_str_release) char *data = rc_appliance_data_volume(appliance);
	scoped(rc_str_release) char *file = rc_config_disk_path(appliance);

	rc_appliance_copy(&a, appliance);
	a.state = RC_STATE_DESTROYING;
	rc_run_step(&session->run, "stop %s.%u", a.name, a.generation);
	/* A domain that somebody else removed has left the rest to us all the same. */
	if ((rc_fleet_record(session, &a, err) < 0 && err->code != RC_NOT_FOUND) ||
	    rc_virt_kill(session->virt, a.uuid, err) < 0)
		return -1;
	if (a.ownership != RC_RUNNER_NONE)
		rc_run_step(&session->run, "remove the runner of %s.%u", a.name, a.generation);
	if (rc_unregister(session, &a, forget, err) < 0)
		return -1;
	rc_run_step(&session->run, "remove %s.%u", a.name, a.generation);
	rc_isolation_forget(session, &a);
	unlink(file);
	if (rc_wake_pool(session, err) < 0 ||
	    rc_virt_volume_delete(session->virt, config, err) < 0 ||
	    rc_virt_volume_delete(session->virt, data, err) < 0 ||
	    rc_virt_unreserve(session->virt, a.mac, a.ip, err) < 0)
		return -1;
	return rc_virt_undefine(session->virt, a.uuid, err);
}
