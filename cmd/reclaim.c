/* reclaim: what idle appliances do not use goes back to the host. */
#include "base/scope.h"
#include "cmd/command.h"
#include "cmd/names.h"
#include "cmd/progress.h"
#include "cmd/report.h"
#include "cmd/say.h"
#include "cmd/text.h"

struct reclaim_args {
	bool dry_run;
};

static const struct rc_option reclaim_options[] = {
	{ "dry-run", 'n', RC_OPT_FLAG, offsetof(struct reclaim_args, dry_run), NULL,
	    "print who would be asked, change nothing" },
	{ 0 },
};

static int
reclaim_check(const struct rc_app *app, void *given, struct rc_error *err)
{
	(void)given;
	return rc_names_check(app->names, err);
}

static void
print_plan(const struct rc_app *app, const struct rc_reclaimeds *reclaimed)
{
	for (size_t i = 0; i < reclaimed->count; i++) {
		const struct rc_reclaimed *r = &reclaimed->items[i];
		scoped(rc_str_release) char *why = rc_text_clean(r->why);

		if (r->ok)
			fprintf(app->page.out, "%s would %s%s%s\n", r->name,
			    r->restored  ? "get its memory back"
			    : r->pumped  ? "be trimmed and pumped"
			    : r->trimmed ? "be trimmed"
					 : "be left",
			    *why ? ": " : "", why);
	}
}

static enum rc_code
say_failures(const struct rc_app *app, const struct rc_reclaimeds *reclaimed)
{
	enum rc_code code = RC_OK;
	size_t failed = 0;

	for (size_t i = 0; i < reclaimed->count; i++) {
		const struct rc_reclaimed *r = &reclaimed->items[i];

		if (r->ok)
			continue;
		failed++;
		code = rc_say_error_of(app->voice, r->name, &r->error);
	}
	return failed && failed < reclaimed->count ? RC_PARTLY : code;
}

static enum rc_code
reclaim_run(const struct rc_app *app, const void *given)
{
	const struct reclaim_args *args = given;
	const struct rc_reclaim_wish wish = { .names = *app->names, .dry_run = args->dry_run };
	struct rc_reclaimeds reclaimed = { 0 };
	struct rc_error err;
	enum rc_code code;

	if (app->verbs->reclaim(app->session, &wish, &reclaimed, &err) < 0)
		return rc_report_failure(app, &err);
	rc_progress_end(app->progress);
	if (app->globals->json)
		rc_json_reclaims(&app->page, &reclaimed);
	else if (args->dry_run)
		print_plan(app, &reclaimed);
	else if (!app->voice->quiet)
		rc_print_reclaimed(&app->page, &reclaimed, true);
	fflush(app->page.out);
	code = say_failures(app, &reclaimed);
	if (args->dry_run)
		rc_say_note(app->voice, "dry run: nothing was changed");
	else if (!reclaimed.count)
		rc_say_note(app->voice,
		    app->names->count ? "nothing that was asked for runs" : "no appliance runs");
	app->verbs->release_reclaimeds(&reclaimed);
	return code;
}

const struct rc_command rc_cmd_reclaim = {
	.name = "reclaim",
	.synopsis = "[options] [NAME...]",
	.summary = "give what idle appliances do not use back to the host",
	.also = "balloon trim shrink compact free",
	.examples = "  runnerctl reclaim\n"
		    "  runnerctl reclaim ci-1\n",
	.groups = { { "Options", reclaim_options, 0 } },
	.args_size = sizeof(struct reclaim_args),
	.names_max = RC_NAMES_ANY,
	.needs = RC_NEED_SESSION | RC_NEED_WRITE,
	.stopping = "stopping; all memory is given back first...",
	.check = reclaim_check,
	.run = reclaim_run,
};
