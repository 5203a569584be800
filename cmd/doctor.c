/* doctor: is the host ready, is GitLab, and are appliances isolated? */
#include "cmd/command.h"
#include "cmd/report.h"

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
	struct rc_error err;

	if (app->verbs->doctor(app->session, args->fix, &checks, &err) < 0)
		return rc_report_failure(app, &err);
	return rc_report_checks(app, &checks, RC_HOST);
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
