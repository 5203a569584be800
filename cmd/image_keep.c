/* image list, image remove and image verify: which images there are, and whether they are good. */
#include "base/scope.h"
#include "cmd/command.h"
#include "cmd/progress.h"
#include "cmd/report.h"
#include "cmd/say.h"

static enum rc_code
list_run(const struct rc_app *app, const void *given)
{
	struct rc_image_views images = { 0 };
	struct rc_error err;

	(void)given;
	if (app->verbs->image_list(app->session, &images, &err) < 0)
		return rc_report_failure(app, &err);
	rc_progress_end(app->progress);
	if (app->globals->json)
		rc_json_images(&app->page, &images);
	else if (images.count)
		rc_print_images(&app->page, &images);
	else
		rc_say_note(
		    app->voice, "there are no images yet; 'runnerctl image build' makes one");
	app->verbs->release_image_views(&images);
	return RC_OK;
}

struct remove_args {
	bool unused, dry_run;
	unsigned keep;
};

#define FIELD(f) offsetof(struct remove_args, f)
static const struct rc_option remove_options[] = {
	{ "unused", 0, RC_OPT_FLAG, FIELD(unused), NULL, "all images that no domain uses" },
	{ "keep", 0, RC_OPT_COUNT, FIELD(keep), "N", "but for the N newest versions of each name" },
	{ "dry-run", 'n', RC_OPT_FLAG, FIELD(dry_run), NULL, "print the steps, change nothing" },
	{ 0 },
};

static int
remove_check(const struct rc_app *app, void *given, struct rc_error *err)
{
	const struct remove_args *args = given;

	if (args->unused && app->names->count)
		return rc_fail(err, RC_USAGE, "--unused and names exclude each other");
	if (!args->unused && !app->names->count) {
		rc_fail(err, RC_USAGE, "which image shall be removed?");
		return rc_hint(err, "name it as NAME@VERSION, or use --unused");
	}
	if (args->keep && !args->unused)
		return rc_fail(err, RC_USAGE, "--keep goes with --unused only");
	return 0;
}

static enum rc_code
remove_run(const struct rc_app *app, const void *given)
{
	const struct remove_args *args = given;
	struct rc_image_remove_wish wish = {
		.references = *app->names,
		.unused = args->unused,
		.keep = args->keep,
		.dry_run = args->dry_run,
	};
	struct rc_outcomes outcomes = { 0 };
	struct rc_error err;

	if (app->verbs->image_remove(app->session, &wish, &outcomes, &err) < 0)
		return rc_report_failure(app, &err);
	if (outcomes.count == 0) {
		rc_progress_end(app->progress);
		rc_say_note(app->voice, "there is no unused image to remove");
	}
	return rc_report_outcomes(app, &outcomes, "removed", args->dry_run);
}

struct verify_args {
	bool boot;
};

static const struct rc_option verify_options[] = {
	{ "boot", 0, RC_OPT_FLAG, offsetof(struct verify_args, boot), NULL,
	    "boot one image, and see whether it does its duty" },
	{ 0 },
};

static int
verify_check(const struct rc_app *app, void *given, struct rc_error *err)
{
	const struct verify_args *args = given;

	if (!args->boot || app->names->count == 1)
		return 0;
	rc_fail(err, RC_USAGE, "--boot goes with one image");
	return rc_hint(err, "see: runnerctl image list");
}

static enum rc_code
boot_run(const struct rc_app *app)
{
	struct rc_checks checks = { 0 };
	struct rc_error err;

	if (app->verbs->image_boot(app->session, app->names->items[0], &checks, &err) < 0)
		return rc_report_failure(app, &err);
	return rc_report_checks(app, &checks, RC_FAILED);
}

static enum rc_code
verify_run(const struct rc_app *app, const void *given)
{
	const struct verify_args *args = given;
	struct rc_outcomes outcomes = { 0 };
	struct rc_error err;

	if (args->boot)
		return boot_run(app);
	if (app->verbs->image_verify(app->session, app->names, &outcomes, &err) < 0)
		return rc_report_failure(app, &err);
	if (outcomes.count == 0) {
		rc_progress_end(app->progress);
		rc_say_note(app->voice, "there are no images yet");
	}
	return rc_report_outcomes(app, &outcomes, "is intact", false);
}

const struct rc_command rc_cmd_image_list = {
	.name = "image list",
	.synopsis = "",
	.summary = "show the images, their age, and how many domains use them",
	.also = "images",
	.needs = RC_NEED_SESSION | RC_NEED_WRITE, /* libvirt reads no volume out read-only */
	.run = list_run,
};

const struct rc_command rc_cmd_image_remove = {
	.name = "image remove",
	.synopsis = "[options] [NAME@VERSION...]",
	.summary = "remove images that no domain uses",
	.also = "rmi prune",
	.examples = "  runnerctl image remove appliance@20260115-093000\n"
		    "  runnerctl image remove --unused --keep 2\n",
	.groups = { { "Options", remove_options, 0 } },
	.args_size = sizeof(struct remove_args),
	.names_max = RC_NAMES_ANY,
	.needs = RC_NEED_SESSION | RC_NEED_WRITE,
	.stopping = "stopping after this image...",
	.check = remove_check,
	.run = remove_run,
};

const struct rc_command rc_cmd_image_verify = {
	.name = "image verify",
	.synopsis = "[options] [NAME[@VERSION]...]",
	.summary = "check the files of images against their checksums",
	.also = "check fsck",
	.examples = "  runnerctl image verify\n"
		    "  runnerctl image verify --boot buildroot\n",
	.groups = { { "Options", verify_options, 0 } },
	.args_size = sizeof(struct verify_args),
	.names_max = RC_NAMES_ANY,
	.needs = RC_NEED_SESSION | RC_NEED_WRITE, /* libvirt reads no volume out read-only */
	.stopping = "stopping after this file, or removing the machine...",
	.check = verify_check,
	.run = verify_run,
};
