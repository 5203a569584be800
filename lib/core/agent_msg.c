/* The guest agent's JSON.  Base64 is decoded by libcrypto. */
#include "core/agent_msg.h"

#include <cjson/cJSON.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"

RC_RELEASER(json_release, cJSON *, cJSON_Delete)

static char *
command(const char *name, cJSON *arguments)
{
	scoped(json_release) cJSON *json = cJSON_CreateObject();
	char *text, *copy;

	cJSON_AddStringToObject(json, "execute", name);
	cJSON_AddItemToObject(json, "arguments", arguments);
	text = cJSON_PrintUnformatted(json);
	copy = rc_strdup(text);
	cJSON_free(text);
	return copy;
}

char *
rc_agent_open(const char *path)
{
	cJSON *arguments = cJSON_CreateObject();

	cJSON_AddStringToObject(arguments, "path", path);
	cJSON_AddStringToObject(arguments, "mode", "r");
	return command("guest-file-open", arguments);
}

char *
rc_agent_read(int64_t handle, size_t max)
{
	cJSON *arguments = cJSON_CreateObject();

	cJSON_AddNumberToObject(arguments, "handle", (double)handle);
	cJSON_AddNumberToObject(arguments, "count", (double)max);
	return command("guest-file-read", arguments);
}

char *
rc_agent_close(int64_t handle)
{
	cJSON *arguments = cJSON_CreateObject();

	cJSON_AddNumberToObject(arguments, "handle", (double)handle);
	return command("guest-file-close", arguments);
}

static int
nonsense(struct rc_error *err)
{
	return rc_fail(err, RC_FAILED, "the guest agent's answer makes no sense");
}

int
rc_agent_read_handle(int64_t *ret, const char *answer, struct rc_error *err)
{
	scoped(json_release) cJSON *json = cJSON_Parse(answer);
	const cJSON *handle = cJSON_GetObjectItemCaseSensitive(json, "return");

	if (!cJSON_IsNumber(handle) || !(handle->valuedouble >= 0) ||
	    handle->valuedouble > 9007199254740992.0)
		return nonsense(err);
	*ret = (int64_t)handle->valuedouble;
	return 0;
}

int
rc_agent_read_bytes(
    char **ret, size_t *ret_size, size_t max, const char *answer, struct rc_error *err)
{
	scoped(json_release) cJSON *json = cJSON_Parse(answer);
	const cJSON *result = cJSON_GetObjectItemCaseSensitive(json, "return");
	const char *text =
	    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(result, "buf-b64"));
	scoped(rc_str_release) char *bytes = NULL;
	size_t length = text ? strlen(text) : 0;
	int size;

	/* EVP_DecodeBlock takes whole groups of four, and counts padding as zero bytes. */
	if (!text || length % 4 || length > max / 3 * 4 + 4)
		return nonsense(err);
	bytes = rc_alloc(length / 4 * 3 + 1, 1);
	size = EVP_DecodeBlock((unsigned char *)bytes, (const unsigned char *)text, (int)length);
	if (size < 0)
		return nonsense(err);
	while (length && text[length - 1] == '=' && size > 0) {
		length--;
		size--;
	}
	if ((size_t)size > max)
		return nonsense(err);
	*ret_size = (size_t)size;
	*ret = bytes;
	bytes = NULL;
	return 0;
}
