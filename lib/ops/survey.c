/* The facts that rotation decides by. */
#include "ops/survey.h"

#include <stdlib.h>
#include <string.h>

#include "ops/admission.h"
#include "ops/contact.h"
#include "ops/guest.h"
#include "ops/image_remains.h"

#define NAMES_MAX 1000 /* generations that are tried for a name that no other domain has */

void
rc_survey_release(struct rc_survey *survey)
{
	rc_fleet_release(&survey->fleet);
	rc_strv_release(&survey->references);
	free(survey->found);
	free(survey->turns);
	*survey = (struct rc_survey){ 0 };
}

const char *
rc_image_wanted(
    const struct rc_session *session, const struct rc_strv *references, const char *image)
{
	const char *config = session->config.image, *newest = NULL;
	size_t prefix = strcspn(image, "@") + 1;

	if (strncmp(config, image, prefix) == 0)
		return config;
	for (size_t i = 0; i < references->count; i++)
		if (strncmp(references->items[i], image, prefix) == 0)
			newest = references->items[i];
	return newest;
}

/* One that drains is left in peace for as long as it may have a job. */
static bool
is_to_be_asked(const struct rc_found *f, int64_t now)
{
	const struct rc_appliance *a = f->appliance;

	if (!f->active || f->halt != RC_HALT_NONE)
		return false;
	if (a->state == RC_STATE_DRAINING)
		return now - a->drain_begun > RC_JOB_SILENCE;
	return a->state == RC_STATE_STARTED || a->state == RC_STATE_READY;
}

/* Those that do not answer are asked once more: a busy host is no reason to replace anything. */
static void
ask_twice(struct rc_session *session, struct rc_guest_answer *answers, size_t count)
{
	struct rc_guest_answer *again = rc_alloc(count, sizeof(*again));
	bool any = false;

	rc_guests_ask(session, answers, count, 0);
	for (size_t i = 0; i < count; i++)
		if (answers[i].uuid && !answers[i].known) {
			again[i].uuid = answers[i].uuid;
			any = true;
		}
	if (any)
		rc_guests_ask(session, again, count, 0);
	for (size_t i = 0; i < count; i++)
		if (again[i].uuid)
			answers[i] = again[i];
	free(again);
}

/* GitLab is asked only about those whose guest does not say that all is well. */
static void
ask_guests(struct rc_survey *survey, struct rc_session *session, int64_t now)
{
	struct rc_guest_answer *answers = rc_alloc(survey->count, sizeof(*answers));

	for (size_t i = 0; i < survey->count; i++)
		if (is_to_be_asked(&survey->found[i], now))
			answers[i].uuid = survey->found[i].appliance->uuid;
	ask_twice(session, answers, survey->count);
	for (size_t i = 0; i < survey->count; i++) {
		struct rc_found *f = &survey->found[i];

		f->guest = answers[i].status;
		f->guest_known = answers[i].known && rc_guest_status_is_news(&f->guest, now);
		if (answers[i].uuid && (!f->guest_known || strcmp(f->guest.runner, "polling") != 0))
			f->heard = rc_runner_contacted(session, f->appliance, &f->contacted);
	}
	free(answers);
}

static void
look_at(struct rc_survey *survey, struct rc_session *session, const struct rc_member *member)
{
	struct rc_found *f = &survey->found[survey->count];
	const struct rc_appliance *a = &member->appliance;
	struct rc_error ignored;

	*f = (struct rc_found){
		.appliance = a,
		.active = member->domain.active,
		.halt = member->domain.halt,
		.image = rc_image_wanted(session, &survey->references, a->image),
	};
	survey->count++;
	if (rc_limits_choose(
		&f->limits, &session->config, a->profile ? a->profile : "", &a->own, &ignored) < 0)
		f->limits = (struct rc_limits){ 0 };
}

int
rc_survey_take(struct rc_survey *ret, struct rc_session *session, struct rc_fleet *fleet,
    const char *name, const struct rc_policy *policy, struct rc_error *err)
{
	scoped(rc_survey_release) struct rc_survey survey = { 0 };

	if (fleet) {
		survey.fleet = *fleet;
		*fleet = (struct rc_fleet){ 0 };
	}
	if ((!fleet && rc_fleet_read(session, &survey.fleet, err) < 0) ||
	    rc_image_references(session, &survey.references, err) < 0)
		return -1;
	survey.found = rc_alloc(survey.fleet.count, sizeof(*survey.found));
	survey.turns = rc_alloc(survey.fleet.count, sizeof(*survey.turns));
	for (size_t i = 0; i < survey.fleet.count; i++)
		if (!name || strcmp(survey.fleet.items[i].appliance.name, name) == 0)
			look_at(&survey, session, &survey.fleet.items[i]);
	ask_guests(&survey, session, policy->now);
	rc_rotation_plan(survey.turns, survey.found, survey.count, policy);
	*ret = survey;
	survey = (struct rc_survey){ 0 };
	return 0;
}

int
rc_survey_next(const struct rc_survey *survey, struct rc_session *session, const char *name,
    unsigned *ret, struct rc_error *err)
{
	unsigned last = 0;

	for (size_t i = 0; i < survey->count; i++) {
		const struct rc_appliance *a = survey->found[i].appliance;

		if (strcmp(a->name, name) == 0 && a->generation > last)
			last = a->generation;
	}
	for (unsigned n = last + 1; n <= last + NAMES_MAX; n++) {
		scoped(rc_str_release) char *domain = rc_format("%s.%u", name, n);
		char uuid[37];

		if (rc_virt_find(session->virt, domain, uuid, err) < 0)
			return -1;
		if (!uuid[0]) {
			*ret = n;
			return 0;
		}
	}
	return rc_fail(err, RC_FAILED, "others have domains of all names that it could get");
}

struct rc_appliance *
rc_survey_serving(struct rc_survey *survey)
{
	struct rc_appliance *serving = NULL;

	for (size_t i = 0; i < survey->fleet.count; i++) {
		struct rc_appliance *a = &survey->fleet.items[i].appliance;

		if (strcmp(a->name, survey->found[0].appliance->name) == 0 &&
		    survey->fleet.items[i].domain.active &&
		    (a->state == RC_STATE_STARTED || a->state == RC_STATE_READY))
			serving = a;
	}
	return serving;
}
