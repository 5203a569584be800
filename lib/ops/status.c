/* list and status. */
#include "ops/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/name.h"
#include "ops/contact.h"
#include "ops/fleet.h"
#include "ops/guest.h"
#include "ops/isolation.h"

static void RC_PRINTF(2, 3) problem(struct rc_view *view, const char *fmt, ...)
{
	char line[480];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	rc_strv_add(&view->problems, line);
}

/* What the journal and libvirt alone can tell. */
static void
note_problems(struct rc_view *view)
{
	const struct rc_appliance *a = &view->appliance;

	switch (a->state) {
	case RC_STATE_CREATING:
	case RC_STATE_REGISTERING:
		problem(view,
		    "half-made, unless a run is at it now; clean up with: runnerctl "
		    "destroy %s",
		    a->name);
		break;
	case RC_STATE_DESTROYING:
		problem(view, "half-removed; finish with: runnerctl destroy %s", a->name);
		break;
	case RC_STATE_STARTED:
	case RC_STATE_READY:
		if (!view->running)
			problem(view,
			    "it is off; replace it with: runnerctl destroy %s, then create",
			    a->name);
		break;
	case RC_STATE_CREATED:
	case RC_STATE_DRAINING:
		break;
	}
}

static void
fill_view(struct rc_view *view, struct rc_member *member)
{
	view->appliance = member->appliance;
	member->appliance = (struct rc_appliance){ 0 };
	view->running = member->domain.active;
	view->emulated = view->appliance.emulated;
	view->measured = member->domain.active;
	view->memory_host = member->domain.memory_host;
	view->cpu_time = member->domain.cpu_time;
	view->disk_host = member->domain.disk_host;
	note_problems(view);
}

static int
read_views(struct rc_session *session, const char *name, struct rc_views *ret, struct rc_error *err)
{
	scoped(rc_fleet_release) struct rc_fleet fleet = { 0 };

	if (rc_fleet_measure(session, &fleet, err) < 0)
		return -1;
	*ret = (struct rc_views){ .items = rc_alloc(fleet.count, sizeof(*ret->items)) };
	for (size_t i = 0; i < fleet.count; i++)
		if (!name || strcmp(fleet.items[i].appliance.name, name) == 0)
			fill_view(&ret->items[ret->count++], &fleet.items[i]);
	return 0;
}

int
rc_list(struct rc_session *session, struct rc_views *ret, struct rc_error *err)
{
	return read_views(session, NULL, ret, err);
}

static void
check_isolation(struct rc_session *session, struct rc_view *view)
{
	char why[200];

	view->isolation = rc_isolation_state(session, &view->appliance, why);
	if (view->isolation == RC_UNREADABLE)
		problem(view, "its isolation is not known: %s", why);
	else if (view->isolation != RC_ISOLATED)
		problem(view, "%s%s; repair it with: runnerctl doctor --fix",
		    view->isolation == RC_EXPOSED ? "EXPOSED: " : "", why);
}

static void
take_answer(struct rc_view *view, const struct rc_guest_answer *answer)
{
	if (!answer->known) {
		problem(view, "the guest does not tell its status: %s", answer->error.text);
		return;
	}
	view->guest_known = true;
	view->guest = answer->status;
	if (strcmp(view->guest.runner, "polling") == 0 && view->appliance.state == RC_STATE_STARTED)
		view->appliance.state = RC_STATE_READY;
	if (strcmp(view->guest.docker, "failed") == 0)
		problem(view, "docker does not work in the guest; replace it");
	if (strcmp(view->guest.runner, "failed") == 0)
		problem(view, "gitlab-runner does not work in the guest; replace it");
}

/* What only the machines themselves, their rules and GitLab can tell. */
static void
look_closer(struct rc_session *session, struct rc_views *views)
{
	struct rc_guest_answer *answers = rc_alloc(views->count, sizeof(*answers));

	for (size_t i = 0; i < views->count; i++)
		if (views->items[i].running)
			answers[i].uuid = views->items[i].appliance.uuid;
	rc_guests_ask(session, answers, views->count);
	for (size_t i = 0; i < views->count; i++) {
		struct rc_view *view = &views->items[i];

		if (!view->running)
			continue;
		check_isolation(session, view);
		take_answer(view, &answers[i]);
		view->contacted = rc_runner_contacted(session, &view->appliance);
	}
	free(answers);
}

int
rc_status(struct rc_session *session, const char *name, struct rc_views *ret, struct rc_error *err)
{
	if ((name && rc_name_check(name, err) < 0) || read_views(session, name, ret, err) < 0)
		return -1;
	if (name && ret->count == 0) {
		rc_views_release(ret);
		rc_fail(err, RC_NOT_FOUND, "there is no appliance %s", name);
		return rc_hint(err, "see: runnerctl list");
	}
	look_closer(session, ret);
	return 0;
}
