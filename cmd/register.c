/* register: a runner for an appliance that has none yet. */
#include "cmd/command.h"
#include "cmd/names.h"
#include "cmd/report.h"
#include "cmd/runner.h"

struct register_args {
	bool force, dry_run;
	struct rc_runner_args runner;
};

#define FIELD(f) offsetof(struct register_args, f)
static const struct rc_option register_options[] = {
	{ "force", 0, RC_OPT_FLAG, FIELD(force), NULL, "even if the host has no room for it" },
	{ "dry-run", 'n', RC_OPT_FLAG, FIELD(dry_run), NULL, "print the steps, change nothing" },
	{ 0 },
};

static int
register_check(const struct rc_app *app, void *given, struct rc_error *err)
{
	struct register_args *args = given;

	if (rc_names_check(app->names, err) < 0)
		return -1;
	return rc_runner_check(app, &args->runner, err);
}

static enum rc_code
register_run(const struct rc_app *app, const void *given)
{
	const struct register_args *args = given;
	struct rc_register_wish wish = {
		.name = app->names->items[0],
		.registration = rc_runner_wish(&args->runner, args->dry_run),
		.force = args->force,
	};
	struct rc_outcomes outcomes = { 0 };
	struct rc_error err;

	if (app->verbs->enrol(app->session, &wish, &outcomes, &err) < 0)
		return rc_report_failure(app, &err);
	return rc_report_outcomes(app, &outcomes, "registered", args->dry_run);
}

const struct rc_command rc_cmd_register = {
	.name = "register",
	.synopsis = "[options] NAME",
	.summary = "give an appliance its runner, and start it",
	.also = "enrol enroll",
	.examples = "  runnerctl register ci-1 --token-file token --wait\n"
		    "  pass show gitlab | runnerctl register ci-1 --token -\n",
	.groups = {
		{ "Runner", rc_runner_options, FIELD(runner) },
		{ "Options", register_options, 0 },
	},
	.args_size = sizeof(struct register_args),
	.names_min = 1,
	.names_max = 1,
	.needs = RC_NEED_SESSION | RC_NEED_WRITE,
	.stopping = "stopping; undoing what was done...",
	.check = register_check,
	.run = register_run,
};
