/*
 * Strict reading of JSON that GitLab sent: cJSON checks the grammar and bounds
 * the depth, this checks the types.  It never quotes a value: it may be secret.
 */
#include "core/gitlab_json.h"

#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/timestamp.h"

/* The largest whole number that a double, and so cJSON, holds exactly. */
#define ID_MAX 9007199254740992.0

void
rc_json_release(cJSON **json)
{
	cJSON *item;

	cJSON_ArrayForEach(item, *json)
	{
		if (cJSON_IsString(item))
			rc_wipe(item->valuestring, strlen(item->valuestring));
	}
	cJSON_Delete(*json);
	*json = NULL;
}

static int
parse(cJSON **ret, const char *body, bool object, struct rc_error *err)
{
	scoped(rc_json_release) cJSON *json = cJSON_ParseWithOpts(body, NULL, true);

	if (!json)
		return rc_fail(err, RC_GITLAB, "the answer is not complete JSON");
	if (object ? !cJSON_IsObject(json) : !cJSON_IsArray(json))
		return rc_fail(err, RC_GITLAB, "the answer is JSON, but not what was asked for");
	*ret = json;
	json = NULL;
	return 0;
}

int
rc_json_object(cJSON **ret, const char *body, struct rc_error *err)
{
	return parse(ret, body, true, err);
}

int
rc_json_array(cJSON **ret, const char *body, struct rc_error *err)
{
	return parse(ret, body, false, err);
}

const cJSON *
rc_json_get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

int
rc_json_id(int64_t *ret, const cJSON *object, struct rc_error *err)
{
	const cJSON *id = rc_json_get(object, "id");

	if (cJSON_IsString(id))
		return rc_fail(err, RC_GITLAB, "the answer has its id as a text, not as a number");
	if (!cJSON_IsNumber(id))
		return rc_fail(err, RC_GITLAB, "the answer has no id");
	if (!(id->valuedouble >= 1 && id->valuedouble <= ID_MAX) ||
	    id->valuedouble != (double)(int64_t)id->valuedouble)
		return rc_fail(
		    err, RC_GITLAB, "the answer has an id that is not a positive whole number");
	*ret = (int64_t)id->valuedouble;
	return 0;
}

int
rc_json_time(int64_t *ret, const cJSON *object, const char *key, struct rc_error *err)
{
	const cJSON *time = rc_json_get(object, key);

	*ret = 0;
	if (!time || cJSON_IsNull(time))
		return 0;
	if (!cJSON_IsString(time))
		return rc_fail(err, RC_GITLAB, "the answer's %s is not a text", key);
	if (rc_timestamp_parse(ret, time->valuestring, err) < 0)
		return rc_fail(err, RC_GITLAB, "the answer's %s is not a time in ISO 8601", key);
	if (*ret == 0)
		*ret = 1; /* the first second of 1970 is long ago, not never */
	return 0;
}
