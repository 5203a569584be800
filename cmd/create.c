/* create: appliances, and with a token their runners. */
#include "base/scope.h"
#include "cmd/command.h"
#include "cmd/limits.h"
#include "cmd/names.h"
#include "cmd/report.h"
#include "cmd/runner.h"

#define COUNT_MAX 100

struct create_args {
	unsigned count;
	char *image, *profile;
	struct rc_strv allow;
	struct rc_limits limits;
	bool force, dry_run, print_xml;
	struct rc_runner_args runner;
};

#define FIELD(f) offsetof(struct create_args, f)
static const struct rc_option create_options[] = {
	{ "count", 0, RC_OPT_COUNT, FIELD(count), "N", "make N appliances: NAME-1 to NAME-N" },
	{ "image", 0, RC_OPT_TEXT, FIELD(image), "IMAGE", "what to boot: NAME or NAME@VERSION" },
	{ "profile", 0, RC_OPT_TEXT, FIELD(profile), "NAME", "sizes and limits to start from" },
	{ "allow", 0, RC_OPT_LIST, FIELD(allow), "HOLE",
	    "let it reach ADDRESS[/PREFIX][:PORT[/udp]] too" },
	{ "force", 0, RC_OPT_FLAG, FIELD(force), NULL, "even if the host has no room for it" },
	{ "dry-run", 'n', RC_OPT_FLAG, FIELD(dry_run), NULL, "print the steps, change nothing" },
	{ "print-xml", 0, RC_OPT_FLAG, FIELD(print_xml), NULL,
	    "print libvirt's XML, change nothing" },
	{ 0 },
};

static int
create_check(const struct rc_app *app, void *given, struct rc_error *err)
{
	struct create_args *args = given;
	scoped(rc_strv_release) struct rc_strv names = { 0 };

	if (args->count > COUNT_MAX)
		return rc_fail(err, RC_USAGE, "--count: at most %d at a time", COUNT_MAX);
	if (args->count && app->names->count > 1)
		return rc_fail(err, RC_USAGE, "--count takes one NAME, and makes its own of it");
	rc_names_expand(&names, app->names, args->count);
	if (rc_names_check(&names, err) < 0)
		return -1;
	return rc_runner_check(app, &args->runner, err);
}

static enum rc_code
create_run(const struct rc_app *app, const void *given)
{
	const struct create_args *args = given;
	scoped(rc_str_release) char *allow = rc_strv_join(&args->allow, ",");
	struct rc_create_wish wish = {
		.allow = allow,
		.image = args->image,
		.profile = args->profile,
		.limits = args->limits,
		.registration = rc_runner_wish(&args->runner, args->dry_run || args->print_xml),
		.force = args->force,
		.dry_run = args->dry_run || args->print_xml,
		.print_xml = args->print_xml,
	};
	struct rc_outcomes outcomes = { 0 };
	struct rc_error err;
	int result;

	rc_names_expand(&wish.names, app->names, args->count);
	result = app->verbs->create(app->session, &wish, &outcomes, &err);
	rc_strv_release(&wish.names);
	return result < 0 ? rc_report_failure(app, &err)
			  : rc_report_outcomes(app, &outcomes, "created", wish.dry_run);
}

const struct rc_command rc_cmd_create = {
	.name = "create",
	.synopsis = "[options] NAME...",
	.summary = "make appliances; with a token, start their runners",
	.also = "new add make up run",
	.examples = "  runnerctl create ci-1\n"
		    "  runnerctl create ci --count 3 --token-file token --wait\n"
		    "  runnerctl create big --cpus 4 --memory 8GiB --disk 60GiB\n",
	.groups = {
		{ "Options", create_options, 0 },
		{ "Limits", rc_limit_options, FIELD(limits) },
		{ "Runner", rc_runner_options, FIELD(runner) },
	},
	.args_size = sizeof(struct create_args),
	.names_min = 1,
	.names_max = RC_NAMES_ANY,
	.needs = RC_NEED_SESSION | RC_NEED_WRITE,
	.stopping = "stopping; undoing what was done...",
	.check = create_check,
	.run = create_run,
};
