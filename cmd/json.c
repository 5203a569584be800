/* Building documents for programs. */
#include "cmd/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "cmd/text.h"

#define SCHEMA 1

void
rc_json_text(cJSON *to, const char *key, const char *text)
{
	scoped(rc_str_release) char *clean = rc_text_clean(text);

	cJSON_AddItemToObject(to, key, clean ? cJSON_CreateString(clean) : cJSON_CreateNull());
}

void
rc_json_number(cJSON *to, const char *key, int64_t number)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRId64, number);
	cJSON_AddRawToObject(to, key, digits);
}

void
rc_json_bytes(cJSON *to, const char *key, uint64_t bytes)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, bytes);
	cJSON_AddRawToObject(to, key, digits);
}

void
rc_json_known(cJSON *to, const char *key, uint64_t number)
{
	if (number == RC_UNKNOWN)
		cJSON_AddNullToObject(to, key);
	else
		rc_json_bytes(to, key, number);
}

/* 0 stands for unknown or never. */
void
rc_json_time(cJSON *to, const char *key, int64_t seconds)
{
	if (seconds)
		rc_json_number(to, key, seconds);
	else
		cJSON_AddNullToObject(to, key);
}

void
rc_json_list(cJSON *to, const char *key, const struct rc_strv *list)
{
	cJSON *array = cJSON_AddArrayToObject(to, key);

	for (size_t i = 0; i < list->count; i++) {
		scoped(rc_str_release) char *clean = rc_text_clean(list->items[i]);

		cJSON_AddItemToArray(array, cJSON_CreateString(clean));
	}
}

cJSON *
rc_json_document(void)
{
	cJSON *document = cJSON_CreateObject();

	cJSON_AddNumberToObject(document, "schema", SCHEMA);
	return document;
}

void
rc_json_print(const struct rc_page *page, const cJSON *document)
{
	char *text = cJSON_PrintUnformatted(document);

	if (!text)
		abort();
	fprintf(page->out, "%s\n", text);
	cJSON_free(text);
}
