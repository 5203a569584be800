/* The guest's status document: read with every field checked, and nothing of it trusted. */
#include "core/guest_status.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"

RC_RELEASER(json_release, cJSON *, cJSON_Delete)

/* A finite number from 0 to 2^53, else 0. */
static double
number(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
	double value = cJSON_IsNumber(item) ? item->valuedouble : 0;

	return isfinite(value) && value > 0 && value <= 9007199254740992.0 ? value : 0;
}

static uint64_t
count(const cJSON *object, const char *name)
{
	return (uint64_t)number(object, name);
}

/* Only words we know get through: the guest's own text never reaches a terminal. */
static void
word(char dst[16], const cJSON *object, const char *name, const char *const *known)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

	snprintf(dst, 16, "?");
	for (; text && *known; known++)
		if (strcmp(text, *known) == 0)
			snprintf(dst, 16, "%s", *known);
}

int
rc_guest_status_read(
    struct rc_guest_status *ret, const char *text, size_t size, struct rc_error *err)
{
	static const char *const runner[] = { "starting", "polling", "draining", "stopped",
		"failed", NULL };
	static const char *const docker[] = { "ok", "starting", "failed", NULL };
	scoped(json_release) cJSON *json = NULL;
	const cJSON *data, *memory, *guard, *boot;
	double jobs;

	if (size > RC_GUEST_STATUS_MAX)
		return rc_fail(err, RC_FAILED, "the guest's status document is too large");
	json = cJSON_ParseWithLength(text, size);
	if (!cJSON_IsObject(json) || number(json, "schema") != 1)
		return rc_fail(err, RC_FAILED, "the guest's status document makes no sense");
	data = cJSON_GetObjectItemCaseSensitive(json, "data");
	memory = cJSON_GetObjectItemCaseSensitive(json, "memory");
	guard = cJSON_GetObjectItemCaseSensitive(json, "guard");
	boot = cJSON_GetObjectItemCaseSensitive(json, "boot");
	jobs = number(json, "jobs");
	*ret = (struct rc_guest_status){
		.time = (int64_t)number(json, "time"),
		.uptime = number(json, "uptime"),
		.jobs = jobs > 100000 ? 100000 : (unsigned)jobs,
		.disk_size = count(data, "size"),
		.disk_used = count(data, "used"),
		.inodes = count(data, "inodes"),
		.inodes_used = count(data, "inodes_used"),
		.memory_total = count(memory, "total"),
		.memory_available = count(memory, "available"),
		.guard_last = (int64_t)number(guard, "last"),
		.guard_freed = count(guard, "freed"),
		.boot_kernel = number(boot, "kernel"),
		.boot_docker = number(boot, "docker"),
		.boot_polling = number(boot, "runner_polling"),
	};
	word(ret->runner, json, "runner", runner);
	word(ret->docker, json, "docker", docker);
	return 0;
}

/* How much of what: a part that is more than its whole, or a whole that nobody gave it, is no news.
 */
static bool
check_pair(uint64_t *whole, uint64_t *part, uint64_t most)
{
	if (*whole <= most && *part <= *whole)
		return true;
	*whole = *part = 0;
	return false;
}

bool
rc_guest_status_is_news(const struct rc_guest_status *status, int64_t now)
{
	int64_t age = now - status->time;

	return age <= RC_GUEST_STATUS_OLD && age >= -RC_GUEST_STATUS_OLD;
}

bool
rc_guest_status_check(struct rc_guest_status *s, const struct rc_limits *limits)
{
	bool disk = check_pair(&s->disk_size, &s->disk_used, limits->disk);
	bool inodes = check_pair(&s->inodes, &s->inodes_used, UINT64_MAX);
	bool memory = check_pair(&s->memory_total, &s->memory_available, limits->memory);
	bool guard = s->guard_freed <= limits->disk;

	if (!guard)
		s->guard_last = 0;
	return disk && inodes && memory && guard;
}
