/* destroy: lets appliances finish their jobs, then removes all that belongs to them. */
#include "cmd/command.h"
#include "cmd/names.h"
#include "cmd/report.h"

struct destroy_args {
	int64_t drain_timeout;
	bool now, forget, dry_run;
};

#define FIELD(f) offsetof(struct destroy_args, f)
static const struct rc_option destroy_options[] = {
	{ "drain-timeout", 0, RC_OPT_DURATION, FIELD(drain_timeout), "TIME",
	    "how long running jobs may take to finish" },
	{ "now", 0, RC_OPT_FLAG, FIELD(now), NULL, "do not wait: running jobs are killed" },
	{ "forget", 0, RC_OPT_FLAG, FIELD(forget), NULL, "go on even if GitLab cannot be told" },
	{ "dry-run", 'n', RC_OPT_FLAG, FIELD(dry_run), NULL, "print the steps, change nothing" },
	{ 0 },
};
static const struct destroy_args destroy_defaults = { .drain_timeout = -1 };

static int
destroy_check(const struct rc_app *app, void *given, struct rc_error *err)
{
	const struct destroy_args *args = given;

	if (args->now && args->drain_timeout >= 0)
		return rc_fail(err, RC_USAGE, "--now and --drain-timeout exclude each other");
	return rc_names_check(app->names, err);
}

static enum rc_code
destroy_run(const struct rc_app *app, const void *given)
{
	const struct destroy_args *args = given;
	struct rc_destroy_wish wish = {
		.names = *app->names,
		.drain_timeout = args->drain_timeout,
		.now = args->now,
		.forget = args->forget,
		.dry_run = args->dry_run,
	};
	struct rc_outcomes outcomes = { 0 };
	struct rc_error err;

	if (app->verbs->destroy(app->session, &wish, &outcomes, &err) < 0)
		return rc_report_failure(app, &err);
	return rc_report_outcomes(app, &outcomes, "destroyed", args->dry_run);
}

const struct rc_command rc_cmd_destroy = {
	.name = "destroy",
	.synopsis = "[options] NAME...",
	.summary = "let jobs finish, then remove appliance and runner",
	.also = "delete remove rm down unregister",
	.examples = "  runnerctl destroy ci-1\n"
		    "  runnerctl destroy ci-1 ci-2 --drain-timeout 30m\n",
	.groups = { { "Options", destroy_options, 0 } },
	.args_size = sizeof(struct destroy_args),
	.defaults = &destroy_defaults,
	.names_min = 1,
	.names_max = RC_NAMES_ANY,
	.needs = RC_NEED_SESSION | RC_NEED_WRITE,
	.stopping = "stopping after this step; run it again to finish...",
	.check = destroy_check,
	.run = destroy_run,
};
