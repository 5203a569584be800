/* Talking to the guest: open, read and close one file; a handle that leaks is the guest's own loss.
 */
#include "ops/guest.h"

#include <stdlib.h>

#include "base/parallel.h"
#include "base/str.h"
#include "core/agent_msg.h"
#include "host/clock.h"

#define STATUS_FILE "/run/runner-status/status.json"
#define AT_ONCE 5 /* calls of one client that libvirtd works on side by side by default */

static int
ask(struct rc_session *session, const char *uuid, char *command, char **ret, struct rc_error *err)
{
	scoped(rc_str_release) char *owned = command;

	return rc_virt_agent(session->virt, uuid, owned, ret, err);
}

int
rc_guest_file(struct rc_session *session, const char *uuid, const char *path,
    struct rc_guest_bytes *ret, struct rc_error *err)
{
	scoped(rc_str_release) char *opened = NULL, *answer = NULL, *closed = NULL;
	struct rc_error ignored;
	int64_t handle;
	int result;

	if (ask(session, uuid, rc_agent_open(path), &opened, err) < 0 ||
	    rc_agent_read_handle(&handle, opened, err) < 0)
		return -1;
	result = ask(session, uuid, rc_agent_read(handle, RC_GUEST_STATUS_MAX), &answer, err);
	(void)!ask(session, uuid, rc_agent_close(handle), &closed, &ignored);
	return result < 0
		   ? -1
		   : rc_agent_read_bytes(&ret->bytes, &ret->size, RC_GUEST_STATUS_MAX, answer, err);
}

int
rc_guest_status(
    struct rc_session *session, const char *uuid, struct rc_guest_status *ret, struct rc_error *err)
{
	struct rc_guest_bytes text = { 0 };
	int result;

	if (rc_guest_file(session, uuid, STATUS_FILE, &text, err) < 0)
		return -1;
	result = rc_guest_status_read(ret, text.bytes, text.size, err);
	free(text.bytes);
	return result;
}

int
rc_guest_harmful_calls(
    struct rc_session *session, const char *uuid, struct rc_strv *ret, struct rc_error *err)
{
	scoped(rc_str_release) char *answer = NULL;

	if (ask(session, uuid, rc_agent_info(), &answer, err) < 0)
		return -1;
	return rc_agent_read_harmful(ret, answer, err);
}

struct questions {
	struct rc_session *session;
	struct rc_guest_answer *answers;
	int64_t deadline;
};

static void
ask_one(void *data, size_t i)
{
	struct questions *questions = data;
	struct rc_guest_answer *a = &questions->answers[i];

	if (!a->uuid || rc_run_check(&questions->session->run, &a->error) < 0)
		return;
	if (questions->deadline && rc_clock_monotonic() >= questions->deadline)
		rc_fail(&a->error, RC_TIMEOUT, "there was no time left to ask it");
	else
		a->known = rc_guest_status(questions->session, a->uuid, &a->status, &a->error) == 0;
}

void
rc_guests_ask(
    struct rc_session *session, struct rc_guest_answer *answers, size_t count, int64_t deadline)
{
	struct questions questions = { session, answers, deadline };

	rc_parallel(count, AT_ONCE, ask_one, &questions);
}
