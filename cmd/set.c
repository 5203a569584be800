/* set: other limits, at once where libvirt can, else with the next generation. */
#include "cmd/command.h"
#include "cmd/limits.h"
#include "cmd/names.h"
#include "cmd/report.h"

struct set_args {
	struct rc_limits limits;
	struct rc_strv defaults;
	bool dry_run;
};

#define FIELD(f) offsetof(struct set_args, f)
static const struct rc_option set_options[] = {
	{ "default", 0, RC_OPT_LIST, FIELD(defaults), "LIMIT",
	    "LIMIT shall be the profile's again" },
	{ "dry-run", 'n', RC_OPT_FLAG, FIELD(dry_run), NULL, "print the steps, change nothing" },
	{ 0 },
};

static int
set_check(const struct rc_app *app, void *given, struct rc_error *err)
{
	static const struct rc_limits none;
	const struct set_args *args = given;

	for (size_t i = 0; i < args->defaults.count; i++) {
		const char *name = args->defaults.items[i];
		const struct rc_limit *limit = rc_limit_find(name);

		if (!limit) {
			rc_fail(err, RC_USAGE, "--default: there is no limit '%s'", name);
			return rc_hint(err, "its name is that of an option, such as cpu-cap");
		}
		if (rc_limit_get(&args->limits, limit))
			return rc_fail(
			    err, RC_USAGE, "--%s and --default %s exclude each other", name, name);
	}
	if (rc_limits_equal(&args->limits, &none) && !args->defaults.count) {
		rc_fail(err, RC_USAGE, "no limit is given");
		return rc_hint(err, "such as --cpu-cap 1.5");
	}
	return rc_names_check(app->names, err);
}

static enum rc_code
set_run(const struct rc_app *app, const void *given)
{
	const struct set_args *args = given;
	const struct rc_set_wish wish = {
		.names = *app->names,
		.setting = { .limits = args->limits, .defaults = args->defaults },
		.dry_run = args->dry_run,
	};
	struct rc_outcomes outcomes = { 0 };
	struct rc_error err;

	if (app->verbs->set(app->session, &wish, &outcomes, &err) < 0)
		return rc_report_failure(app, &err);
	return rc_report_outcomes(app, &outcomes, "changed", args->dry_run);
}

const struct rc_command rc_cmd_set = {
	.name = "set",
	.synopsis = "[options] NAME...",
	.summary = "change limits, while it runs where that can be",
	.also = "change modify limit edit resize configure",
	.examples = "  runnerctl set ci-1 --cpu-cap 0.5 --disk-rate 20MiB\n"
		    "  runnerctl set ci-1 ci-2 --net-in none\n"
		    "  runnerctl set ci-1 --default cpu-cap\n",
	.groups = {
		{ "Limits", rc_limit_options, FIELD(limits) },
		{ "Options", set_options, 0 },
	},
	.args_size = sizeof(struct set_args),
	.names_min = 1,
	.names_max = RC_NAMES_ANY,
	.needs = RC_NEED_SESSION | RC_NEED_WRITE,
	.stopping = "stopping; taking back what was changed...",
	.check = set_check,
	.run = set_run,
};
