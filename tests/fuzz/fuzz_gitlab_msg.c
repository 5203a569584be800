/* Bodies of GitLab's answers: no reader may trip, and words for people are one line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/gitlab_msg.h"
#include "core/gitlab_refusal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int condition)
{
	if (!condition)
		abort();
}

static void
read_body(const char *body)
{
	scoped(rc_runner_grant_release) struct rc_runner_grant grant = { 0 };
	struct rc_token_scopes scopes = { 0 };
	struct rc_manager *managers = NULL;
	struct rc_error err = { 0 };
	size_t count = 0;
	bool paused;
	int64_t id;

	if (rc_gitlab_read_grant(&grant, body, &err) == 0)
		must(grant.id > 0 && grant.token && *grant.token);
	if (rc_gitlab_read_scopes(&scopes, body, &err) == 0) {
		must(memchr(scopes.names, '\0', sizeof(scopes.names)) != NULL);
		rc_scopes_objection(&scopes);
		rc_scopes_advice(&scopes);
	}
	if (rc_gitlab_read_managers(&managers, &count, body, &err) == 0)
		for (size_t i = 0; i < count; i++)
			must(memchr(managers[i].system_id, '\0', sizeof(managers[i].system_id)) !=
			     NULL);
	free(managers);
	if (rc_gitlab_find_marker(&id, body, "runnerctl:", &err) == 0)
		must(id >= 0);
	if (rc_gitlab_read_paused(&paused, body, &err) == 0)
		must(paused || !paused);
}

/* The first byte chooses the content type. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = { "application/json", "text/html", "text/plain", "" };
	scoped(rc_str_release) char *body = NULL;
	struct rc_gitlab_answer answer = { .status = 400 };
	char words[200], marker[48];

	if (size == 0)
		return 0;
	body = rc_strndup((const char *)data + 1, size - 1);
	answer.body = body;
	answer.content_type = types[data[0] % 4];
	read_body(body);
	rc_gitlab_error_words(words, sizeof(words), &answer);
	must(strpbrk(words, "\n\r\x1b") == NULL);
	rc_gitlab_is_page(&answer);
	rc_gitlab_error_is(body, "insufficient_scope");
	rc_runner_marker_in(marker, body);
	return 0;
}
