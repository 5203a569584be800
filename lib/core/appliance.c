/* What an appliance is. */
#include "core/appliance.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static const char *const state_names[] = {
	[RC_STATE_CREATING] = "creating",
	[RC_STATE_CREATED] = "created",
	[RC_STATE_REGISTERING] = "registering",
	[RC_STATE_STARTED] = "started",
	[RC_STATE_READY] = "ready",
	[RC_STATE_DRAINING] = "draining",
	[RC_STATE_DESTROYING] = "destroying",
};
static const char *const renewal_names[] = { "", "begun", "done" };
static const char *const ownership_names[] = {
	[RC_RUNNER_NONE] = "none",
	[RC_RUNNER_OWNED] = "owned",
	[RC_RUNNER_LENT] = "lent",
};

const char *
rc_state_name(enum rc_state state)
{
	return state_names[state];
}

/* The index of name among names, or -1. */
static int
find(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return (int)i;
	return -1;
}

bool
rc_state_parse(enum rc_state *ret, const char *name)
{
	int found = find(name, state_names, RC_COUNT(state_names));

	*ret = (enum rc_state)(found < 0 ? 0 : found);
	return found >= 0;
}

bool
rc_ownership_parse(enum rc_ownership *ret, const char *name)
{
	int found = find(name, ownership_names, RC_COUNT(ownership_names));

	*ret = (enum rc_ownership)(found < 0 ? 0 : found);
	return found >= 0;
}

bool
rc_renewal_parse(enum rc_renewal *ret, const char *name)
{
	int found = name ? find(name, renewal_names, RC_COUNT(renewal_names)) : 0;

	*ret = (enum rc_renewal)(found < 0 ? 0 : found);
	return found >= 0;
}

const char *
rc_renewal_name(enum rc_renewal renewal)
{
	return renewal ? renewal_names[renewal] : NULL;
}

const char *
rc_ownership_name(enum rc_ownership ownership)
{
	return ownership_names[ownership];
}

bool
rc_appliance_shares(const struct rc_appliance *a, const struct rc_appliance *b)
{
	return a->ownership == RC_RUNNER_LENT && b->ownership == RC_RUNNER_LENT &&
	       a->runner_id > 0 && a->runner_id == b->runner_id && strcmp(a->url, b->url) == 0;
}

void
rc_appliance_release(struct rc_appliance *a)
{
	free(a->name);
	free(a->image);
	free(a->profile);
	free(a->mac);
	free(a->ip);
	free(a->ip6);
	free(a->filter);
	free(a->template);
	free(a->allow);
	free(a->holes);
	free(a->url);
	free(a->tags);
	*a = (struct rc_appliance){ 0 };
}

void
rc_appliance_copy(struct rc_appliance *ret, const struct rc_appliance *from)
{
	*ret = *from;
	ret->name = rc_strdup(from->name);
	ret->image = rc_strdup(from->image);
	ret->profile = rc_strdup(from->profile);
	ret->mac = rc_strdup(from->mac);
	ret->ip = rc_strdup(from->ip);
	ret->ip6 = rc_strdup(from->ip6);
	ret->filter = rc_strdup(from->filter);
	ret->template = rc_strdup(from->template);
	ret->allow = rc_strdup(from->allow);
	ret->holes = rc_strdup(from->holes);
	ret->url = rc_strdup(from->url);
	ret->tags = rc_strdup(from->tags);
}

int64_t
rc_appliance_rotated(const struct rc_appliance *a, enum rc_code *ret)
{
	bool serves = a->state == RC_STATE_STARTED || a->state == RC_STATE_READY;

	*ret = a->rotation_failed ? a->rotation_code : RC_OK;
	if (a->rotation_failed)
		return a->rotation_failed;
	return serves && a->generation > 1 ? a->created : 0;
}

char *
rc_appliance_domain(const struct rc_appliance *a)
{
	return rc_format("%s.%u", a->name, a->generation);
}

char *
rc_appliance_config_volume(const struct rc_appliance *a)
{
	return rc_format("%s.%u.config", a->name, a->generation);
}

char *
rc_appliance_data_volume(const struct rc_appliance *a)
{
	return rc_format("%s.%u.data", a->name, a->generation);
}
