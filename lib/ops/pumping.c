/* One appliance gives back what it does not use. */
#include "ops/pumping.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "host/clock.h"
#include "host/virt_balloon.h"
#include "ops/fleet.h"

#define PUMP_TIME 30 /* seconds that a balloon which moves may take to fill, or to empty */
#define STANDSTILL 4 /* seconds without progress after which it is not waited for */
#define TRIM_TIME 60 /* seconds for an agent; an emulated guest takes some */

void
rc_pump_release(struct rc_pump *pump)
{
	rc_appliance_release(&pump->appliance);
	rc_fd_release(&pump->lock);
}

void
rc_pump_because(struct rc_pump *pump, const char *why)
{
	char *text = pump->result->why;
	size_t at = strlen(text);

	snprintf(text + at, sizeof(pump->result->why) - at, "%s%s", at ? "; " : "", why);
}

void
rc_pump_fail(struct rc_pump *pump, const struct rc_error *why)
{
	pump->result->ok = false;
	pump->result->error = *why;
	pump->idle = false;
	pump->target = 0;
}

/* Until it is where it shall be, or does not move: what a guest does with it is its own affair. */
static uint64_t
wait_for_balloon(struct rc_pump *pump, bool up)
{
	int64_t moved = pump->begun;
	uint64_t now = pump->facts.memory, last = up ? now : pump->least;
	struct rc_error ignored;

	for (;;) {
		int64_t time = rc_clock_monotonic();

		if (rc_virt_balloon_get(pump->session->virt, pump->appliance.uuid, &now, &ignored) <
			0 ||
		    (up ? now <= pump->target : now >= pump->facts.memory))
			break;
		if (now != last)
			moved = time;
		last = now;
		if (time - pump->begun >= PUMP_TIME || time - moved >= STANDSTILL ||
		    (up && rc_run_stopped(&pump->session->run)))
			break;
		rc_clock_wait(0.2);
	}
	return now;
}

static int
mark(struct rc_pump *pump, bool pumped, struct rc_error *err)
{
	pump->appliance.pumped = pumped;
	return rc_fleet_record(pump->session, &pump->appliance, err);
}

int
rc_pump_restore(struct rc_pump *pump, struct rc_error *err)
{
	pump->begun = rc_clock_monotonic();
	if (rc_virt_balloon_set(
		pump->session->virt, pump->appliance.uuid, pump->facts.memory, err) < 0) {
		rc_hint(err, "the next reclaim or rotate tries again");
		return -1;
	}
	return mark(pump, false, err);
}

void
rc_pump_begin(struct rc_pump *pump)
{
	struct rc_error err, undo;

	if (rc_run_stopped(&pump->session->run))
		pump->target = 0;
	if (!pump->target)
		return;
	pump->begun = rc_clock_monotonic();
	if (mark(pump, true, &err) < 0) {
		rc_pump_fail(pump, &err);
	} else if (rc_virt_balloon_set(
		       pump->session->virt, pump->appliance.uuid, pump->target, &err) < 0) {
		if (rc_pump_restore(pump, &undo) < 0)
			err = undo;
		rc_pump_fail(pump, &err);
	}
}

void
rc_pump_end(struct rc_pump *pump)
{
	struct rc_error err;

	if (!pump->target)
		return;
	pump->least = wait_for_balloon(pump, true);
	pump->result->pumped = pump->least < pump->facts.memory;
	if (!pump->result->pumped)
		rc_pump_because(pump, "its balloon does not move");
	if (rc_pump_restore(pump, &err) < 0)
		rc_pump_fail(pump, &err);
}

void
rc_pump_settle(struct rc_pump *pump)
{
	if (pump->target && wait_for_balloon(pump, false) < pump->facts.memory)
		rc_pump_because(pump, "its guest has not let its balloon out yet");
}

void
rc_pump_trim(struct rc_pump *pump)
{
	struct rc_error err;

	/* A sign of life as well: each may take a minute. */
	if (!pump->idle || rc_run_stopped(&pump->session->run))
		return;
	pump->result->trimmed =
	    rc_virt_trim(pump->session->virt, pump->appliance.uuid, TRIM_TIME, &err) == 0;
	if (!pump->result->trimmed)
		rc_pump_because(pump, err.text);
}
