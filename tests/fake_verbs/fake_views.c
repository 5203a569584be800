/* Canned appliances for list and status. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "fake.h"

static struct rc_view *
add_view(struct rc_views *to, const char *name, enum rc_state state)
{
	to->items = rc_grow(to->items, to->count + 1, sizeof(*to->items));
	to->items[to->count] = (struct rc_view){ 0 };
	fake_appliance(&to->items[to->count].appliance, name, state);
	return &to->items[to->count++];
}

static void
view_release(struct rc_view *view)
{
	rc_appliance_release(&view->appliance);
	rc_problems_release(&view->problems);
}

int
fake_list(struct rc_session *session, struct rc_views *ret, struct rc_error *err)
{
	struct rc_view *view;

	(void)err;
	if (strcmp(session->connect, "fake:empty") == 0)
		return 0;
	view = add_view(ret, "ci-1", RC_STATE_READY);
	view->running = true;
	view->usage = (struct rc_usage){ .memory = UINT64_C(431) << 20,
		.cpu = UINT64_C(1234567890123456),
		.disk = UINT64_C(2254857830),
		.guest_memory = UINT64_C(2) << 30,
		.guest_free = UINT64_C(1738) << 20 };
	add_view(ret, "ci-2", RC_STATE_CREATED);
	view = add_view(ret, "old", RC_STATE_STARTED);
	rc_problems_add(&view->problems, RC_PROBLEM_OFF,
	    "the domain is off; 'runnerctl destroy old' removes it");
	view->emulated = true;
	return 0;
}

int
fake_status(
    struct rc_session *session, const char *name, struct rc_views *ret, struct rc_error *err)
{
	fake_record("status name=%s\n", fake_or_none(name));
	if (name && strcmp(name, "ci-1") != 0)
		return rc_fail(err, RC_NOT_FOUND, "there is no appliance '%s'", name);
	if (fake_list(session, ret, err) < 0)
		return -1;
	for (size_t i = 0; i < ret->count; i++) {
		struct rc_view *view = &ret->items[i];

		view->guest_known = view->running;
		view->guest = (struct rc_guest_status){ .runner = "polling",
			.docker = "ok",
			.uptime = 3600,
			.jobs = 1,
			.disk_size = 100,
			.disk_used = 37 };
		view->pace = (struct rc_pace){ .seconds = 1, .cpus = 0.42 };
		view->contacted = view->running ? 1768557600 : 0;
	}
	while (name && ret->count > 1)
		view_release(&ret->items[--ret->count]);
	return 0;
}

int
fake_survey(struct rc_session *session, struct rc_views *ret, struct rc_error *err)
{
	fake_record("survey\n");
	if (strcmp(session->connect, "fake:lost") == 0)
		return rc_fail(err, RC_HOST, "cannot list the domains: no connection");
	if (strcmp(session->connect, "fake:stuck") == 0)
		fake_pause(60000);
	return fake_status(session, NULL, ret, err);
}

/* A guest that would like to have the terminal. */
int
fake_logs(struct rc_session *session, const struct rc_logs_wish *wish, struct rc_error *err)
{
	(void)session;
	fake_record("logs name=%s lines=%u follow=%d\n", wish->name, wish->lines, wish->follow);
	if (strcmp(wish->name, "gone") == 0)
		return rc_fail(err, RC_NOT_FOUND, "there is no appliance gone");
	wish->line(wish->context, "booted");
	wish->line(wish->context, "\033[2J\033]0;root\007 \xff \xe2\x80\xae rm -rf");
	return 0;
}

void
fake_views_release(struct rc_views *views)
{
	for (size_t i = 0; i < views->count; i++)
		view_release(&views->items[i]);
	free(views->items);
}
