/* Answers of the guest agent: bounded, and never more bytes than were asked for. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/agent_msg.h"
#include "core/guest_status.h"

#define MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int condition)
{
	if (!condition)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped(rc_str_release) char *answer = rc_strndup((const char *)data, size);
	scoped(rc_str_release) char *bytes = NULL, *asked = NULL;
	scoped(rc_strv_release) struct rc_strv harmful = { 0 };
	struct rc_guest_status status;
	struct rc_error err = { 0 };
	int64_t handle = -1;
	size_t length = 0;

	if (rc_agent_read_handle(&handle, answer, &err) == 0) {
		must(handle >= 0);
		asked = rc_agent_read(handle, MAX);
		must(strchr(asked, '.') == NULL && strstr(asked, "e+") == NULL);
	}
	if (rc_agent_read_harmful(&harmful, answer, &err) == 0)
		for (size_t i = 0; i < harmful.count; i++)
			must(strcmp(harmful.items[i], "guest-ping") != 0);
	if (rc_agent_read_bytes(&bytes, &length, MAX, answer, &err) == 0) {
		must(length <= MAX);
		must(bytes[length] == '\0');
		/* As it is used: the bytes are a status document, most likely a broken one. */
		if (rc_guest_status_read(&status, bytes, length, &err) == 0)
			must(memchr(status.runner, '\0', sizeof(status.runner)) != NULL);
	}
	return 0;
}
