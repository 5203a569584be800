/* What became of each name.  Results on standard output; errors and advice beside them. */
#include "cmd/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/scope.h"
#include "cmd/print_limits.h"
#include "cmd/progress.h"
#include "cmd/say.h"
#include "cmd/text.h"

enum rc_code
rc_outcomes_code(const struct rc_outcomes *outcomes)
{
	enum rc_code code = RC_OK;
	size_t failed = 0;

	for (size_t i = 0; i < outcomes->count; i++) {
		const struct rc_outcome *outcome = &outcomes->items[i];

		if (outcome->ok)
			continue;
		if (failed++ == 0)
			code = outcome->error.code;
		else if (outcome->error.code != code)
			code = RC_FAILED;
	}
	return failed > 0 && failed < outcomes->count ? RC_PARTLY : code;
}

enum rc_code
rc_report_failure(const struct rc_app *app, const struct rc_error *err)
{
	rc_progress_end(app->progress);
	return rc_say_error(app->voice, err);
}

/* "ci-1: cpu-cap 0.5 now; memory 4 GiB: the next generation gets it" */
static void
print_change(const struct rc_page *page, const struct rc_outcome *outcome)
{
	scoped(rc_str_release) char *now = rc_limits_text(&outcome->changed);
	scoped(rc_str_release) char *later = rc_limits_wanted_line(&outcome->appliance);

	if (!now && !later)
		fprintf(page->out, "%s: nothing is to be done\n", outcome->name);
	else
		fprintf(page->out, "%s: %s%s%s%s\n", outcome->name, now ? now : "",
		    now ? " now" : "", now && later ? "; " : "", later ? later : "");
}

/* "ci-1 created, runner #42 ready (emulated: ...)" */
static void
print_done(const struct rc_page *page, const struct rc_outcome *outcome, const char *did)
{
	const struct rc_appliance *a = &outcome->appliance;

	if (outcome->did) {
		print_change(page, outcome);
		return;
	}
	fprintf(page->out, "%s %s", outcome->name, did);
	if (a->name && a->ownership != RC_RUNNER_NONE && a->runner_id)
		fprintf(page->out, ", runner #%" PRId64 " %s", a->runner_id,
		    a->state == RC_STATE_READY ? "ready" : "started");
	fprintf(page->out, "%s%s\n", outcome->emulated ? " " : "",
	    outcome->emulated ? RC_EMULATED : "");
}

static void
print_planned(const struct rc_page *page, const struct rc_outcome *outcome, const char *did)
{
	if (outcome->xml) {
		scoped(rc_str_release) char *xml = rc_text_clean_lines(outcome->xml);

		fputs(xml, page->out);
	} else if (outcome->plan.count == 0) {
		fprintf(page->out, "%s: nothing is to be done\n", outcome->name);
	} else {
		fprintf(page->out, "%s would be %s%s%s:\n", outcome->name, did,
		    outcome->emulated ? " " : "", outcome->emulated ? RC_EMULATED : "");
		rc_print_plan(page, &outcome->plan);
	}
}

/* Advice is given once, for the first name that can use it. */
static void
say_next(const struct rc_app *app, const struct rc_outcomes *outcomes)
{
	for (size_t i = 0; i < outcomes->count; i++) {
		const struct rc_outcome *outcome = &outcomes->items[i];
		const struct rc_appliance *a = &outcome->appliance;

		if (!outcome->ok || !a->name)
			continue;
		if (a->state == RC_STATE_CREATED) {
			rc_say_next(app->voice, "runnerctl register %s --token-file FILE", a->name);
			return;
		}
		if (a->state == RC_STATE_STARTED) {
			rc_say_next(app->voice, "runnerctl status %s", a->name);
			return;
		}
	}
}

enum rc_code
rc_report_outcomes(
    const struct rc_app *app, struct rc_outcomes *outcomes, const char *did, bool dry_run)
{
	enum rc_code code = rc_outcomes_code(outcomes);

	rc_progress_end(app->progress);
	if (app->globals->json)
		rc_json_outcomes(&app->page, outcomes);
	for (size_t i = 0; i < outcomes->count && !app->globals->json; i++)
		if (outcomes->items[i].ok)
			(dry_run ? print_planned : print_done)(
			    &app->page, &outcomes->items[i], did);
	/* In a log that both streams go to, results stand before what is said about them. */
	fflush(app->page.out);
	for (size_t i = 0; i < outcomes->count; i++)
		if (!outcomes->items[i].ok)
			rc_say_error_of(
			    app->voice, outcomes->items[i].name, &outcomes->items[i].error);
	if (dry_run)
		rc_say_note(app->voice, "dry run: nothing was changed");
	else
		say_next(app, outcomes);
	app->verbs->release_outcomes(outcomes);
	return code;
}

enum rc_code
rc_report_checks(const struct rc_app *app, struct rc_checks *checks, enum rc_code bad)
{
	enum rc_code code = RC_OK;

	rc_progress_end(app->progress);
	(app->globals->json ? rc_json_checks : rc_print_checks)(&app->page, checks);
	for (size_t i = 0; i < checks->count; i++)
		if (checks->items[i].verdict == RC_CHECK_BAD)
			code = bad;
	app->verbs->release_checks(checks);
	return code;
}
