/*
 * Documents for programs.  Numbers are whole (bytes, seconds, unix times) and
 * written by us, because cJSON keeps doubles; what is unknown is null.  A
 * document is one line.  The shape is a promise: keys are added, never renamed
 * or removed, or "schema" grows.
 */
#ifndef RC_CMD_JSON_H
#define RC_CMD_JSON_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "base/scope.h"
#include "base/str.h"
#include "cmd/print.h"

RC_RELEASER(rc_json_release, cJSON *, cJSON_Delete)

/* Cleaned; NULL is null. */
void rc_json_text(cJSON *to, const char *key, const char *text);
void rc_json_number(cJSON *to, const char *key, int64_t number);
void rc_json_bytes(cJSON *to, const char *key, uint64_t bytes);
/* RC_UNKNOWN is null. */
void rc_json_known(cJSON *to, const char *key, uint64_t number);
/* 0 stands for unknown or never, and is null. */
void rc_json_time(cJSON *to, const char *key, int64_t seconds);
void rc_json_list(cJSON *to, const char *key, const struct rc_strv *list);

cJSON *rc_json_document(void);
void rc_json_print(const struct rc_page *page, const cJSON *document);

void rc_json_error(cJSON *to, const struct rc_error *error);

/* An item for each. */
void rc_json_reclaimed(cJSON *array, const struct rc_reclaimeds *reclaimed);

/* What it is, without its runner; and its runner, which is returned. */
void rc_json_appliance(cJSON *to, const struct rc_appliance *a);
cJSON *rc_json_runner(cJSON *to, const struct rc_appliance *a);

#endif
