/*
 * GitLab's JSON and our structs.  Whatever comes in is hostile: every type is
 * checked, every copy bounded, and a token is taken only if it is harmless in
 * config.toml and on a terminal.
 */
#include "core/gitlab_msg.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/gitlab_json.h"

#define TOKEN_MAX 1000
#define MARKER "runnerctl:"
#define UUID_SIZE 36

void
rc_runner_grant_release(struct rc_runner_grant *grant)
{
	rc_secret_release(&grant->token);
	*grant = (struct rc_runner_grant){ 0 };
}

/*
 * Into memory of our own and of sufficient size at once: cJSON_Print() would
 * grow its buffer and leave copies of a token behind.  `texts` is the length of
 * all strings in it; the worst byte takes six.
 */
static char *
print(cJSON *json, size_t texts)
{
	size_t size = 512 + 8 * texts;
	char *body = rc_alloc(size, 1);

	if (!cJSON_PrintPreallocated(json, body, (int)size, false))
		abort(); /* out of memory while the tree was built */
	rc_json_release(&json);
	return body;
}

/* cJSON writes numbers with 15 digits, which is not always exact. */
static void
add_number(cJSON *json, const char *key, int64_t value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRId64, value);
	cJSON_AddRawToObject(json, key, digits);
}

/* Adds what both kinds of registration know; returns the length of the texts. */
static size_t
add_wish(cJSON *json, const struct rc_runner_wish *wish)
{
	cJSON *list = cJSON_CreateArray();
	struct rc_strv tags = { 0 };
	size_t texts = 0;

	if (wish->description) {
		cJSON_AddStringToObject(json, "description", wish->description);
		texts += strlen(wish->description);
	}
	rc_strv_split(&tags, wish->tags, ',');
	for (size_t i = 0; i < tags.count; i++) {
		cJSON_AddItemToArray(list, cJSON_CreateString(tags.items[i]));
		texts += strlen(tags.items[i]) + 3;
	}
	if (tags.count > 0)
		cJSON_AddItemToObject(json, "tag_list", list);
	else
		cJSON_Delete(list);
	rc_strv_release(&tags);
	cJSON_AddBoolToObject(json, "run_untagged", wish->run_untagged);
	cJSON_AddBoolToObject(json, "locked", wish->locked);
	if (wish->maximum_timeout > 0)
		add_number(json, "maximum_timeout", wish->maximum_timeout);
	return texts;
}

char *
rc_gitlab_wish_body(const struct rc_runner_wish *wish)
{
	cJSON *json = cJSON_CreateObject();

	if (wish->group_id > 0) {
		cJSON_AddStringToObject(json, "runner_type", "group_type");
		add_number(json, "group_id", wish->group_id);
	} else if (wish->project_id > 0) {
		cJSON_AddStringToObject(json, "runner_type", "project_type");
		add_number(json, "project_id", wish->project_id);
	} else {
		cJSON_AddStringToObject(json, "runner_type", "instance_type");
	}
	return print(json, add_wish(json, wish));
}

char *
rc_gitlab_legacy_body(const struct rc_runner_wish *wish, const char *token)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "token", token);
	return print(json, strlen(token) + add_wish(json, wish));
}

char *
rc_gitlab_token_body(const char *token, const char *system_id)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "token", token);
	if (system_id)
		cJSON_AddStringToObject(json, "system_id", system_id);
	return print(json, strlen(token) + (system_id ? strlen(system_id) : 0));
}

char *
rc_gitlab_pause_body(bool paused)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddBoolToObject(json, "paused", paused);
	return print(json, 0);
}

static int
read_token(char **ret, const cJSON *object, struct rc_error *err)
{
	const cJSON *token = rc_json_get(object, "token");
	size_t size;

	if (!cJSON_IsString(token))
		return rc_fail(err, RC_GITLAB, "the answer has no token");
	size = strlen(token->valuestring);
	if (size == 0 || size > TOKEN_MAX)
		return rc_fail(
		    err, RC_GITLAB, "the answer's token is %s", size ? "too long" : "empty");
	for (const char *c = token->valuestring; *c; c++) {
		if (*c <= 0x20 || *c >= 0x7f || strchr("$\"'`\\", *c))
			return rc_fail(err, RC_GITLAB,
			    "the answer's token holds a character that no token of GitLab's has");
	}
	*ret = rc_strdup(token->valuestring);
	return 0;
}

int
rc_gitlab_read_grant(struct rc_runner_grant *ret, const char *body, struct rc_error *err)
{
	scoped(rc_json_release) cJSON *json = NULL;
	struct rc_runner_grant grant = { 0 };

	if (rc_json_object(&json, body, err) < 0 || rc_json_id(&grant.id, json, err) < 0 ||
	    rc_json_time(&grant.expires, json, "token_expires_at", err) < 0 ||
	    read_token(&grant.token, json, err) < 0)
		return -1;
	*ret = grant;
	return 0;
}

int
rc_gitlab_read_reset(struct rc_runner_grant *ret, const char *body, struct rc_error *err)
{
	scoped(rc_json_release) cJSON *json = NULL;
	struct rc_runner_grant grant = { 0 };

	if (rc_json_object(&json, body, err) < 0 ||
	    rc_json_time(&grant.expires, json, "token_expires_at", err) < 0 ||
	    read_token(&grant.token, json, err) < 0)
		return -1;
	*ret = grant;
	return 0;
}

int
rc_gitlab_read_paused(bool *ret, const char *body, struct rc_error *err)
{
	scoped(rc_json_release) cJSON *json = NULL;
	const cJSON *paused;

	if (rc_json_object(&json, body, err) < 0)
		return -1;
	paused = rc_json_get(json, "paused");
	if (!cJSON_IsBool(paused))
		return rc_fail(
		    err, RC_GITLAB, "the answer does not say whether the runner is paused");
	*ret = cJSON_IsTrue(paused);
	return 0;
}

/* One manager of the list; a system_id that does not fit is none of ours, but says something is
 * off. */
static int
read_manager(struct rc_manager *ret, const cJSON *item, struct rc_error *err)
{
	const cJSON *system_id = rc_json_get(item, "system_id"),
		    *jobs = rc_json_get(item, "job_execution_status");

	if (!cJSON_IsObject(item) || !cJSON_IsString(system_id) ||
	    strlen(system_id->valuestring) >= sizeof(ret->system_id))
		return rc_fail(
		    err, RC_GITLAB, "the answer lists a manager without a usable system_id");
	snprintf(ret->system_id, sizeof(ret->system_id), "%s", system_id->valuestring);
	rc_str_to_line(ret->system_id);
	ret->busy = cJSON_IsString(jobs) && strcmp(jobs->valuestring, "active") == 0;
	return rc_json_time(&ret->contacted, item, "contacted_at", err);
}

int
rc_gitlab_read_managers(
    struct rc_manager **ret, size_t *ret_count, const char *body, struct rc_error *err)
{
	scoped(rc_json_release) cJSON *json = NULL;
	struct rc_manager *managers;
	const cJSON *item;
	size_t count = 0;

	if (rc_json_array(&json, body, err) < 0)
		return -1;
	managers = rc_alloc((size_t)cJSON_GetArraySize(json), sizeof(*managers));
	cJSON_ArrayForEach(item, json)
	{
		if (read_manager(&managers[count++], item, err) < 0) {
			free(managers);
			return -1;
		}
	}
	*ret = managers;
	*ret_count = count;
	return 0;
}

int
rc_gitlab_find_marker(int64_t *ret_id, const char *body, const char *marker, struct rc_error *err)
{
	scoped(rc_json_release) cJSON *json = NULL;
	const cJSON *item;
	int64_t id = 0;

	if (rc_json_array(&json, body, err) < 0)
		return -1;
	cJSON_ArrayForEach(item, json)
	{
		const cJSON *description = rc_json_get(item, "description");

		if (!cJSON_IsObject(item))
			return rc_fail(
			    err, RC_GITLAB, "the answer lists something that is no runner");
		if (id == 0 && cJSON_IsString(description) && *marker &&
		    strstr(description->valuestring, marker) && rc_json_id(&id, item, err) < 0)
			return -1;
	}
	*ret_id = id;
	return 0;
}

int
rc_gitlab_read_marked(
    struct rc_marked **list, size_t *count, const char *body, struct rc_error *err)
{
	scoped(rc_json_release) cJSON *json = NULL;
	const cJSON *item;

	if (rc_json_array(&json, body, err) < 0)
		return -1;
	cJSON_ArrayForEach(item, json)
	{
		const cJSON *description = rc_json_get(item, "description");
		struct rc_marked one = { 0 };
		char marker[48] = "";

		if (cJSON_IsString(description))
			rc_runner_marker_in(marker, description->valuestring);
		if (strlen(marker) != strlen(MARKER) + UUID_SIZE)
			continue;
		if (rc_json_id(&one.id, item, err) < 0)
			return -1;
		memcpy(one.uuid, marker + strlen(MARKER), UUID_SIZE);
		*list = rc_grow(*list, *count + 1, sizeof(one));
		(*list)[(*count)++] = one;
	}
	return 0;
}

char *
rc_runner_marker(char buf[48], const char *uuid)
{
	snprintf(buf, 48, MARKER "%.*s", UUID_SIZE, uuid);
	return buf;
}

char *
rc_runner_marker_in(char buf[48], const char *description)
{
	const char *at = description ? strstr(description, MARKER) : NULL;

	buf[0] = '\0';
	return at ? rc_runner_marker(buf, at + strlen(MARKER)) : buf;
}

/* Notes one scope, and its name for messages as far as there is room. */
static void
note_scope(struct rc_token_scopes *scopes, const char *name)
{
	const struct {
		const char *name;
		bool *flag;
	} known[] = {
		{ "api", &scopes->api },
		{ "read_api", &scopes->read_api },
		{ "create_runner", &scopes->create_runner },
		{ "manage_runner", &scopes->manage_runner },
		{ "admin_mode", &scopes->admin_mode },
		{ "granular", &scopes->granular },
	};
	size_t used = strlen(scopes->names);

	for (size_t i = 0; i < RC_COUNT(known); i++) {
		if (strcmp(name, known[i].name) == 0)
			*known[i].flag = true;
	}
	snprintf(
	    scopes->names + used, sizeof(scopes->names) - used, "%s%s", used ? ", " : "", name);
	rc_str_to_line(scopes->names);
}

int
rc_gitlab_read_scopes(struct rc_token_scopes *ret, const char *body, struct rc_error *err)
{
	scoped(rc_json_release) cJSON *json = NULL;
	struct rc_token_scopes scopes = { 0 };
	const cJSON *list, *active, *item;

	if (rc_json_object(&json, body, err) < 0)
		return -1;
	list = rc_json_get(json, "scopes");
	active = rc_json_get(json, "active");
	if (!cJSON_IsArray(list) || !cJSON_IsBool(active))
		return rc_fail(
		    err, RC_GITLAB, "the answer does not say what the access token may do");
	cJSON_ArrayForEach(item, list)
	{
		if (!cJSON_IsString(item))
			return rc_fail(
			    err, RC_GITLAB, "the answer lists a scope that is not a text");
		note_scope(&scopes, item->valuestring);
	}
	scopes.active = cJSON_IsTrue(active) && !cJSON_IsTrue(rc_json_get(json, "revoked"));
	if (rc_json_time(&scopes.expires, json, "expires_at", err) < 0)
		return -1;
	*ret = scopes;
	return 0;
}

const char *
rc_scopes_objection(const struct rc_token_scopes *scopes)
{
	if (!scopes->active)
		return "the access token has expired or was revoked";
	if (!scopes->api && !scopes->create_runner && !scopes->granular)
		return "the access token may not create runners: it needs the scope create_runner "
		       "(or api)";
	return NULL;
}

const char *
rc_scopes_advice(const struct rc_token_scopes *scopes)
{
	bool manages = scopes->api || scopes->manage_runner,
	     reads = scopes->api || scopes->read_api;

	if (scopes->granular)
		return "GitLab does not tell what this fine-grained access token may do: it should "
		       "be able"
		       " to create, read, update and delete runners";
	if (!manages && !reads)
		return "without the scopes manage_runner and read_api (or api) a runner cannot be "
		       "paused"
		       " before it drains, and one whose creation was interrupted cannot be found";
	if (!manages)
		return "without the scope manage_runner (or api) a runner cannot be paused before "
		       "it drains";
	if (!reads)
		return "without the scope read_api (or api) a runner whose creation was "
		       "interrupted cannot"
		       " be found and removed";
	return NULL;
}
