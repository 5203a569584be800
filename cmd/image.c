/* image build and image import: where what appliances boot comes from. */
#include <string.h>

#include "base/scope.h"
#include "cmd/command.h"
#include "cmd/progress.h"
#include "cmd/report.h"
#include "cmd/say.h"

struct build_args {
	char *name, *suite, *mirror, *runner_deb, *runner_binary, *runner_version;
	struct rc_strv packages, preloads;
	bool dry_run;
};

#define FIELD(f) offsetof(struct build_args, f)
static const struct rc_option build_options[] = {
	{ "name", 0, RC_OPT_TEXT, FIELD(name), "NAME", "name of the image, instead of appliance" },
	{ "suite", 0, RC_OPT_TEXT, FIELD(suite), "SUITE", "release of Debian" },
	{ "mirror", 0, RC_OPT_TEXT, FIELD(mirror), "URL", "where Debian packages come from" },
	{ "runner-deb", 0, RC_OPT_TEXT, FIELD(runner_deb), "FILE", "gitlab-runner as a package" },
	{ "runner-binary", 0, RC_OPT_TEXT, FIELD(runner_binary), "FILE",
	    "gitlab-runner as a program" },
	{ "runner-version", 0, RC_OPT_TEXT, FIELD(runner_version), "VERSION",
	    "which gitlab-runner of GitLab's repository" },
	{ "package", 0, RC_OPT_LIST, FIELD(packages), "NAME",
	    "one more Debian package; repeatable" },
	{ "preload", 0, RC_OPT_LIST, FIELD(preloads), "FILE",
	    "a docker image, saved as tar; repeatable" },
	{ "dry-run", 'n', RC_OPT_FLAG, FIELD(dry_run), NULL, "print the steps, change nothing" },
	{ 0 },
};

static int
build_check(const struct rc_app *app, void *given, struct rc_error *err)
{
	const struct build_args *args = given;

	(void)app;
	if (args->runner_deb && args->runner_binary)
		return rc_fail(
		    err, RC_USAGE, "--runner-deb and --runner-binary exclude each other");
	if (args->runner_version && (args->runner_deb || args->runner_binary))
		return rc_fail(err, RC_USAGE,
		    "--runner-version chooses from GitLab's repository: it does not go with "
		    "--runner-deb or --runner-binary");
	return 0;
}

struct import_args {
	char *bundle, *format, *manifest, *name, *signature, *keyring;
	unsigned root_partition;
	bool dry_run;
};

#define IMPORT(f) offsetof(struct import_args, f)
static const struct rc_option import_options[] = {
	{ "bundle", 0, RC_OPT_TEXT, IMPORT(bundle), "DIR",
	    "instead of FILE: an image's files and its manifest" },
	{ "name", 0, RC_OPT_TEXT, IMPORT(name), "NAME", "what the image shall be called here" },
	{ "format", 0, RC_OPT_TEXT, IMPORT(format), "FORMAT", "of FILE: raw or qcow2" },
	{ "manifest", 0, RC_OPT_TEXT, IMPORT(manifest), "FILE",
	    "what is known of the disk, with its checksum" },
	{ "root-partition", 0, RC_OPT_COUNT, IMPORT(root_partition), "N",
	    "where the root file system is, if more than one is" },
	{ "signature", 0, RC_OPT_TEXT, IMPORT(signature), "FILE",
	    "detached signature of the manifest" },
	{ "keyring", 0, RC_OPT_TEXT, IMPORT(keyring), "FILE", "the keys that may have signed it" },
	{ "dry-run", 'n', RC_OPT_FLAG, IMPORT(dry_run), NULL, "check all of it, change nothing" },
	{ 0 },
};

#define IMPORT_HINT                                                                                \
	"runnerctl image import FILE --format FORMAT --name NAME, or: runnerctl image import "     \
	"--bundle DIR --name NAME"

/* Of a disk; the format is asked for, as a guessed one can be made to name other files. */
static int
import_check_disk(const struct import_args *args, struct rc_error *err)
{
	if (!args->format) {
		rc_fail(err, RC_USAGE, "the format of the disk is not guessed");
		return rc_hint(err, "give --format raw or --format qcow2");
	}
	if (strcmp(args->format, "raw") != 0 && strcmp(args->format, "qcow2") != 0)
		return rc_fail(err, RC_USAGE, "--format is raw or qcow2, not '%s'", args->format);
	if (args->signature && !args->manifest) {
		rc_fail(err, RC_USAGE, "a signature is that of a manifest, and none is given");
		return rc_hint(err, "give --manifest FILE");
	}
	return 0;
}

static int
import_check(const struct rc_app *app, void *given, struct rc_error *err)
{
	const struct import_args *args = given;
	bool disk = app->names->count > 0;

	if (!args->name || disk == (args->bundle != NULL)) {
		rc_fail(err, RC_USAGE, "image import needs a disk or --bundle, and --name");
		return rc_hint(err, IMPORT_HINT);
	}
	if (!disk && (args->format || args->manifest || args->root_partition))
		return rc_fail(err, RC_USAGE,
		    "--format, --manifest and --root-partition do not go with --bundle");
	if (!args->signature != !args->keyring) {
		rc_fail(err, RC_USAGE, "--signature and --keyring go together");
		return rc_hint(err, "a signature counts only by a key that you trust");
	}
	return disk ? import_check_disk(args, err) : 0;
}

/* did: "built", "imported" */
static void
print_made(const struct rc_app *app, const struct rc_image_views *images,
    const struct rc_strv *plan, const char *did)
{
	if (app->globals->json && images->count == 0) {
		rc_json_plan(&app->page, plan);
	} else if (app->globals->json) {
		rc_json_images(&app->page, images);
	} else if (images->count == 0) {
		fprintf(app->page.out, "the image would be %s:\n", did);
		rc_print_plan(&app->page, plan);
	}
	for (size_t i = 0; i < images->count && !app->globals->json; i++)
		fprintf(app->page.out, "%s@%s %s\n", images->items[i].name,
		    images->items[i].version, did);
	fflush(app->page.out);
	if (images->count == 0)
		rc_say_note(app->voice, "dry run: nothing was changed");
}

static enum rc_code
build_run(const struct rc_app *app, const void *given)
{
	const struct build_args *args = given;
	struct rc_image_wish wish = {
		.name = args->name,
		.suite = args->suite,
		.mirror = args->mirror,
		.runner_deb = args->runner_deb,
		.runner_binary = args->runner_binary,
		.runner_version = args->runner_version,
		.packages = args->packages,
		.preloads = args->preloads,
		.dry_run = args->dry_run,
	};
	scoped(rc_strv_release) struct rc_strv plan = { 0 };
	struct rc_image_views images = { 0 };
	struct rc_error err;

	if (app->verbs->image_build(app->session, &wish, &images, &plan, &err) < 0)
		return rc_report_failure(app, &err);
	rc_progress_end(app->progress);
	print_made(app, &images, &plan, "built");
	app->verbs->release_image_views(&images);
	return RC_OK;
}

static enum rc_code
import_run(const struct rc_app *app, const void *given)
{
	const struct import_args *args = given;
	struct rc_import_wish wish = {
		.bundle = args->bundle,
		.disk = app->names->count ? app->names->items[0] : NULL,
		.format = args->format,
		.manifest = args->manifest,
		.root_partition = args->root_partition,
		.name = args->name,
		.signature = args->signature,
		.keyring = args->keyring,
		.dry_run = args->dry_run,
	};
	scoped(rc_strv_release) struct rc_strv plan = { 0 };
	struct rc_image_views images = { 0 };
	struct rc_error err;

	if (app->verbs->image_import(app->session, &wish, &images, &plan, &err) < 0)
		return rc_report_failure(app, &err);
	rc_progress_end(app->progress);
	print_made(app, &images, &plan, "imported");
	app->verbs->release_image_views(&images);
	return RC_OK;
}

const struct rc_command rc_cmd_image_build = {
	.name = "image build",
	.synopsis = "[options]",
	.summary = "build the image that appliances boot",
	.also = "build",
	.examples = "  runnerctl image build\n"
		    "  runnerctl image build --runner-deb gitlab-runner.deb --package jq\n",
	.groups = { { "Options", build_options, 0 } },
	.args_size = sizeof(struct build_args),
	.needs = RC_NEED_SESSION | RC_NEED_WRITE,
	.stopping = "stopping; removing what was made...",
	.check = build_check,
	.run = build_run,
};

const struct rc_command rc_cmd_image_import = {
	.name = "image import",
	.synopsis = "--name NAME [options] [FILE]",
	.summary = "take an image that was made elsewhere",
	.also = "load",
	.examples = "  runnerctl image import debian.qcow2 --format qcow2 --name debian\n"
		    "  runnerctl image import --bundle ./out --name buildroot\n"
		    "  runnerctl image import --bundle ./out --name buildroot \\\n"
		    "      --signature out.sig --keyring builders.gpg\n",
	.groups = { { "Options", import_options, 0 } },
	.args_size = sizeof(struct import_args),
	.names_max = 1,
	.needs = RC_NEED_SESSION | RC_NEED_WRITE,
	.stopping = "stopping; removing what was made...",
	.check = import_check,
	.run = import_run,
};
