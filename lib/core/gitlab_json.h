/* Strict reading of GitLab's JSON with cJSON; errors have code RC_GITLAB. */
#ifndef RC_CORE_GITLAB_JSON_H
#define RC_CORE_GITLAB_JSON_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "base/error.h"

/* For scoped(): wipes the texts of an object, as one of them may be a token, and frees it. */
void rc_json_release(cJSON **json);

/* The whole of body as one object or one array, which the caller releases. */
RC_MUST_CHECK int rc_json_object(cJSON **ret, const char *body, struct rc_error *err);
RC_MUST_CHECK int rc_json_array(cJSON **ret, const char *body, struct rc_error *err);

/* Keys are case sensitive; NULL when missing. */
const cJSON *rc_json_get(const cJSON *object, const char *key);
/* "id", a whole number from 1 to 2^53. */
RC_MUST_CHECK int rc_json_id(int64_t *ret, const cJSON *object, struct rc_error *err);
/* A time in ISO 8601 as unix seconds; null and a missing key are 0: never. */
RC_MUST_CHECK int rc_json_time(
    int64_t *ret, const cJSON *object, const char *key, struct rc_error *err);

#endif
