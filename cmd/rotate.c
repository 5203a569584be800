/* rotate: replaces what is due; made for cron. */
#include "base/scope.h"
#include "cmd/command.h"
#include "cmd/names.h"
#include "cmd/progress.h"
#include "cmd/report.h"
#include "cmd/say.h"
#include "cmd/text.h"

#include <inttypes.h>
#include <string.h>

struct rotate_args {
	char *strategy;
	int64_t max_age, drain_timeout, wait;
	unsigned max_unavailable;
	bool all, dry_run, reset_token;
};

#define FIELD(f) offsetof(struct rotate_args, f)
static const struct rc_option rotate_options[] = {
	{ "all", 'a', RC_OPT_FLAG, FIELD(all), NULL, "replace them whether they are due or not" },
	{ "max-age", 0, RC_OPT_DURATION, FIELD(max_age), "TIME",
	    "how old they may become; 0: any age" },
	{ "strategy", 0, RC_OPT_CHOICE, FIELD(strategy), "auto|surge|replace",
	    "the new one first, or the old one first" },
	{ "max-unavailable", 0, RC_OPT_COUNT, FIELD(max_unavailable), "N",
	    "how many are replaced at a time" },
	{ "reset-token", 0, RC_OPT_FLAG, FIELD(reset_token), NULL,
	    "new lent tokens; who shares is replaced too" },
	{ "drain-timeout", 0, RC_OPT_DURATION, FIELD(drain_timeout), "TIME",
	    "how long to wait for running jobs" },
	{ "wait", 0, RC_OPT_WAIT, FIELD(wait), "TIME", "wait for another run; 10m if no TIME" },
	{ "dry-run", 'n', RC_OPT_FLAG, FIELD(dry_run), NULL,
	    "print who is due, and why; change nothing" },
	{ 0 },
};
static const struct rotate_args rotate_defaults = { .max_age = -1, .drain_timeout = -1 };

static int
rotate_check(const struct rc_app *app, void *given, struct rc_error *err)
{
	(void)given;
	return rc_names_check(app->names, err);
}

static void
print_one(const struct rc_page *page, const struct rc_outcome *outcome, bool dry_run)
{
	const struct rc_appliance *a = &outcome->appliance;
	scoped(rc_str_release) char *why = rc_text_clean(outcome->why);

	fprintf(page->out, "%s %s%s", outcome->name, dry_run ? "would be " : "", outcome->did);
	if (a->name)
		fprintf(page->out, ", runner #%" PRId64 " of %s.%u ready%s%s", a->runner_id,
		    a->name, a->generation, outcome->emulated ? " " : "",
		    outcome->emulated ? RC_EMULATED : "");
	fprintf(page->out, "%s%s\n", *why ? ": " : "", why);
	if (dry_run)
		rc_print_plan(page, &outcome->plan);
}

static size_t
count_of(const struct rc_outcomes *outcomes, const char *did)
{
	size_t count = 0;

	for (size_t i = 0; i < outcomes->count; i++) {
		const struct rc_outcome *o = &outcomes->items[i];

		count += o->ok && o->did && strcmp(o->did, did) == 0;
	}
	return count;
}

/* The last line of a run in which nothing failed says it all; with -q there is none. */
static void
print_rotation(const struct rc_app *app, const struct rc_rotation *rotation, bool dry_run)
{
	const struct rc_outcomes *outcomes = &rotation->outcomes;
	size_t rotated = count_of(outcomes, "rotated"), left = count_of(outcomes, "left");
	size_t cleaned = count_of(outcomes, "cleaned up");

	if (app->voice->quiet && !dry_run)
		return;
	for (size_t i = 0; i < outcomes->count; i++)
		if (outcomes->items[i].ok && outcomes->items[i].did)
			print_one(&app->page, &outcomes->items[i], dry_run);
	rc_print_reclaimed(&app->page, &rotation->reclaimed, false);
	if (!dry_run)
		fprintf(app->page.out,
		    "%zu rotated, %zu cleaned up, %zu left for the next run, %zu not due\n",
		    rotated, cleaned, left, rotation->kept);
	else if (!rotated && !cleaned && !left && !count_of(outcomes, "repaired"))
		fprintf(app->page.out, "nothing is due\n");
}

static enum rc_code
rotate_run(const struct rc_app *app, const void *given)
{
	const struct rotate_args *args = given;
	const struct rc_rotate_wish wish = {
		.names = *app->names,
		.all = args->all,
		.dry_run = args->dry_run,
		.reset_token = args->reset_token,
		.strategy = args->strategy,
		.max_age = args->max_age,
		.drain_timeout = args->drain_timeout,
		.wait = args->wait,
		.max_unavailable = args->max_unavailable,
	};
	struct rc_rotation rotation = { 0 };
	struct rc_error err;
	enum rc_code code;

	if (app->verbs->rotate(app->session, &wish, &rotation, &err) < 0)
		return rc_report_failure(app, &err);
	rc_progress_end(app->progress);
	if (app->globals->json)
		rc_json_rotation(&app->page, &rotation);
	else if (!rotation.busy)
		print_rotation(app, &rotation, args->dry_run);
	fflush(app->page.out);
	if (rotation.busy)
		rc_say_note(app->voice, rotation.busy);
	code = rc_outcomes_code(&rotation.outcomes);
	for (size_t i = 0; i < rotation.outcomes.count; i++)
		if (!rotation.outcomes.items[i].ok)
			rc_say_error_of(app->voice, rotation.outcomes.items[i].name,
			    &rotation.outcomes.items[i].error);
	if (args->dry_run)
		rc_say_note(app->voice, "dry run: nothing was changed");
	app->verbs->release_rotation(&rotation);
	return code;
}

const struct rc_command rc_cmd_rotate = {
	.name = "rotate",
	.synopsis = "[options] [NAME...]",
	.summary = "replace appliances that are due, without losing a job",
	.also = "replace renew refresh recycle upgrade update tick cron",
	.examples = "  runnerctl rotate --dry-run\n"
		    "  runnerctl rotate ci-1 --all\n"
		    "  runnerctl rotate --quiet     (from cron)\n",
	.groups = { { "Options", rotate_options, 0 } },
	.args_size = sizeof(struct rotate_args),
	.defaults = &rotate_defaults,
	.names_max = RC_NAMES_ANY,
	.needs = RC_NEED_SESSION | RC_NEED_WRITE,
	.stopping = "stopping; the next run goes on where this one ends...",
	.check = rotate_check,
	.run = rotate_run,
};
