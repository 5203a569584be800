/* list, status, and what metrics are made of. */
#include "ops/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "base/str.h"
#include "core/name.h"
#include "host/clock.h"
#include "ops/contact.h"
#include "ops/fleet.h"
#include "ops/guest.h"
#include "ops/image_remains.h"
#include "ops/isolation.h"
#include "ops/survey.h"

#define INTERVAL 1.0 /* seconds between two readings, at least */
#define PATIENCE 10  /* seconds after which metrics begins to ask no other guest, and no rules */

static void
note_state(struct rc_view *view, enum rc_halt halt)
{
	const struct rc_appliance *a = &view->appliance;

	switch (a->state) {
	case RC_STATE_CREATING:
	case RC_STATE_REGISTERING:
		rc_problems_add(&view->problems, RC_PROBLEM_HALF_MADE,
		    "half-made, unless a run is at it now; clean up with: runnerctl "
		    "destroy %s",
		    a->name);
		break;
	case RC_STATE_DESTROYING:
		rc_problems_add(&view->problems, RC_PROBLEM_HALF_REMOVED,
		    "half-removed; finish with: runnerctl destroy %s", a->name);
		break;
	case RC_STATE_STARTED:
	case RC_STATE_READY:
		if (!view->running && halt != RC_HALT_SAVED)
			rc_problems_add(&view->problems, RC_PROBLEM_OFF,
			    "it is off; the next runnerctl rotate replaces it");
		break;
	case RC_STATE_CREATED:
	case RC_STATE_DRAINING:
		break;
	}
}

static void
note_rotation(struct rc_view *view)
{
	const struct rc_appliance *a = &view->appliance;
	char ago[16];

	if (a->rotation_failed)
		rc_problems_add(&view->problems, RC_PROBLEM_ROTATION_FAILED,
		    "its rotation failed %s ago (%s); see why with: runnerctl rotate %s",
		    rc_duration_format(ago, rc_clock_now() - a->rotation_failed),
		    rc_code_name(a->rotation_code), a->name);
	if (a->renewal != RC_RENEWAL_NONE &&
	    (a->state == RC_STATE_STARTED || a->state == RC_STATE_READY))
		rc_problems_add(&view->problems, RC_PROBLEM_TOKEN_RESET,
		    "its token was reset, so that it gets no more jobs; replace it with: "
		    "runnerctl rotate %s",
		    a->name);
}

static void
note_halt(struct rc_view *view, enum rc_halt halt)
{
	switch (halt) {
	case RC_HALT_NONE:
		break;
	case RC_HALT_PAUSED:
		rc_problems_add(&view->problems, RC_PROBLEM_PAUSED,
		    "somebody paused it; go on with: virsh resume %s.%u", view->appliance.name,
		    view->appliance.generation);
		break;
	case RC_HALT_SAVED:
		rc_problems_add(&view->problems, RC_PROBLEM_PAUSED,
		    "somebody saved it; go on with: virsh start %s.%u", view->appliance.name,
		    view->appliance.generation);
		break;
	case RC_HALT_IO:
		rc_problems_add(&view->problems, RC_PROBLEM_IO_ERROR,
		    "it is stopped by an I/O error; is the host's disk full?");
		break;
	case RC_HALT_CRASH:
		rc_problems_add(&view->problems, RC_PROBLEM_CRASHED,
		    "it has crashed; the next runnerctl rotate replaces it");
		break;
	}
}

static void
note_lie(struct rc_view *view, const char *what)
{
	rc_problems_add(&view->problems, RC_PROBLEM_GUEST_LIES,
	    "what its guest says of its %s cannot be; do not trust it, replace it", what);
}

static void
note_balloon(struct rc_view *view, const struct rc_domain *domain)
{
	const struct rc_appliance *a = &view->appliance;
	char now[16], all[16];

	if (!a->pumped &&
	    (domain->memory_now == RC_UNKNOWN || domain->memory_now >= domain->memory_max))
		return;
	rc_problems_add(&view->problems, RC_PROBLEM_PUMPED,
	    "it has %s of its %s of memory, unless a run is at it now; give them back with: "
	    "runnerctl reclaim %s",
	    domain->memory_now == RC_UNKNOWN ? "not all" : rc_size_format(now, domain->memory_now),
	    rc_size_format(all, a->limits.memory), a->name);
}

/* What the journal and libvirt alone can tell. */
static void
fill_view(struct rc_view *view, struct rc_member *member)
{
	const struct rc_domain *domain = &member->domain;
	bool saved = rc_fleet_is_saved(member);

	view->appliance = member->appliance;
	member->appliance = (struct rc_appliance){ 0 };
	view->running = domain->active;
	view->emulated = view->appliance.emulated;
	view->usage = domain->usage;
	note_state(view, domain->halt);
	note_rotation(view);
	if (view->running || saved)
		note_halt(view, domain->halt);
	if (!view->running)
		return;
	note_balloon(view, domain);
	if (!rc_usage_check(&view->usage, domain->memory_max, rc_clock_now()))
		note_lie(view, "memory");
}

static int
read_views(struct rc_session *session, const char *name, struct rc_views *ret, struct rc_error *err)
{
	scoped(rc_fleet_release) struct rc_fleet fleet = { 0 };

	if (rc_fleet_usage(session, &fleet, err) < 0)
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

/* Who else is asked, and until when. */
struct look {
	int64_t patience; /* seconds for the kernel, and again for the guests; 0: no end of it */
	bool gitlab;
};

static int64_t
deadline_of(const struct look *look)
{
	return look->patience ? rc_clock_monotonic() + look->patience : 0;
}

static void
check_isolation(struct rc_session *session, struct rc_isolation_look *look, struct rc_view *view,
    int64_t deadline)
{
	static const enum rc_problem_code codes[] = {
		[RC_UNREADABLE] = RC_PROBLEM_ISOLATION_UNKNOWN,
		[RC_OUTDATED] = RC_PROBLEM_FILTER_OUTDATED,
		[RC_CUT_OFF] = RC_PROBLEM_CUT_OFF,
		[RC_EXPOSED] = RC_PROBLEM_EXPOSED,
	};
	char why[200];

	if (deadline && rc_clock_monotonic() >= deadline) {
		snprintf(why, sizeof(why), "there was no time left to look");
		view->isolation = RC_UNREADABLE;
	} else {
		view->isolation = rc_isolation_state(session, look, &view->appliance, why);
	}
	if (view->isolation == RC_UNREADABLE)
		rc_problems_add(
		    &view->problems, codes[view->isolation], "its isolation is not known: %s", why);
	else if (view->isolation != RC_ISOLATED)
		rc_problems_add(&view->problems, codes[view->isolation],
		    "%s%s; repair it with: runnerctl doctor --fix",
		    view->isolation == RC_EXPOSED ? "EXPOSED: " : "", why);
}

static void
take_answer(struct rc_view *view, const struct rc_guest_answer *answer)
{
	if (!answer->known) {
		/* The agent is among the first to end where one powers off after its last job. */
		if (view->appliance.state == RC_STATE_DRAINING)
			return;
		rc_problems_add(&view->problems, RC_PROBLEM_GUEST_SILENT,
		    "the guest does not tell its status: %s", answer->error.text);
		return;
	}
	view->guest = answer->status;
	if (!rc_guest_status_is_news(&view->guest, rc_clock_now())) {
		rc_problems_add(&view->problems, RC_PROBLEM_GUEST_SILENT,
		    "the guest's status is minutes old, or its clock is wrong; replace it");
		return;
	}
	view->guest_known = true;
	if (!rc_guest_status_check(&view->guest, &view->appliance.limits))
		note_lie(view, "disk or memory");
	if (strcmp(view->guest.runner, "polling") == 0 && view->appliance.state == RC_STATE_STARTED)
		view->appliance.state = RC_STATE_READY;
	if (strcmp(view->guest.docker, "failed") == 0)
		rc_problems_add(&view->problems, RC_PROBLEM_DOCKER_FAILED,
		    "docker does not work in the guest; replace it");
	if (strcmp(view->guest.runner, "failed") == 0)
		rc_problems_add(&view->problems, RC_PROBLEM_RUNNER_FAILED,
		    "gitlab-runner does not work in the guest; replace it");
}

/* The walls come first: guests that keep us waiting shall not hide that one is open. */
static void
look_at_walls(struct rc_session *session, struct rc_views *views, const struct look *look)
{
	scoped(rc_isolation_look_release) struct rc_isolation_look rules = { 0 };
	int64_t deadline = deadline_of(look);

	for (size_t i = 0; i < views->count; i++)
		if (views->items[i].running)
			check_isolation(session, &rules, &views->items[i], deadline);
}

/* What only the machines themselves and GitLab can tell. */
static void
ask(struct rc_session *session, struct rc_views *views, const struct look *look)
{
	struct rc_guest_answer *answers = rc_alloc(views->count, sizeof(*answers));

	for (size_t i = 0; i < views->count; i++)
		if (views->items[i].running)
			answers[i].uuid = views->items[i].appliance.uuid;
	rc_guests_ask(session, answers, views->count, deadline_of(look));
	for (size_t i = 0; i < views->count; i++) {
		struct rc_view *view = &views->items[i];

		if (view->running)
			take_answer(view, &answers[i]);
		if (view->running && look->gitlab)
			rc_runner_contacted(session, &view->appliance, &view->contacted);
	}
	free(answers);
}

/* An image that has no name any more, or a pool that does not answer, makes nothing outdated. */
static void
look_up_images(struct rc_session *session, struct rc_views *views)
{
	scoped(rc_strv_release) struct rc_strv references = { 0 };
	struct rc_error ignored;

	if (rc_image_references(session, &references, &ignored) < 0)
		return;
	for (size_t i = 0; i < views->count; i++)
		views->items[i].image_now = rc_strdup(
		    rc_image_wanted(session, &references, views->items[i].appliance.image));
}

static void
look_closer(struct rc_session *session, struct rc_views *views, const struct look *look)
{
	look_up_images(session, views);
	look_at_walls(session, views, look);
	ask(session, views, look);
}

static struct rc_view *
find_view(struct rc_views *views, const char *uuid)
{
	for (size_t i = 0; i < views->count; i++)
		if (views->items[i].running && strcmp(views->items[i].appliance.uuid, uuid) == 0)
			return &views->items[i];
	return NULL;
}

/* A second reading tells what is taken now.  first: when the first one was there. */
static void
measure_pace(struct rc_session *session, struct rc_views *views, double first)
{
	scoped(rc_fleet_release) struct rc_fleet fleet = { 0 };
	double seconds = rc_clock_stopwatch() - first;
	struct rc_error ignored;

	if (seconds < INTERVAL)
		rc_clock_wait(INTERVAL - seconds);
	if (rc_fleet_usage(session, &fleet, &ignored) < 0)
		return;
	seconds = rc_clock_stopwatch() - first;
	for (size_t i = 0; i < fleet.count; i++) {
		struct rc_view *view = find_view(views, fleet.items[i].appliance.uuid);

		if (view && fleet.items[i].domain.active)
			view->pace =
			    rc_usage_pace(&view->usage, &fleet.items[i].domain.usage, seconds);
	}
}

static bool
any_runs(const struct rc_views *views)
{
	for (size_t i = 0; i < views->count; i++)
		if (views->items[i].running)
			return true;
	return false;
}

int
rc_status(struct rc_session *session, const char *name, struct rc_views *ret, struct rc_error *err)
{
	double first;

	if ((name && rc_name_check(name, err) < 0) || read_views(session, name, ret, err) < 0)
		return -1;
	if (name && ret->count == 0) {
		rc_views_release(ret);
		rc_fail(err, RC_NOT_FOUND, "there is no appliance %s", name);
		return rc_hint(err, "see: runnerctl list");
	}
	first = rc_clock_stopwatch();
	look_closer(session, ret, &(struct look){ .gitlab = true });
	if (any_runs(ret))
		measure_pace(session, ret, first);
	return 0;
}

int
rc_status_survey(struct rc_session *session, struct rc_views *ret, struct rc_error *err)
{
	if (read_views(session, NULL, ret, err) < 0)
		return -1;
	look_closer(session, ret, &(struct look){ .patience = PATIENCE });
	return 0;
}
