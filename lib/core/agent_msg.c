/* The guest agent's JSON.  Base64 is decoded by libcrypto. */
#include "core/agent_msg.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

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

/* cJSON would write a large number as 1e+15, which the agent does not take for a handle. */
static void
add_handle(cJSON *arguments, int64_t handle)
{
	scoped(rc_str_release) char *digits = rc_format("%" PRId64, handle);

	cJSON_AddRawToObject(arguments, "handle", digits);
}

char *
rc_agent_read(int64_t handle, size_t max)
{
	cJSON *arguments = cJSON_CreateObject();

	add_handle(arguments, handle);
	cJSON_AddNumberToObject(arguments, "count", (double)max);
	return command("guest-file-read", arguments);
}

char *
rc_agent_close(int64_t handle)
{
	cJSON *arguments = cJSON_CreateObject();

	add_handle(arguments, handle);
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

	/* Whole numbers beyond 2^53 have been rounded already. */
	if (!cJSON_IsNumber(handle) || !(handle->valuedouble >= 0) ||
	    handle->valuedouble > 9007199254740992.0 ||
	    handle->valuedouble > (double)(int64_t)handle->valuedouble)
		return nonsense(err);
	*ret = (int64_t)handle->valuedouble;
	return 0;
}

/* The padding at the end of base64 text, or -1 if it is anything else than base64 text. */
static int
padding_of(const char *text)
{
	size_t digits = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789+/");
	size_t padding = strspn(text + digits, "=");

	return text[digits + padding] || padding > 2 || (digits + padding) % 4 ? -1 : (int)padding;
}

int
rc_agent_read_bytes(
    char **ret, size_t *ret_size, size_t max, const char *answer, struct rc_error *err)
{
	scoped(json_release) cJSON *json = cJSON_Parse(answer);
	const cJSON *result = cJSON_GetObjectItemCaseSensitive(json, "return");
	const char *text =
	    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(result, "buf-b64"));
	size_t length = text ? strlen(text) : 0, size;
	int padding = text ? padding_of(text) : -1;

	size = length / 4 * 3 - (padding > 0 ? (size_t)padding : 0);
	if (padding < 0 || size > max)
		return nonsense(err);
	/*
	 * EVP_DecodeBlock counts padding as zero bytes, and takes blanks around and '='
	 * inside the text, which is why it gets to see base64 only.
	 */
	*ret = rc_alloc(length / 4 * 3 + 1, 1);
	EVP_DecodeBlock((unsigned char *)*ret, (const unsigned char *)text, (int)length);
	(*ret)[size] = '\0';
	*ret_size = size;
	return 0;
}

char *
rc_agent_info(void)
{
	return command("guest-info", cJSON_CreateObject());
}

static bool
is_one_of(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* As the host needs them, and a few more that change nothing and give nothing away. */
static bool
is_harmless(const char *name)
{
	static const char *const names[] = { "guest-ping", "guest-sync", "guest-sync-delimited",
		"guest-info", "guest-shutdown", "guest-file-open", "guest-file-read",
		"guest-file-close", "guest-file-seek", "guest-fstrim", "guest-get-fsinfo",
		"guest-set-time", "guest-get-time" };

	return is_one_of(name, names, RC_COUNT(names));
}

/* Any of these is the whole machine. */
static bool
is_worst(const char *name)
{
	static const char *const names[] = { "guest-exec", "guest-file-write",
		"guest-set-user-password", "guest-ssh-add-authorized-keys" };

	return is_one_of(name, names, RC_COUNT(names));
}

int
rc_agent_read_harmful(struct rc_strv *ret, const char *answer, struct rc_error *err)
{
	scoped(json_release) cJSON *json = cJSON_Parse(answer);
	const cJSON *result = cJSON_GetObjectItemCaseSensitive(json, "return");
	const cJSON *commands = cJSON_GetObjectItemCaseSensitive(result, "supported_commands");
	scoped(rc_strv_release) struct rc_strv others = { 0 };
	const cJSON *one;

	if (!cJSON_IsArray(commands))
		return nonsense(err);
	cJSON_ArrayForEach(one, commands)
	{
		const char *name =
		    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(one, "name"));
		const cJSON *enabled = cJSON_GetObjectItemCaseSensitive(one, "enabled");

		if (!name)
			return nonsense(err);
		if (!cJSON_IsFalse(enabled) && !is_harmless(name))
			rc_strv_add(is_worst(name) ? ret : &others, name);
	}
	for (size_t i = 0; i < others.count; i++)
		rc_strv_add(ret, others.items[i]);
	return 0;
}
