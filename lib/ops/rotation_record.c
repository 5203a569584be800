/*
 * What became of a rotation.  It is read again before it is written: what a
 * spoke remembers of its elder may be ahead of what libvirt has.  A record that
 * cannot be made is no failure of its own.
 */
#include "ops/rotation_record.h"

#include <string.h>

#include "base/file.h"
#include "host/clock.h"
#include "host/lock.h"

static void
record(struct rc_session *session, const char *uuid, enum rc_code code)
{
	scoped(rc_fleet_release) struct rc_fleet fleet = { 0 };
	struct rc_error ignored;

	if (rc_fleet_read(session, &fleet, &ignored) < 0)
		return;
	for (size_t i = 0; i < fleet.count; i++) {
		struct rc_appliance *a = &fleet.items[i].appliance;

		if (strcmp(a->uuid, uuid) != 0)
			continue;
		a->rotation_code = code;
		a->rotation_failed = code == RC_OK ? 0 : rc_clock_now();
		(void)!rc_fleet_record(session, a, &ignored);
	}
}

void
rc_rotation_note(const struct rc_spoke *spoke)
{
	struct rc_session *session = spoke->wheel->session;
	struct rc_error stopped;

	/* Whoever stopped it knows. */
	if (!spoke->outcome->ok && spoke->elder.name && rc_run_check(&session->run, &stopped) == 0)
		record(session, spoke->elder.uuid, spoke->outcome->error.code);
}

/* A successor that was taken back and still drains is what failed. */
static bool
is_alone(const struct rc_survey *survey, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < survey->count; i++)
		count += strcmp(survey->found[i].appliance->name, name) == 0;
	return count == 1;
}

void
rc_rotation_forgive(struct rc_session *session, const struct rc_survey *survey)
{
	for (size_t i = 0; i < survey->count; i++) {
		const struct rc_turn *turn = &survey->turns[i];
		const struct rc_appliance *a = turn->found->appliance;
		scoped(rc_fd_release) int lock = -1;
		struct rc_error busy;

		if (turn->act == RC_ACT_LEAVE && !turn->why[0] && a->rotation_failed &&
		    is_alone(survey, a->name) &&
		    rc_lock_take(&lock, a->name, 0, &session->run, &busy) == 0)
			record(session, a->uuid, RC_OK);
	}
}
