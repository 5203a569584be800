/* verify: what was tried from inside, and what became of it. */
#include "cmd/command.h"
#include "cmd/names.h"
#include "cmd/progress.h"
#include "cmd/report.h"
#include "cmd/say.h"

struct verify_args {
	const char *internet;
};

static const struct rc_option verify_options[] = {
	{ "internet", 0, RC_OPT_TEXT, offsetof(struct verify_args, internet), "ADDRESS:PORT",
	    "a server that must answer (default: GitLab)" },
	{ 0 },
};

static int
verify_check(const struct rc_app *app, void *given, struct rc_error *err)
{
	(void)given;
	return rc_names_check(app->names, err);
}

static enum rc_code
say_verdict(const struct rc_app *app, const struct rc_verification *v)
{
	struct rc_error err = { 0 };
	size_t leaks = 0, failures = 0;

	for (size_t i = 0; i < v->count; i++) {
		leaks += v->lines[i].verdict == RC_VERDICT_LEAK;
		failures += v->lines[i].verdict == RC_VERDICT_FAILED;
	}
	if (!v->watched)
		rc_say_note(app->voice, "the host is another machine: its links were not watched, "
					"and only answers would have told of a leak");
	if (!leaks && !failures)
		return RC_OK;
	rc_fail(&err, RC_FAILED, "of %zu probes %zu got where they must not, %zu did not work",
	    v->count, leaks, failures);
	if (leaks)
		rc_hint(&err, "builds may reach what leaked: stop the appliances, see "
			      "runnerctl-verify(1)");
	return rc_say_error(app->voice, &err);
}

static enum rc_code
verify_run(const struct rc_app *app, const void *given)
{
	const struct verify_args *args = given;
	const struct rc_verify_wish wish = {
		.name = app->names->count ? app->names->items[0] : NULL,
		.internet = args->internet,
	};
	struct rc_verification verification = { 0 };
	struct rc_error err;
	enum rc_code code;

	if (app->verbs->verify(app->session, &wish, &verification, &err) < 0)
		return rc_report_failure(app, &err);
	rc_progress_end(app->progress);
	if (app->globals->json)
		rc_json_verification(&app->page, &verification);
	else
		rc_print_verification(&app->page, &verification);
	fflush(app->page.out);
	code = say_verdict(app, &verification);
	app->verbs->release_verification(&verification);
	return code;
}

const struct rc_command rc_cmd_verify = {
	.name = "verify",
	.synopsis = "[options] [NAME]",
	.summary = "prove the isolation, from inside a throw-away machine",
	.also = "test prove probe audit",
	.examples = "  runnerctl verify\n"
		    "  runnerctl verify ci-1 --internet 192.0.2.7:443\n",
	.groups = { { "Options", verify_options, 0 } },
	.args_size = sizeof(struct verify_args),
	.names_max = 1,
	.needs = RC_NEED_SESSION | RC_NEED_WRITE,
	.stopping = "stopping; removing the probe machine...",
	.check = verify_check,
	.run = verify_run,
};
