/* status: what libvirt, the guests and GitLab say of appliances, and what is wrong. */
#include "cmd/command.h"
#include "cmd/names.h"
#include "cmd/progress.h"
#include "cmd/report.h"
#include "cmd/say.h"

static int
status_check(const struct rc_app *app, void *given, struct rc_error *err)
{
	(void)given;
	return rc_names_check(app->names, err);
}

static void
print_status(const struct rc_app *app, const struct rc_views *views)
{
	if (app->globals->json) {
		rc_json_views(&app->page, views);
	} else if (app->names->count) {
		for (size_t i = 0; i < views->count; i++)
			rc_print_view(&app->page, &views->items[i]);
	} else if (views->count) {
		rc_print_views(&app->page, views, true);
		rc_print_notes(&app->page, views);
	} else {
		rc_say_note(
		    app->voice, "there are no appliances yet; 'runnerctl create NAME' makes one");
	}
}

static enum rc_code
status_run(const struct rc_app *app, const void *given)
{
	const char *name = app->names->count ? app->names->items[0] : NULL;
	struct rc_views views = { 0 };
	struct rc_error err;

	(void)given;
	if (app->verbs->status(app->session, name, &views, &err) < 0)
		return rc_report_failure(app, &err);
	rc_progress_end(app->progress);
	print_status(app, &views);
	app->verbs->release_views(&views);
	return RC_OK;
}

/* Guest agents and secrets answer only a connection that may write. */
const struct rc_command rc_cmd_status = {
	.name = "status",
	.synopsis = "[NAME]",
	.summary = "show how appliances are, and what to do about it",
	.also = "show info inspect",
	.examples = "  runnerctl status ci-1\n",
	.names_max = 1,
	.needs = RC_NEED_SESSION | RC_NEED_WRITE,
	.check = status_check,
	.run = status_run,
};
