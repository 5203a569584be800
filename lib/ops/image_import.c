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
#include "host/program.h"
#include "host/virt_storage.h"
#include "host/workdir.h"
#include "ops/image_store.h"
#include "ops/image_verbs.h"
#include "ops/images.h"

#define GPGV "/usr/bin/gpgv"

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

/* A regular file of the bundle itself: links, devices and pipes lead elsewhere. */
static int
open_file(const struct import *import, const char *name, int *ret, struct rc_error *err)
{
	scoped(rc_fd_release) int fd =
	    openat(import->bundle, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat about;

	if (fd < 0 && errno == ELOOP)
		return rc_fail(err, RC_FAILED, "%s is a symbolic link, not a file", name);
	if (fd < 0 || fstat(fd, &about) < 0)
		return rc_fail_sys(err, errno, "cannot open %s", name);
	if (!S_ISREG(about.st_mode))
		return rc_fail(err, RC_FAILED, "%s is not a regular file", name);
	*ret = fd;
	fd = -1;
	return 0;
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
	if (open_file(import, name, &fd, err) < 0)
		return -1;
	source.fd = fd;
	return rc_fd_read(&import->text, NULL, &source, err);
}

/* gpgv would look for a name without a slash in its own home. */
static int
full_path(char **ret, const char *path, struct rc_error *err)
{
	char *full = realpath(path, NULL);

	if (!full)
		return rc_fail_sys(err, errno, "cannot open %s", path);
	*ret = full;
	return 0;
}

/* Of the very bytes that were read: the file in the bundle may change. */
static int
check_signature(struct import *import, struct rc_error *err)
{
	scoped(rc_strv_release) struct rc_strv arguments = { 0 };
	scoped(rc_str_release) char *keyring = NULL, *signature = NULL;
	scoped(rc_str_release) char *signed_text = rc_format("%s/signed", import->directory);
	const char *words[] = { GPGV, "--homedir", import->directory, "--keyring" };

	if (!import->wish->signature)
		return 0;
	if (full_path(&keyring, import->wish->keyring, err) < 0 ||
	    full_path(&signature, import->wish->signature, err) < 0 ||
	    rc_file_publish(signed_text, import->text, strlen(import->text), 0600, err) < 0)
		return -1;
	for (size_t i = 0; i < RC_COUNT(words); i++)
		rc_strv_add(&arguments, words[i]);
	rc_strv_add(&arguments, keyring);
	rc_strv_add(&arguments, signature);
	rc_strv_add(&arguments, signed_text);
	if (rc_program_run(&arguments, &import->session->run, err) == 0)
		return 0;
	/* Of what is no signature at all, the last line is about the order of its arguments. */
	if (!strstr(err->text, "gpgv") && !rc_run_stopped(&import->session->run))
		rc_fail(err, RC_FAILED, "gpgv does not know it for one");
	rc_within(err, "the signature %s is not a good one of this manifest", signature);
	return rc_hint(err, "the keyring must hold the signer's key as 'gpg --export' writes it; "
			    "gpgv must be installed");
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
	    open_file(import, name, &import->files[part], err) < 0)
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
	struct rc_host_facts host;

	if (read_text(import, err) < 0 || check_signature(import, err) < 0 ||
	    rc_manifest_rename(&text, import->text, import->wish->name, err) < 0 ||
	    rc_manifest_read(m, text, err) < 0)
		return -1;
	rc_str_set(&import->text, text);
	if (rc_virt_host(import->session->virt, &host, err) < 0)
		return -1;
	if (strcmp(host.arch, m->architecture) != 0)
		return rc_fail(err, RC_FAILED, "it is made for %s, and this host is %s",
		    m->architecture, host.arch);
	for (int i = 0; i < RC_IMAGE_PARTS; i++)
		if (check_file(import, (enum rc_image_part)i, err) < 0)
			return -1;
	return 0;
}

/* A version is one set of bytes for good. */
static int
check_new(struct import *import, struct rc_error *err)
{
	const struct rc_manifest *m = &import->manifest;
	scoped(rc_volumes_release) struct rc_volumes volumes = { 0 };
	scoped(rc_str_release) char *volume = rc_image_volume(m->name, m->version, RC_IMAGE_PARTS);

	if (rc_virt_volumes(import->session->virt, &volumes, err) < 0)
		return -1;
	if (!rc_volumes_find(&volumes, volume))
		return 0;
	rc_fail(err, RC_FAILED, "the image %s@%s exists already", m->name, m->version);
	return rc_hint(err, "give it another name, or another version in its manifest");
}

static int
import_image(struct import *import, struct rc_strv *ret_plan, struct rc_error *err)
{
	scoped(rc_fd_release) int lock = -1;
	scoped(rc_str_release) char *name = NULL, *version = NULL;
	const struct rc_manifest *m = &import->manifest;
	char **manifest = &import->paths[RC_IMAGE_PARTS];

	if (rc_image_reference(&name, &version, import->wish->name, err) < 0)
		return -1;
	if (version) {
		rc_fail(err, RC_USAGE, "--name %s: the version is that of the manifest",
		    import->wish->name);
		return rc_hint(err, "write --name %s", name);
	}
	if (rc_workdir_make(&import->directory, &import->lock, err) < 0)
		return -1;
	if (check_bundle(import, err) < 0)
		return rc_within(err, "%s", import->wish->bundle);
	if (!import->wish->dry_run && rc_image_store_begin(import->session, &lock, err) < 0)
		return -1;
	if (check_new(import, err) < 0)
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

int
rc_image_import(struct rc_session *session, const struct rc_import_wish *wish,
    struct rc_image_views *ret, struct rc_strv *ret_plan, struct rc_error *err)
{
	scoped(import_release) struct import import = {
		.session = session, .wish = wish, .bundle = -1, .lock = -1
	};
	int result;

	for (int i = 0; i < RC_IMAGE_PARTS; i++)
		import.files[i] = -1;
	result = import_image(&import, ret_plan, err);
	rc_run_steps_end(&session->run);
	if (result < 0)
		return -1;
	*ret = (struct rc_image_views){ 0 };
	if (wish->dry_run)
		return 0;
	ret->items = rc_alloc(1, sizeof(*ret->items));
	ret->count = 1;
	rc_image_view_fill(&ret->items[0], &import.manifest);
	return 0;
}
