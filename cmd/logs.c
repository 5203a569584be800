/* logs: a guest's serial line, cleaned of what would move a terminal's cursor. */
#include "base/scope.h"
#include "cmd/command.h"
#include "cmd/json.h"
#include "cmd/names.h"
#include "cmd/progress.h"
#include "cmd/report.h"
#include "cmd/text.h"

struct logs_args {
	unsigned lines;
	bool follow;
};

#define FIELD(f) offsetof(struct logs_args, f)
static const struct rc_option logs_options[] = {
	{ "follow", 'f', RC_OPT_FLAG, FIELD(follow), NULL,
	    "go on with what comes, until it is off" },
	{ "lines", 'n', RC_OPT_COUNT, FIELD(lines), "N", "so many of the last lines; 100" },
	{ 0 },
};
static const struct logs_args logs_defaults = { .lines = 100 };

static int
logs_check(const struct rc_app *app, void *given, struct rc_error *err)
{
	(void)given;
	return rc_names_check(app->names, err);
}

/* Somebody may read them as they come, and a program a document a line. */
static void
print_line(void *context, const char *text)
{
	const struct rc_app *app = context;
	scoped(rc_str_release) char *clean = rc_text_clean(text);
	scoped(rc_json_release) cJSON *document = NULL;

	if (app->globals->json) {
		document = rc_json_document();
		rc_json_text(document, "line", text);
		rc_json_print(&app->page, document);
	} else {
		fprintf(app->page.out, "%s\n", clean);
	}
	fflush(app->page.out);
}

static enum rc_code
logs_run(const struct rc_app *app, const void *given)
{
	const struct logs_args *args = given;
	union {
		const struct rc_app *from;
		void *to;
	} context = { app };
	const struct rc_logs_wish wish = {
		.name = app->names->items[0],
		.lines = args->lines,
		.follow = args->follow,
		.line = print_line,
		.context = context.to,
	};
	struct rc_error err;

	if (app->verbs->logs(app->session, &wish, &err) < 0)
		return rc_report_failure(app, &err);
	rc_progress_end(app->progress);
	return RC_OK;
}

const struct rc_command rc_cmd_logs = {
	.name = "logs",
	.synopsis = "[options] NAME",
	.summary = "show what a guest says on its serial line",
	.also = "log console serial boot journal tail",
	.examples = "  runnerctl logs ci-1\n"
		    "  runnerctl logs ci-1 --follow\n",
	.groups = { { "Options", logs_options, 0 } },
	.args_size = sizeof(struct logs_args),
	.defaults = &logs_defaults,
	.names_min = 1,
	.names_max = 1,
	.needs = RC_NEED_SESSION,
	.check = logs_check,
	.run = logs_run,
};
