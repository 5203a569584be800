/* An orderly power-off. */
#include "ops/draining.h"

#include "base/size.h"
#include "host/clock.h"
#include "ops/fleet.h"
#include "ops/registration.h"

#define ASK_AGAIN 30 /* seconds after which a guest that still runs is asked by ACPI as well */

/* One that is saved is not off: its jobs go on when it starts, and are waited for until then. */
static int
look(struct rc_session *session, const struct rc_appliance *a, bool *ret_off, struct rc_error *err)
{
	bool active, saved = false;

	if (rc_virt_is_active(session->virt, a->uuid, &active, err) < 0 ||
	    (!active && rc_virt_is_saved(session->virt, a->uuid, &saved, err) < 0))
		return -1;
	*ret_off = !active;
	return saved ? rc_saved(a, err) : 0;
}

int
rc_saved(const struct rc_appliance *a, struct rc_error *err)
{
	rc_fail(err, RC_FAILED, "%s.%u is saved, and its jobs with it", a->name, a->generation);
	return rc_hint(err, "start it: virsh start %s.%u; or destroy --now kills its jobs", a->name,
	    a->generation);
}

bool
rc_is_off(struct rc_session *session, const struct rc_appliance *a)
{
	struct rc_error ignored;
	bool off;

	return look(session, a, &off, &ignored) == 0 && off;
}

int
rc_drain_ask(struct rc_session *session, const struct rc_appliance *a, struct rc_error *err)
{
	struct rc_error ignored, saved;
	bool off;

	if (rc_virt_shutdown(session->virt, a->uuid, true, &ignored) == 0 ||
	    rc_virt_shutdown(session->virt, a->uuid, false, err) == 0)
		return 0;
	if (look(session, a, &off, &saved) < 0) {
		*err = saved;
		return -1;
	}
	/* Off by itself just now: that is what was wanted. */
	return off ? 0 : -1;
}

static int
still_busy(int64_t seconds, struct rc_error *err)
{
	char waited[16];

	return rc_fail(err, RC_TIMEOUT, "it did not power off within %s: a job may still run",
	    rc_duration_format(waited, seconds));
}

int
rc_drain_begin(struct rc_session *session, struct rc_appliance *a, struct rc_error *err)
{
	rc_run_step(&session->run, "drain %s.%u", a->name, a->generation);
	a->state = RC_STATE_DRAINING;
	if (!a->drain_begun)
		a->drain_begun = rc_clock_now();
	/* Somebody may have removed the domain: then there is nothing to drain. */
	if (rc_fleet_record(session, a, err) < 0)
		return err->code == RC_NOT_FOUND ? 0 : -1;
	if (!a->successor && rc_virt_stay_off(session->virt, a->uuid, err) < 0)
		return -1;
	rc_pause_runner(session, a);
	return rc_drain_ask(session, a, err);
}

struct rc_drain_watch
rc_drain_watch_begin(void)
{
	int64_t now = rc_clock_monotonic();

	return (struct rc_drain_watch){ .begin = now, .asked = now };
}

int
rc_drain_look(struct rc_session *session, const struct rc_appliance *a,
    struct rc_drain_watch *watch, int64_t timeout, bool *ret, struct rc_error *err)
{
	int64_t now = rc_clock_monotonic();

	if (look(session, a, ret, err) < 0 || rc_run_check(&session->run, err) < 0)
		return -1;
	if (*ret)
		return 0;
	if (now - watch->begin >= timeout)
		return still_busy(now - watch->begin, err);
	/* A guest that was still booting may have missed the first request. */
	if (now - watch->asked >= ASK_AGAIN) {
		watch->asked = now;
		if (rc_drain_ask(session, a, err) < 0)
			rc_run_warn(&session->run, "%s", err->text);
	}
	return 0;
}

int
rc_drain_wait(struct rc_session *session, const struct rc_appliance *a,
    struct rc_drain_watch *watch, int64_t timeout, struct rc_error *err)
{
	bool off;

	for (;; rc_clock_wait(RC_DRAIN_PAUSE)) {
		if (rc_drain_look(session, a, watch, timeout, &off, err) < 0)
			return -1;
		if (off)
			return 0;
	}
}

int
rc_drain(struct rc_session *session, struct rc_appliance *a, int64_t timeout, struct rc_error *err)
{
	struct rc_drain_watch watch = rc_drain_watch_begin();
	bool off;

	if (look(session, a, &off, err) < 0)
		return -1;
	if (off)
		return 0;
	if (rc_drain_begin(session, a, err) < 0)
		return -1;
	return rc_drain_wait(session, a, &watch, timeout, err);
}
