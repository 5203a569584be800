/* Does an appliance fit on the host?  The facts for core/room.c. */
#include "ops/admission.h"

#include <string.h>

#include "base/str.h"
#include "core/limits.h"
#include "host/virt_room.h"
#include "host/virt_storage.h"
#include "ops/fleet.h"

int
rc_limits_choose(struct rc_limits *ret, const struct rc_config *config, const char *profile_name,
    const struct rc_limits *wish, struct rc_error *err)
{
	const struct rc_profile *profile = rc_config_profile(config, profile_name);

	if (!profile)
		return rc_fail(
		    err, RC_USAGE, "there is no profile '%s' in the configuration", profile_name);
	*ret = rc_limits_over(&profile->limits, wish);
	return rc_limits_check(ret, err);
}

static uint64_t
most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* What was found of the domains; disks of ours are volumes. */
struct found {
	struct rc_fleet fleet;
	struct rc_lodgers lodgers;
	struct rc_volumes volumes;
};

static void
found_release(struct found *found)
{
	rc_fleet_release(&found->fleet);
	rc_lodgers_release(&found->lodgers);
	rc_volumes_release(&found->volumes);
}

void
rc_takes_of(uint64_t ret[RC_RESOURCES], const struct rc_room *room, const struct rc_appliance *a)
{
	ret[RC_MEMORY] = a->limits.memory + rc_room_of_qemu(a->emulated, room->has[RC_MEMORY]);
	ret[RC_CPUS] = a->limits.cpus;
	ret[RC_DISK] = a->limits.disk;
}

/* Ours count from their definition on, whether they run or not: they will. */
static void
add_ours(struct rc_room *room, const struct found *found, const struct rc_strv *without)
{
	for (size_t i = 0; i < found->fleet.count; i++) {
		const struct rc_appliance *a = &found->fleet.items[i].appliance;
		scoped(rc_str_release) char *domain = rc_appliance_domain(a);
		scoped(rc_str_release) char *name = rc_appliance_data_volume(a);
		const struct rc_volume *disk = rc_volumes_find(&found->volumes, name);
		uint64_t takes[RC_RESOURCES];

		if (without && rc_strv_has(without, a->name))
			continue;
		rc_takes_of(takes, room, a);
		if (disk)
			takes[RC_DISK] -=
			    disk->allocation < takes[RC_DISK] ? disk->allocation : takes[RC_DISK];
		for (size_t k = 0; k < found->lodgers.count; k++)
			if (strcmp(found->lodgers.items[k].uuid, a->uuid) == 0)
				takes[RC_MEMORY] =
				    most(takes[RC_MEMORY], found->lodgers.items[k].memory_host);
		rc_room_add(room, domain, takes);
	}
}

static bool
is_ours(const struct found *found, const struct rc_lodger *lodger)
{
	for (size_t i = 0; i < found->fleet.count; i++)
		if (strcmp(found->fleet.items[i].appliance.uuid, lodger->uuid) == 0)
			return true;
	return false;
}

/* Those of others count while they run: whether they will is not ours to know. */
static void
add_foreign(struct rc_room *room, const struct found *found)
{
	uint64_t of_qemu = rc_room_of_qemu(false, room->has[RC_MEMORY]);

	for (size_t i = 0; i < found->lodgers.count; i++) {
		const struct rc_lodger *lodger = &found->lodgers.items[i];
		const uint64_t takes[RC_RESOURCES] = {
			[RC_MEMORY] = most(lodger->memory_max + of_qemu, lodger->memory_host),
			[RC_CPUS] = lodger->cpus,
			[RC_DISK] = lodger->disk_growth,
		};

		if (!is_ours(found, lodger))
			rc_room_add(room, lodger->name, takes);
	}
}

static void
measure(struct rc_room *room, const struct rc_config *config, const struct rc_host_facts *host,
    const struct rc_pool_space *space)
{
	room->cpus = host->cpus;
	room->has[RC_MEMORY] = host->memory;
	room->has[RC_CPUS] = (uint64_t)host->cpus * config->cpu_overcommit / 100;
	room->has[RC_DISK] = space->whole;
	memcpy(room->free, room->has, sizeof(room->free));
	room->free[RC_DISK] = space->free;
	room->keeps[RC_MEMORY] = rc_reserve_of(&config->reserve_memory, host->memory);
	room->keeps[RC_DISK] = rc_reserve_of(&config->reserve_disk, space->whole);
}

int
rc_room_survey(struct rc_room *ret, struct rc_session *session, const struct rc_strv *without,
    struct rc_error *err)
{
	scoped(rc_pool_space_release) struct rc_pool_space space = { 0 };
	scoped(found_release) struct found found = { 0 };
	struct rc_host_facts host;

	/* The pool comes first: it is what makes libvirt look at its files again. */
	if (rc_virt_host(session->virt, &host, err) < 0 ||
	    rc_virt_pool_space(session->virt, &space, err) < 0 ||
	    rc_virt_lodgers(session->virt, space.path, &found.lodgers, err) < 0 ||
	    rc_fleet_read(session, &found.fleet, err) < 0 ||
	    rc_virt_volumes(session->virt, RC_VOLUME_FACTS, &found.volumes, err) < 0)
		return -1;
	*ret = (struct rc_room){ 0 };
	measure(ret, &session->config, &host, &space);
	add_ours(ret, &found, without);
	add_foreign(ret, &found);
	return 0;
}

int
rc_admit(struct rc_session *session, const struct rc_appliance *a, enum rc_admittance how,
    struct rc_error *err)
{
	const struct rc_strv alone = { .items = (char *[]){ a->name }, .count = 1 };
	scoped(rc_room_release) struct rc_room room = { 0 };
	uint64_t takes[RC_RESOURCES];

	if (how == RC_ADMIT_IN_PLACE)
		return 0;
	if (rc_room_survey(&room, session, how == RC_ADMIT_BESIDE ? NULL : &alone, err) < 0)
		return -1;
	rc_takes_of(takes, &room, a);
	if (rc_room_admit(&room, takes, NULL, err) == 0)
		return 0;
	if (how != RC_ADMIT_FORCED || err->code != RC_NO_ROOM)
		return -1;
	rc_run_warn(&session->run, "%s: %s: forced", a->name, err->text);
	return 0;
}
