/* Is there room on the host for one more? */
#include "core/room.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "base/str.h"

#define MiB (UINT64_C(1) << 20)
#define GiB (UINT64_C(1) << 30)
#define BIGGEST 3         /* tenants that a refusal names */
#define AT_ONCE (4 * MiB) /* of the disk, for a config disk and an empty data disk */

int
rc_reserve_parse(struct rc_reserve *ret, const char *text, struct rc_error *err)
{
	struct rc_reserve reserve = { 0 };

	if (!rc_percent_read(&reserve.percent, text) &&
	    rc_size_parse(&reserve.bytes, text, err) < 0)
		return rc_hint(err, "write 2GiB, or 10%% of what the host has");
	*ret = reserve;
	return 0;
}

uint64_t
rc_reserve_of(const struct rc_reserve *reserve, uint64_t whole)
{
	return reserve->bytes
		   ? reserve->bytes
		   : whole / 100 * reserve->percent + whole % 100 * reserve->percent / 100;
}

void
rc_room_release(struct rc_room *room)
{
	for (size_t i = 0; i < room->count; i++)
		free(room->tenants[i].name);
	free(room->tenants);
	*room = (struct rc_room){ 0 };
}

void
rc_room_add(struct rc_room *room, const char *name, const uint64_t takes[RC_RESOURCES])
{
	struct rc_tenant *tenant;

	room->tenants = rc_grow(room->tenants, room->count + 1, sizeof(*room->tenants));
	tenant = &room->tenants[room->count++];
	tenant->name = rc_strdup(name);
	memcpy(tenant->takes, takes, sizeof(tenant->takes));
}

bool
rc_room_disk_full(const struct rc_room *room)
{
	return room->has[RC_DISK] && room->free[RC_DISK] < AT_ONCE;
}

/*
 * qemu's own, its devices' and its threads'; emulation keeps translated code besides,
 * which qemu limits to 1 GiB or an eighth of the host's memory.
 */
uint64_t
rc_room_of_qemu(bool emulated, uint64_t host_memory)
{
	uint64_t code = host_memory / 8 < GiB ? host_memory / 8 : GiB;

	return 200 * MiB + (emulated ? code : 0);
}

static uint64_t
minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static uint64_t
left(const struct rc_room *room, enum rc_resource what)
{
	uint64_t rest = minus(room->free[what], room->keeps[what]);

	for (size_t i = 0; i < room->count; i++)
		rest = minus(rest, room->tenants[i].takes[what]);
	return rest;
}

static const char *
amount(char buf[24], enum rc_resource what, uint64_t value)
{
	if (what == RC_CPUS)
		snprintf(buf, 24, "%" PRIu64, value);
	else
		rc_size_format(buf, value);
	return buf;
}

static void RC_PRINTF(2, 3) append(char line[400], const char *fmt, ...)
{
	size_t at = strlen(line);
	va_list args;

	va_start(args, fmt);
	vsnprintf(line + at, 400 - at, fmt, args);
	va_end(args);
}

/* "; most take ci-1.1 2.2 GiB, web 1 GiB" */
static void
name_biggest(char line[400], const struct rc_room *room, enum rc_resource what)
{
	uint64_t below = UINT64_MAX;
	size_t last = 0;
	char value[24];

	for (int named = 0; named < BIGGEST; named++) {
		const struct rc_tenant *biggest = NULL;

		for (size_t i = 0; i < room->count; i++) {
			const struct rc_tenant *t = &room->tenants[i];
			bool is_next =
			    t->takes[what] < below || (t->takes[what] == below && i > last);

			if (is_next && t->takes[what] > (biggest ? biggest->takes[what] : 0))
				biggest = t;
		}
		if (!biggest)
			return;
		below = biggest->takes[what];
		last = (size_t)(biggest - room->tenants);
		append(line, "%s%.40s %s", named ? ", " : "; most take ", biggest->name,
		    amount(value, what, below));
	}
}

static void
tell(char line[400], const struct rc_room *room, enum rc_resource what, uint64_t wanted)
{
	static const char *const names[] = { "memory", "vCPUs", "disk" };
	char has[24], free[24], keeps[24], want[24];

	append(line, "%s%s %s wanted, %s left of %s", *line ? ". " : "", names[what],
	    amount(want, what, wanted), amount(free, what, left(room, what)),
	    amount(has, what, room->has[what]));
	if (room->keeps[what])
		append(line, ", %s kept", amount(keeps, what, room->keeps[what]));
	name_biggest(line, room, what);
}

static int
refuse_reserve(const struct rc_room *room, enum rc_resource what, struct rc_error *err)
{
	const char *key = what == RC_DISK ? "reserve-disk" : "reserve-memory";
	char keeps[24], has[24];

	rc_fail(err, RC_USAGE, "%s is %s, but the host has %s", key,
	    amount(keeps, what, room->keeps[what]), amount(has, what, room->has[what]));
	return rc_hint(err, "set it in [host] to less than that");
}

int
rc_room_admit(const struct rc_room *room, const uint64_t takes[RC_RESOURCES],
    const uint64_t instead[RC_RESOURCES], struct rc_error *err)
{
	char line[400] = "";

	for (enum rc_resource what = 0; what < RC_RESOURCES; what++) {
		uint64_t more = minus(takes[what], instead ? instead[what] : 0);

		if (!more || !room->has[what])
			continue;
		if (room->keeps[what] >= room->has[what])
			return refuse_reserve(room, what, err);
		if (what == RC_CPUS && takes[what] > room->cpus)
			append(line, "%s%" PRIu64 " vCPUs wanted, the host has %" PRIu64 " CPUs",
			    *line ? ". " : "", takes[what], room->cpus);
		else if (more > left(room, what))
			tell(line, room, what, more);
	}
	if (!*line)
		return 0;
	rc_fail(err, RC_NO_ROOM, "no room: %s", line);
	return rc_hint(err, "give it less, or remove another; [host] in the configuration says "
			    "what the host keeps");
}
