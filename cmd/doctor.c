/* doctor: is the host ready, is GitLab, and are appliances isolated? */
#include "base/scope.h"
#include "cmd/command.h"
#include "cmd/progress.h"
#include "cmd/report.h"
#include "cmd/say.h"
#include "cmd/text.h"

struct doctor_args {
	bool fix;
};

static const struct rc_option doctor_options[] = {
	{ "fix", 0, RC_OPT_FLAG, offsetof(struct doctor_args, fix), NULL,
	    "put running appliances behind their filters again" },
	{ 0 },
};

static enum rc_code
doctor_run(const struct rc_app *app, const void *given)
{
	const struct doctor_args *args = given;
	struct rc_checks checks = { 0 };
	enum rc_code code = RC_OK;
	struct rc_error err;

	if (app->verbs->doctor(app->session, args->fix, &checks, &err) < 0)
		return rc_report_failure(app, &err);
	rc_progress_end(app->progress);
	if (app->globals->json)
		rc_json_checks(&app->page, &checks);
	else
		rc_print_checks(&app->page, &checks);
	for (size_t i = 0; i < checks.count; i++)
		if (checks.items[i].verdict == RC_CHECK_BAD)
			code = RC_HOST;
	app->verbs->release_checks(&checks);
	return code;
}

const struct rc_command rc_cmd_doctor = {
	.name = "doctor",
	.synopsis = "[options]",
	.summary = "check the host, GitLab, and that appliances are isolated",
	.also = "check diagnose repair health",
	.examples = "  runnerctl doctor\n"
		    "  runnerctl doctor --fix\n",
	.groups = { { "Options", doctor_options, 0 } },
	.args_size = sizeof(struct doctor_args),
	.needs = RC_NEED_SESSION | RC_NEED_WRITE,
	.stopping = "stopping after this one...",
	.run = doctor_run,
};
