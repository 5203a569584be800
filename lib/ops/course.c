/* How one that is due is replaced. */
#include "ops/course.h"

#include <stdio.h>

#include "host/pressure.h"
#include "ops/admission.h"

const struct rc_limits *
rc_course_limits(const struct rc_turn *turn)
{
	return turn->found->limits.cpus ? &turn->found->limits : &turn->found->appliance->limits;
}

static struct rc_appliance
next_of(const struct rc_wheel *wheel, const struct rc_turn *turn)
{
	return (struct rc_appliance){ .limits = *rc_course_limits(turn),
		.emulated = wheel->ground.emulate };
}

/* Of another host the kernel here knows nothing. */
static bool
is_under_pressure(struct rc_session *session, char why[160])
{
	struct rc_pressure pressure = rc_pressure_look("");

	return rc_virt_is_local(session->virt) &&
	       rc_pressure_is_high(&pressure, session->config.pressure, why);
}

static int
refuse(const struct rc_wheel *wheel, struct rc_error *err)
{
	if (err->code != RC_NO_ROOM)
		return -1;
	return wheel->strategy == RC_STRATEGY_SURGE
		   ? rc_hint(err, "use --strategy auto, or let [host] keep less")
		   : rc_hint(err, "it is to get more than it has; give its profile less");
}

int
rc_course_choose(enum rc_course *ret, char why[240], struct rc_wheel *wheel,
    const struct rc_turn *turn, struct rc_error *err)
{
	const struct rc_appliance *elder = turn->found->appliance;
	const struct rc_appliance next = next_of(wheel, turn);
	uint64_t takes[RC_RESOURCES], instead[RC_RESOURCES];
	struct rc_error alone, beside;
	struct rc_terrain terrain;
	char obstacle[160];

	if (!wheel->room_known && rc_room_survey(&wheel->room, wheel->session, NULL, err) < 0)
		return -1;
	wheel->room_known = true;
	rc_takes_of(takes, &wheel->room, &next);
	rc_takes_of(instead, &wheel->room, elder);
	terrain.pressure = is_under_pressure(wheel->session, obstacle);
	terrain.full = rc_room_disk_full(&wheel->room);
	if (terrain.full)
		snprintf(obstacle, sizeof(obstacle), "the disk of the pool is full");
	terrain.in_place = rc_room_admit(&wheel->room, takes, instead, &alone) == 0;
	terrain.beside = rc_room_admit(&wheel->room, takes, NULL, &beside) == 0;
	/* Whose token was reset gets no more jobs: there is nothing to be kept. */
	*ret = rc_course_of(
	    wheel->strategy, turn->dead || elder->renewal != RC_RENEWAL_NONE, &terrain);
	if (*ret == RC_COURSE_LEAVE)
		snprintf(why, 240, "%.120s (due: %.100s)", obstacle, turn->why);
	if (*ret == RC_COURSE_REFUSE) {
		*err = terrain.in_place ? beside : alone;
		return refuse(wheel, err);
	}
	return 0;
}

void
rc_course_take(struct rc_wheel *wheel, const struct rc_turn *turn, bool surge)
{
	const struct rc_appliance next = next_of(wheel, turn);
	uint64_t takes[RC_RESOURCES], has[RC_RESOURCES];

	rc_takes_of(takes, &wheel->room, &next);
	rc_takes_of(has, &wheel->room, turn->found->appliance);
	for (size_t i = 0; i < RC_RESOURCES && !surge; i++)
		takes[i] -= has[i] < takes[i] ? has[i] : takes[i];
	rc_room_add(&wheel->room, turn->found->appliance->name, takes);
}
