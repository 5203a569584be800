/* A verb that failed and took all back leaves what it found: compared thing by thing, on both
 * sides. */
#include <cjson/cJSON.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/metadata.h"
#include "play_world.h"

RC_RELEASER(json_release, cJSON *, cJSON_Delete)

/* Its element without what a failed rotation tells in it; whether it has the caps that are
 * recorded. */
static char *
element(const struct fake_domain *d, bool *ret_torn)
{
	scoped(rc_appliance_release) struct rc_appliance a = { 0 };
	static const struct rc_limits none;
	struct rc_limits torn;
	struct rc_error err;

	if (rc_appliance_from_xml(&a, d->metadata, d->name, d->uuid, &err) < 0)
		return rc_strdup(err.text);
	torn = rc_limits_missing(&a.limits, &d->changed);
	*ret_torn = !rc_limits_equal(&torn, &none);
	a.rotation_failed = 0;
	a.rotation_code = RC_OK;
	return rc_appliance_to_xml(&a);
}

static const char *
recorded(const char *name, const char *before, const char *after)
{
	size_t same = 0;

	while (before[same] && before[same] == after[same])
		same++;
	return play_wrong(
	    "of %s is recorded '%.80s', it was '%.80s'", name, after + same, before + same);
}

static const char *
compare_domains(const struct fake_host *was)
{
	if (was->domain_count != fake_host->domain_count)
		return play_wrong("there are %zu domains", fake_host->domain_count);
	for (size_t i = 0; i < was->domain_count; i++) {
		const struct fake_domain *old = &was->domains[i], *now = &fake_host->domains[i];
		scoped(rc_str_release) char *before = NULL, *after = NULL;
		bool torn = false;

		if (strcmp(old->uuid, now->uuid) != 0)
			return play_wrong("%s is another domain", now->name);
		if (old->foreign)
			continue;
		before = element(old, &torn);
		after = element(now, &torn);
		if (strcmp(before, after) != 0)
			return recorded(now->name, before, after);
		if (torn || old->active != now->active)
			return play_wrong("%s is another machine", now->name);
	}
	return NULL;
}

/* A drain is not taken back, nor is a successor that serves: the next run goes on from there. */
static bool
goes_on(void)
{
	for (size_t i = 0; i < fake_host->domain_count; i++) {
		const struct fake_domain *d = &fake_host->domains[i];
		scoped(rc_appliance_release) struct rc_appliance a = { 0 };
		struct rc_error err;

		if (!d->foreign &&
		    rc_appliance_from_xml(&a, d->metadata, d->name, d->uuid, &err) == 0 &&
		    (a.state == RC_STATE_DRAINING || a.state == RC_STATE_DESTROYING ||
			(a.generation > 1 && a.state >= RC_STATE_STARTED)))
			return true;
	}
	return false;
}

static const char *
compare_things(const struct fake_host *was)
{
	if (was->volume_count != fake_host->volume_count)
		return play_wrong("there are %zu volumes", fake_host->volume_count);
	if (was->secret_count != fake_host->secret_count ||
	    memcmp(was->secrets, fake_host->secrets, was->secret_count * sizeof(*was->secrets)))
		return play_wrong("there are other secrets, %zu", fake_host->secret_count);
	if (was->reservation_count != fake_host->reservation_count)
		return play_wrong("there are %zu addresses", fake_host->reservation_count);
	return NULL;
}

/* Runners with their tokens, and machines; not when they were last heard of. */
static const char *
compare_gitlab(const char *was)
{
	scoped(rc_str_release) char *text = play_get_gitlab();
	scoped(json_release) cJSON *before = cJSON_Parse(was), *after = cJSON_Parse(text);
	static const char *const keys[] = { "id", "token", "active", "description" };
	const cJSON *old = cJSON_GetObjectItem(before, "runners"),
		    *now = cJSON_GetObjectItem(after, "runners");

	if (cJSON_GetArraySize(old) != cJSON_GetArraySize(now))
		return play_wrong("there are %d runners", cJSON_GetArraySize(now));
	if (cJSON_GetArraySize(cJSON_GetObjectItem(before, "managers")) !=
	    cJSON_GetArraySize(cJSON_GetObjectItem(after, "managers")))
		return play_wrong("there are other machines of runners");
	for (int i = 0; i < cJSON_GetArraySize(old); i++)
		for (size_t k = 0; k < RC_COUNT(keys); k++)
			if (!cJSON_Compare(cJSON_GetObjectItem(cJSON_GetArrayItem(old, i), keys[k]),
				cJSON_GetObjectItem(cJSON_GetArrayItem(now, i), keys[k]), true))
				return play_wrong("a runner has another %s", keys[k]);
	return NULL;
}

const char *
play_judge_undone(enum play_verb verb)
{
	const char *gitlab, *bad;
	const struct fake_host *was = play_before(verb, &gitlab);

	/* What could not be taken back was told. */
	if (strstr(fake_host->said, "left") || strstr(fake_host->said, "in between") ||
	    strstr(fake_host->said, "it keeps running") || goes_on())
		return NULL;
	bad = compare_domains(was);
	if (!bad)
		bad = compare_things(was);
	return bad ? bad : compare_gitlab(gitlab);
}
