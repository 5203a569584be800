#include "ops/repair.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "host/lock.h"
#include "host/virt_interface.h"
#include "ops/fleet.h"

/* As it is now, when its lock is held: another run may have changed it since.  NULL: it is gone. */
static struct rc_appliance *
find_running(struct rc_fleet *fleet, const char *uuid)
{
	for (size_t i = 0; i < fleet->count; i++)
		if (strcmp(fleet->items[i].appliance.uuid, uuid) == 0 &&
		    fleet->items[i].domain.active)
			return &fleet->items[i].appliance;
	return NULL;
}

/*
 * First the link, which needs nothing but libvirt: the filter that it should be behind
 * may not be known just now, when a name cannot be resolved.
 */
static void
put_right(struct rc_repair *r, struct rc_session *session, struct rc_appliance *a, bool fix)
{
	bool exposed = r->found == RC_EXPOSED, keeps = exposed && !session->config.exposed_cut;
	struct rc_error ignored;

	if (exposed && !keeps &&
	    rc_virt_interface_update(session->virt, a->uuid, NULL, false, &r->error) < 0)
		return;
	r->error.code = RC_OK;
	if (!fix || rc_isolation_apply(session, a, &r->error) == 0) {
		r->fixed = fix;
		r->cut = !fix;
		return;
	}
	/* Its link as it was: that is what the operator wants of an exposed one. */
	if (keeps)
		(void)!rc_virt_interface_update(session->virt, a->uuid, NULL, true, &ignored);
	r->cut = rc_isolation_is_cut(session, a);
	if (strcmp(r->error.text, r->why) == 0)
		snprintf(r->error.text, sizeof(r->error.text), "it cannot be repaired");
}

void
rc_repair(struct rc_repair *ret, struct rc_session *session, const struct rc_appliance *a, bool fix,
    int patience)
{
	scoped(rc_fleet_release) struct rc_fleet fleet = { 0 };
	scoped(rc_fd_release) int lock = -1;
	struct rc_appliance *now;

	*ret = (struct rc_repair){ .look = ret->look };
	ret->found = rc_isolation_state(session, &ret->look, a, ret->why);
	if (ret->found == RC_ISOLATED || ret->found == RC_UNREADABLE ||
	    (!fix && !(ret->found == RC_EXPOSED && session->config.exposed_cut)))
		return;
	if (rc_lock_take(&lock, a->name, patience, &session->run, &ret->error) < 0 ||
	    rc_fleet_read(session, &fleet, &ret->error) < 0)
		return;
	now = find_running(&fleet, a->uuid);
	if (now) {
		put_right(ret, session, now, fix);
	} else {
		ret->found = RC_UNREADABLE;
		snprintf(ret->why, sizeof(ret->why), "it has ended meanwhile");
	}
	rc_isolation_look_release(&ret->look);
}

void
rc_repair_release(struct rc_repair *repair)
{
	rc_isolation_look_release(&repair->look);
}
