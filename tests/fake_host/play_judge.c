/* What must hold after runs that were interfered with, once the next ones have had their turn. */
#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "core/metadata.h"
#include "play_world.h"

RC_RELEASER(json_release, cJSON *, cJSON_Delete)

#define FOREIGN_VOLUMES 5

unsigned play_told;

static char verdict[300];

const char *
play_wrong(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(verdict, sizeof(verdict), fmt, args);
	va_end(args);
	return verdict;
}

static const char *
text_of(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));

	return text ? text : "";
}

static int64_t
number_of(const cJSON *object, const char *name)
{
	return (int64_t)cJSON_GetNumberValue(cJSON_GetObjectItem(object, name));
}

static cJSON *
gitlab(void)
{
	scoped(rc_str_release) char *text = play_get_gitlab();

	return cJSON_Parse(text);
}

static const cJSON *
runner_of(const cJSON *state, const struct rc_appliance *a)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, cJSON_GetObjectItem(state, "runners")) if (number_of(one, "id") ==
									   a->runner_id) return one;
	return NULL;
}

static const struct fake_secret *
secret_of(const char *uuid)
{
	for (size_t i = 0; i < fake_host->secret_count; i++)
		if (strcmp(fake_host->secrets[i].uuid, uuid) == 0)
			return &fake_host->secrets[i];
	return NULL;
}

static bool
has_volume(char *owned)
{
	scoped(rc_str_release) char *name = owned;

	for (size_t i = 0; i < fake_host->volume_count; i++)
		if (strcmp(fake_host->volumes[i].name, name) == 0)
			return true;
	return false;
}

static bool
has_address(const struct rc_appliance *a)
{
	for (size_t i = 0; i < fake_host->reservation_count; i++)
		if (strcmp(fake_host->reservations[i].mac, a->mac) == 0 &&
		    strcmp(fake_host->reservations[i].ip, a->ip) == 0)
			return true;
	return false;
}

/* How many things there must be besides what is foreign. */
struct census {
	size_t domains, volumes, secrets, addresses, owned, lent;
};

static const char *
judge_runner(const struct fake_domain *d, const struct rc_appliance *a, const cJSON *state)
{
	const struct fake_secret *secret = secret_of(a->uuid);
	const cJSON *runner = runner_of(state, a);

	if (!runner)
		return play_wrong("GitLab does not know the runner of %s", d->name);
	if (!secret || strcmp(secret->value, text_of(runner, "token")) != 0)
		return play_wrong("nobody knows the token of %s", d->name);
	if (!d->active)
		return play_wrong("%s is off", d->name);
	if (strcmp(d->token, secret->value) != 0)
		return play_wrong("the guest of %s has a token that is dead", d->name);
	if (!cJSON_IsTrue(cJSON_GetObjectItem(runner, "active")))
		return play_wrong("the runner of %s is paused", d->name);
	return NULL;
}

/* What was changed is what is recorded, and nothing is wanted any more. */
static const char *
judge_limits(const struct fake_domain *d, const struct rc_appliance *a)
{
	const struct rc_limits torn = rc_limits_missing(&a->limits, &d->changed);
	const struct rc_limits wanted = rc_limits_missing(&a->limits, &a->own);
	static const struct rc_limits none;

	if (!rc_limits_equal(&torn, &none))
		return play_wrong("%s has other caps than are recorded", d->name);
	return rc_limits_equal(&wanted, &none) ? NULL
					       : play_wrong("%s lacks what was set", d->name);
}

static const char *
judge_appliance(const struct fake_domain *d, const struct rc_appliance *a, const cJSON *state,
    struct census *census)
{
	if (a->state != RC_STATE_CREATED && a->state != RC_STATE_STARTED &&
	    a->state != RC_STATE_READY)
		return play_wrong("%s is %s", d->name, rc_state_name(a->state));
	if (judge_limits(d, a))
		return verdict;
	if (!has_volume(rc_appliance_data_volume(a)) || !has_address(a))
		return play_wrong("%s lacks its disk or address", d->name);
	census->domains++;
	census->volumes++;
	census->addresses++;
	if (a->state == RC_STATE_CREATED)
		return NULL;
	if (!has_volume(rc_appliance_config_volume(a)))
		return play_wrong("%s lacks its config disk", d->name);
	census->volumes++;
	census->secrets++;
	census->owned += a->ownership == RC_RUNNER_OWNED;
	census->lent += a->ownership == RC_RUNNER_LENT;
	return judge_runner(d, a, state);
}

static size_t
marked(const cJSON *state)
{
	const cJSON *one;
	size_t count = 0;

	cJSON_ArrayForEach(one, cJSON_GetObjectItem(state, "runners")) count +=
	    strstr(text_of(one, "description"), "runnerctl:") != NULL;
	return count;
}

/* Machines of the lent runner; owned ones never ask, as guests are not real. */
static size_t
machines(const cJSON *state)
{
	return (size_t)cJSON_GetArraySize(cJSON_GetObjectItem(state, "managers"));
}

static const char *
count_all(const struct census *census, const cJSON *state)
{
	size_t extra = machines(state) - census->lent;

	if (fake_host->domain_count != census->domains + 1)
		return play_wrong("%zu domains", fake_host->domain_count);
	if (fake_host->volume_count != census->volumes + FOREIGN_VOLUMES)
		return play_wrong("%zu volumes", fake_host->volume_count);
	if (fake_host->secret_count != census->secrets + 1)
		return play_wrong("%zu secrets", fake_host->secret_count);
	if (fake_host->reservation_count != census->addresses + 1)
		return play_wrong("%zu addresses", fake_host->reservation_count);
	if (strcmp(fake_host->filters[0].name, "runnerctl-mine") != 0)
		return play_wrong("a foreign filter is gone");
	if (marked(state) != census->owned)
		return play_wrong("%zu runners of ours at GitLab", marked(state));
	if (extra && !strstr(fake_host->said, "may be left at GitLab") &&
	    !strstr(fake_host->said, "GitLab knows no manager") &&
	    !strstr(fake_host->said, "GitLab does not know the runner"))
		return play_wrong("%zu machines of the lent runner", machines(state));
	play_told += extra > 0;
	return NULL;
}

const char *
play_judge(bool gone)
{
	scoped(json_release) cJSON *state = gitlab();
	struct census census = { 0 };
	bool keeper = false;

	if (fake_host->jobs_killed)
		return play_wrong("%u jobs were killed", fake_host->jobs_killed);
	for (size_t i = 0; i < fake_host->domain_count; i++) {
		const struct fake_domain *d = &fake_host->domains[i];
		scoped(rc_appliance_release) struct rc_appliance a = { 0 };
		struct rc_error err;
		const char *bad;

		if (d->foreign)
			continue;
		if (rc_appliance_from_xml(&a, d->metadata, d->name, d->uuid, &err) < 0)
			return play_wrong("%.200s", err.text);
		keeper |= strcmp(d->name, "keeper.1") == 0;
		if (gone && strcmp(a.name, "made") == 0)
			return play_wrong("%s is there", d->name);
		bad = judge_appliance(d, &a, state, &census);
		if (bad)
			return bad;
		for (size_t k = 0; k < i; k++)
			if (strncmp(fake_host->domains[k].name, d->name,
				strcspn(d->name, ".") + 1) == 0 &&
			    !fake_host->domains[k].foreign)
				return play_wrong("two generations: %s", d->name);
	}
	return keeper ? count_all(&census, state) : play_wrong("the bystander is gone");
}

bool
play_serves(const char *name)
{
	scoped(rc_str_release) char *prefix = rc_format("%s.", name);
	scoped(json_release) cJSON *state = gitlab();

	for (size_t i = 0; i < fake_host->domain_count; i++) {
		const struct fake_domain *d = &fake_host->domains[i];
		scoped(rc_appliance_release) struct rc_appliance a = { 0 };
		const cJSON *runner;
		struct rc_error err;

		if (!rc_str_starts(d->name, prefix) || !d->active || d->off_at || d->foreign ||
		    rc_appliance_from_xml(&a, d->metadata, d->name, d->uuid, &err) < 0)
			continue;
		runner = runner_of(state, &a);
		if (runner && cJSON_IsTrue(cJSON_GetObjectItem(runner, "active")) &&
		    strcmp(text_of(runner, "token"), d->token) == 0)
			return true;
	}
	return false;
}
