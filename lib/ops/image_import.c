/*
 * image import: an image that was made elsewhere, as a directory of files and a
 * manifest.  All of it may be hostile: no file is followed to another place, the
 * manifest is read strictly, a signature is checked before anything in it is
 * believed, and what the pool holds at the end has the manifest's checksums.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "host/virt_storage.h"
#include "host/workdir.h"
#include "ops/image_source.h"
#include "ops/image_store.h"
#include "ops/image_verbs.h"
#include "ops/images.h"

struct import {
	struct rc_session *session;
	const struct rc_import_wish *wish;
	int bundle; /* the directory */
	char *directory;
	int lock; /* on our own */
	char *text;
	struct rc_manifest manifest;
	int files[RC_IMAGE_PARTS];
	char *paths[RC_IMAGE_PARTS + 1];
};

static void
import_release(struct import *import)
{
	for (int i = 0; i < RC_IMAGE_PARTS; i++)
		rc_fd_release(&import->files[i]);
	for (int i = 0; i <= RC_IMAGE_PARTS; i++)
		free(import->paths[i]);
	rc_fd_release(&import->bundle);
	if (import->directory)
		rc_workdir_remove(import->directory);
	rc_fd_release(&import->lock);
	free(import->directory);
	free(import->text);
	rc_manifest_release(&import->manifest);
}

static int
read_text(struct import *import, struct rc_error *err)
{
	const char *name = rc_image_part_name(RC_IMAGE_PARTS);
	scoped(rc_fd_release) int fd = -1;
	struct rc_source source = { .name = name, .max = RC_MANIFEST_MAX };

	import->bundle = open(import->wish->bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (import->bundle < 0)
		return rc_fail_sys(err, errno, "cannot open the directory");
	if (rc_image_source_open(&fd, import->bundle, name, err) < 0)
		return -1;
	source.fd = fd;
	return rc_fd_read(&import->text, NULL, &source, err);
}

/* By the bytes that the kernel looks for: a wrong one would only be seen when a guest fails to
 * boot. */
static int
check_root(int fd, enum rc_image_part part, struct rc_error *err)
{
	static const struct {
		off_t at;
		const char *magic;
	} kinds[RC_IMAGE_PARTS] = {
		[RC_IMAGE_ROOT] = { 0, "hsqs" },
		[RC_IMAGE_ROOT_EROFS] = { 1024, "\xe2\xe1\xf5\xe0" },
	};
	char found[4] = "";

	if (!kinds[part].magic)
		return 0;
	if (pread(fd, found, sizeof(found), kinds[part].at) == sizeof(found) &&
	    memcmp(found, kinds[part].magic, sizeof(found)) == 0)
		return 0;
	return rc_fail(err, RC_FAILED, "%s does not hold the file system that its name says",
	    rc_image_part_name(part));
}

static int
check_file(struct import *import, enum rc_image_part part, struct rc_error *err)
{
	const struct rc_image_file *wanted = &import->manifest.parts[part];
	const char *name = rc_image_part_name(part);
	struct rc_image_file found;

	if (!wanted->size)
		return 0;
	rc_run_step(&import->session->run, "check %s", name);
	if (rc_run_check(&import->session->run, err) < 0 ||
	    rc_image_source_open(&import->files[part], import->bundle, name, err) < 0)
		return -1;
	import->paths[part] = rc_format("/proc/self/fd/%d", import->files[part]);
	if (rc_image_file_sum(import->paths[part], &found, err) < 0)
		return rc_within(err, "%s", name);
	if (found.size != wanted->size)
		return rc_fail(err, RC_FAILED, "%s has %llu bytes, its manifest says %llu", name,
		    (unsigned long long)found.size, (unsigned long long)wanted->size);
	if (strcmp(found.sha256, wanted->sha256) != 0)
		return rc_fail(
		    err, RC_FAILED, "%s does not have the checksum of its manifest", name);
	return check_root(import->files[part], part, err);
}

static int
check_bundle(struct import *import, struct rc_error *err)
{
	scoped(rc_str_release) char *text = NULL;
	struct rc_manifest *m = &import->manifest;

	if (read_text(import, err) < 0 ||
	    rc_image_source_signature(
		import->session, import->directory, import->text, import->wish, err) < 0 ||
	    rc_manifest_rename(&text, import->text, import->wish->name, err) < 0 ||
	    rc_manifest_read(m, text, err) < 0)
		return -1;
	rc_str_set(&import->text, text);
	if (m->layout != RC_LAYOUT_APPLIANCE) {
		rc_fail(err, RC_FAILED, "its manifest is that of a disk");
		return rc_hint(err, "runnerctl image import FILE --format FORMAT --manifest "
				    "MANIFEST --name NAME");
	}
	if (rc_image_source_fits(import->session, m, err) < 0)
		return -1;
	for (int i = 0; i < RC_IMAGE_PARTS; i++)
		if (check_file(import, (enum rc_image_part)i, err) < 0)
			return -1;
	return 0;
}

static int
import_image(struct import *import, struct rc_strv *ret_plan, struct rc_error *err)
{
	scoped(rc_fd_release) int lock = -1;
	const struct rc_manifest *m = &import->manifest;
	char **manifest = &import->paths[RC_IMAGE_PARTS];

	if (rc_image_source_name(import->wish->name, err) < 0)
		return -1;
	if (rc_workdir_make(&import->directory, &import->lock, err) < 0)
		return -1;
	if (check_bundle(import, err) < 0)
		return rc_within(err, "%s", import->wish->bundle);
	if (!import->wish->dry_run && rc_image_store_begin(import->session, &lock, err) < 0)
		return -1;
	if (rc_image_source_is_new(import->session, m, err) < 0)
		return -1;
	if (import->wish->dry_run) {
		scoped(rc_str_release) char *line =
		    rc_format("store %s@%s in the pool", m->name, m->version);

		rc_strv_add(ret_plan, line);
		return 0;
	}
	*manifest = rc_format("%s/manifest.json", import->directory);
	if (rc_file_publish(*manifest, import->text, strlen(import->text), 0644, err) < 0)
		return -1;
	return rc_image_store(import->session, m, import->paths, err);
}

static int
import_bundle(struct rc_session *session, const struct rc_import_wish *wish,
    struct rc_manifest *ret, struct rc_strv *ret_plan, struct rc_error *err)
{
	scoped(import_release) struct import import = {
		.session = session, .wish = wish, .bundle = -1, .lock = -1
	};
	int result;

	for (int i = 0; i < RC_IMAGE_PARTS; i++)
		import.files[i] = -1;
	result = import_image(&import, ret_plan, err);
	if (result < 0)
		return -1;
	*ret = import.manifest;
	import.manifest = (struct rc_manifest){ 0 };
	return 0;
}

int
rc_image_import(struct rc_session *session, const struct rc_import_wish *wish,
    struct rc_image_views *ret, struct rc_strv *ret_plan, struct rc_error *err)
{
	scoped(rc_manifest_release) struct rc_manifest manifest = { 0 };
	int result = wish->disk ? rc_image_import_disk(session, wish, &manifest, ret_plan, err)
				: import_bundle(session, wish, &manifest, ret_plan, err);

	rc_run_steps_end(&session->run);
	if (result < 0)
		return -1;
	*ret = (struct rc_image_views){ 0 };
	if (wish->dry_run)
		return 0;
	ret->items = rc_alloc(1, sizeof(*ret->items));
	ret->count = 1;
	rc_image_view_fill(&ret->items[0], &manifest);
	return 0;
}
