/*
 * The log is a file on the libvirt host, which libvirt has no call to read: the
 * stream of a console has only what comes, and takes it from whoever listens.
 */
#include "ops/logs.h"

#include "core/domain_xml.h"
#include "core/name.h"
#include "host/clock.h"
#include "host/guest_log.h"
#include "ops/fleet.h"

static int
open_log(struct rc_guest_log **ret, struct rc_session *session, const struct rc_appliance *a,
    unsigned lines, struct rc_error *err)
{
	scoped(rc_str_release) char *xml = NULL, *path = NULL;

	if (rc_virt_live_xml(session->virt, a->uuid, &xml, err) < 0 ||
	    rc_domain_xml_serial_log(&path, xml, err) < 0)
		return -1;
	if (rc_guest_log_open(ret, path, lines, err) == 0)
		return 0;
	if (err->code != RC_NOT_FOUND)
		return rc_hint(err, "only root can read it");
	/* Not that there were no such appliance. */
	rc_fail(err, RC_FAILED, "it has not said anything yet");
	return rc_hint(err, "it was never started, or its log %s was removed", path);
}

/* Until the person has had enough, or the guest is off and all of it was shown. */
static int
follow(struct rc_guest_log *log, struct rc_session *session, const struct rc_appliance *a,
    const struct rc_logs_wish *wish, struct rc_error *err)
{
	bool active = true;

	while (!rc_run_stopped(&session->run)) {
		const char *line = rc_guest_log_next(log, !active);

		if (line) {
			wish->line(wish->context, line);
			continue;
		}
		if (!active)
			return 0;
		rc_clock_wait(1);
		if (rc_virt_is_active(session->virt, a->uuid, &active, err) < 0)
			return -1;
	}
	return 0;
}

int
rc_logs(struct rc_session *session, const struct rc_logs_wish *wish, struct rc_error *err)
{
	scoped(rc_guest_log_release) struct rc_guest_log *log = NULL;
	scoped(rc_fleet_release) struct rc_fleet fleet = { 0 };
	const struct rc_member *member;
	const char *line;

	if (rc_name_check(wish->name, err) < 0 || rc_fleet_read(session, &fleet, err) < 0)
		return -1;
	member = rc_fleet_find(&fleet, wish->name);
	if (!member) {
		rc_fail(err, RC_NOT_FOUND, "there is no appliance %s", wish->name);
		return rc_hint(err, "see: runnerctl list");
	}
	if (!rc_virt_is_local(session->virt)) {
		rc_fail(err, RC_HOST, "its log is a file on another host");
		return rc_hint(err, "run runnerctl there");
	}
	if (open_log(&log, session, &member->appliance, wish->lines, err) < 0)
		return -1;
	if (wish->follow)
		return follow(log, session, &member->appliance, wish, err);
	while ((line = rc_guest_log_next(log, true)) && !rc_run_stopped(&session->run))
		wish->line(wish->context, line);
	return 0;
}
