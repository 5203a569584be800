/* image build: the recipe makes the files in a directory of its own, then they become volumes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"
#include "base/size.h"
#include "base/str.h"
#include "host/program.h"
#include "host/virt_storage.h"
#include "host/workdir.h"
#include "ops/image_store.h"
#include "ops/image_verbs.h"

#define TEXT_MAX (4 * 1024 * 1024)
/* The root takes 484 MiB with docker and Python, its squashfs 191; and the packages meanwhile. */
#define WORK_ROOM (UINT64_C(1) << 30)

struct build {
	struct rc_session *session;
	const struct rc_image_wish *wish;
	char *directory; /* the recipe works in it, and puts its files into "image" */
	int lock;        /* on it */
	struct rc_manifest manifest;
	char *contents;
};

static char *
file_in(const struct build *build, const char *name)
{
	return rc_format("%s/image/%s", build->directory, name);
}

static void
build_release(struct build *build)
{
	if (build->directory)
		rc_workdir_remove(build->directory);
	rc_fd_release(&build->lock);
	free(build->directory);
	free(build->contents);
	rc_manifest_release(&build->manifest);
}

static void
add_option(struct rc_strv *arguments, const char *name, const char *value)
{
	if (!value)
		return;
	rc_strv_add(arguments, name);
	rc_strv_add(arguments, value);
}

/* Without a directory it only looks at what it is given. */
static void
recipe_arguments(const struct build *build, struct rc_strv *arguments)
{
	const struct rc_image_wish *wish = build->wish;
	scoped(rc_str_release) char *output =
	    rc_format("%s/image", build->directory ? build->directory : "/var/tmp");
	scoped(rc_str_release) char *own =
	    build->session->config.templates
		? rc_format("%s/appliance/build", build->session->config.templates)
		: NULL;

	rc_strv_add(arguments,
	    own && access(own, X_OK) == 0 ? own : RC_DATADIR "/templates/appliance/build");
	add_option(arguments, "--output", output);
	add_option(arguments, "--suite", wish->suite);
	add_option(arguments, "--mirror", wish->mirror);
	add_option(arguments, "--runner-deb", wish->runner_deb);
	add_option(arguments, "--runner-binary", wish->runner_binary);
	add_option(arguments, "--runner-version", wish->runner_version);
	for (size_t i = 0; i < wish->packages.count; i++)
		add_option(arguments, "--package", wish->packages.items[i]);
	for (size_t i = 0; i < wish->preloads.count; i++)
		add_option(arguments, "--preload", wish->preloads.items[i]);
	if (!build->directory)
		rc_strv_add(arguments, "--check");
}

static int
begin_manifest(struct build *build, struct rc_error *err)
{
	struct rc_manifest *m = &build->manifest;
	scoped(rc_str_release) char *version = NULL;
	struct utsname host;

	if (rc_image_reference(
		&m->name, &version, build->wish->name ? build->wish->name : "appliance", err) < 0)
		return -1;
	if (version) {
		rc_fail(err, RC_USAGE, "--name %s: the version is not yours to choose",
		    build->wish->name);
		return rc_hint(err, "a new build is a new version; write --name %s", m->name);
	}
	m->version = rc_strdup("VERSION");
	if (uname(&host) < 0)
		return rc_fail_sys(err, errno, "cannot read the machine's architecture");
	m->architecture = rc_strdup(host.machine);
	return 0;
}

static int
complete_manifest(struct build *build, struct rc_error *err)
{
	scoped(rc_str_release) char *cmdline = file_in(build, "cmdline");
	scoped(rc_str_release) char *contents = file_in(build, "contents.json");

	if (rc_file_read(&build->manifest.cmdline, NULL, cmdline, 4096, err) < 0 ||
	    rc_file_read(&build->contents, NULL, contents, TEXT_MAX, err) < 0)
		return rc_within(err, "the recipe's result");
	build->manifest.cmdline[strcspn(build->manifest.cmdline, "\n")] = '\0';
	for (int i = 0; i < RC_IMAGE_PARTS; i++) {
		scoped(rc_str_release) char *path =
		    file_in(build, rc_image_part_name((enum rc_image_part)i));

		if (access(path, F_OK) < 0 && i != RC_IMAGE_KERNEL && i != RC_IMAGE_ROOT)
			continue;
		if (rc_image_file_sum(path, &build->manifest.parts[i], err) < 0)
			return -1;
	}
	return 0;
}

static int
publish(struct build *build, struct rc_error *err)
{
	scoped(rc_str_release) char *text = NULL;
	char *paths[RC_IMAGE_PARTS + 1];
	int result;

	for (int i = 0; i <= RC_IMAGE_PARTS; i++)
		paths[i] = file_in(build, rc_image_part_name((enum rc_image_part)i));
	result = rc_manifest_write(&text, &build->manifest, build->contents, err);
	if (result == 0)
		result = rc_file_publish(paths[RC_IMAGE_PARTS], text, strlen(text), 0644, err);
	if (result == 0)
		result = rc_image_store(build->session, &build->manifest, paths, err);
	for (int i = 0; i <= RC_IMAGE_PARTS; i++)
		free(paths[i]);
	return result;
}

static int
plan_image(struct build *build, struct rc_strv *ret_plan, struct rc_error *err)
{
	scoped(rc_strv_release) struct rc_strv arguments = { 0 };
	scoped(rc_str_release) char *run = NULL, *store = NULL;

	recipe_arguments(build, &arguments);
	if (rc_program_run(&arguments, &build->session->run, err) < 0)
		return -1;
	run = rc_format("run the recipe %s", arguments.items[0]);
	store = rc_format("store %s as a new version in the pool", build->manifest.name);
	rc_strv_add(ret_plan, run);
	rc_strv_add(ret_plan, store);
	return 0;
}

/* Rather than minutes later, when the packages are there. */
static int
check_room(struct rc_error *err)
{
	char has[16], wants[16];
	uint64_t space;

	if (rc_workdir_room(&space, err) < 0)
		return -1;
	if (space >= WORK_ROOM)
		return 0;
	rc_fail(err, RC_NO_ROOM, "a build needs about %s in /var/tmp, and %s are free",
	    rc_size_format(wants, WORK_ROOM), rc_size_format(has, space));
	return rc_hint(err, "make room there");
}

static int
build_image(struct build *build, struct rc_strv *ret_plan, struct rc_error *err)
{
	scoped(rc_strv_release) struct rc_strv arguments = { 0 };
	scoped(rc_fd_release) int lock = -1;
	struct rc_session *session = build->session;

	if (begin_manifest(build, err) < 0)
		return -1;
	if (build->wish->dry_run)
		return plan_image(build, ret_plan, err);
	if (check_room(err) < 0 || rc_image_store_begin(session, &lock, err) < 0 ||
	    rc_image_store_version(session, &build->manifest, err) < 0 ||
	    rc_workdir_make(&build->directory, &build->lock, err) < 0)
		return -1;
	recipe_arguments(build, &arguments);
	if (rc_program_run(&arguments, &session->run, err) < 0 || complete_manifest(build, err) < 0)
		return -1;
	return publish(build, err);
}

int
rc_image_build(struct rc_session *session, const struct rc_image_wish *wish,
    struct rc_image_views *ret, struct rc_strv *ret_plan, struct rc_error *err)
{
	scoped(build_release) struct build build = { .session = session, .wish = wish, .lock = -1 };
	int result = build_image(&build, ret_plan, err);

	rc_run_steps_end(&session->run);
	if (result < 0)
		return -1;
	*ret = (struct rc_image_views){ 0 };
	if (wish->dry_run)
		return 0;
	ret->items = rc_alloc(1, sizeof(*ret->items));
	ret->count = 1;
	rc_image_view_fill(&ret->items[0], &build.manifest);
	return 0;
}
