/* gc: what is ours and belongs to nothing. */
#include "base/scope.h"
#include "cmd/command.h"
#include "cmd/progress.h"
#include "cmd/report.h"
#include "cmd/say.h"
#include "cmd/text.h"

struct gc_args {
	bool dry_run;
};

static const struct rc_option gc_options[] = {
	{ "dry-run", 'n', RC_OPT_FLAG, offsetof(struct gc_args, dry_run), NULL,
	    "print what is left over, change nothing" },
	{ 0 },
};

static void
print_finds(const struct rc_app *app, const struct rc_finds *finds, bool dry_run)
{
	size_t count = 0;

	for (size_t i = 0; i < finds->count; i++) {
		const struct rc_find *find = &finds->items[i];
		scoped(rc_str_release) char *name = rc_text_clean(find->name);

		if (!find->removed)
			continue;
		fprintf(app->page.out, "%s %s %s\n", find->kind, name,
		    dry_run ? "would be removed" : "removed");
		count++;
	}
	if (!count && !app->voice->quiet)
		fprintf(app->page.out, "nothing is left over%s\n",
		    finds->gitlab_asked ? "" : " (GitLab was not asked)");
}

static enum rc_code
say_failures(const struct rc_app *app, const struct rc_finds *finds)
{
	enum rc_code code = RC_OK;
	size_t failed = 0;

	for (size_t i = 0; i < finds->count; i++) {
		const struct rc_find *find = &finds->items[i];
		scoped(rc_str_release) char *what = rc_format("%s %s", find->kind, find->name);

		if (find->removed)
			continue;
		failed++;
		code = rc_say_error_of(app->voice, what, &find->error);
	}
	return failed && failed < finds->count ? RC_PARTLY : code;
}

static enum rc_code
gc_run(const struct rc_app *app, const void *given)
{
	const struct gc_args *args = given;
	const struct rc_gc_wish wish = { .dry_run = args->dry_run };
	struct rc_finds finds = { 0 };
	struct rc_error err;
	enum rc_code code;

	if (app->verbs->gc(app->session, &wish, &finds, &err) < 0)
		return rc_report_failure(app, &err);
	rc_progress_end(app->progress);
	if (app->globals->json)
		rc_json_finds(&app->page, &finds);
	else
		print_finds(app, &finds, args->dry_run);
	fflush(app->page.out);
	code = say_failures(app, &finds);
	if (args->dry_run)
		rc_say_note(app->voice, "dry run: nothing was changed");
	app->verbs->release_finds(&finds);
	return code;
}

const struct rc_command rc_cmd_gc = {
	.name = "gc",
	.synopsis = "[options]",
	.summary = "remove what is ours and belongs to nothing",
	.also = "prune clean cleanup sweep",
	.examples = "  runnerctl gc --dry-run\n"
		    "  runnerctl gc\n",
	.groups = { { "Options", gc_options, 0 } },
	.args_size = sizeof(struct gc_args),
	.needs = RC_NEED_SESSION | RC_NEED_WRITE,
	.stopping = "stopping after this one...",
	.run = gc_run,
};
