/* list: one line an appliance, from what libvirt knows. */
#include "cmd/command.h"
#include "cmd/progress.h"
#include "cmd/report.h"
#include "cmd/say.h"

static enum rc_code
list_run(const struct rc_app *app, const void *given)
{
	struct rc_views views = { 0 };
	struct rc_error err;

	(void)given;
	if (app->verbs->list(app->session, &views, &err) < 0)
		return rc_report_failure(app, &err);
	rc_progress_end(app->progress);
	if (app->globals->json)
		rc_json_views(&app->page, &views);
	else if (views.count == 0)
		rc_say_note(
		    app->voice, "there are no appliances yet; 'runnerctl create NAME' makes one");
	else {
		rc_print_views(&app->page, &views, false);
		rc_print_notes(&app->page, &views);
	}
	app->verbs->release_views(&views);
	return RC_OK;
}

const struct rc_command rc_cmd_list = {
	.name = "list",
	.synopsis = "",
	.summary = "show all appliances, one line each",
	.also = "ls ps",
	.needs = RC_NEED_SESSION,
	.run = list_run,
};
