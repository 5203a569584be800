/* What the two kinds of import share: files that somebody gave, and a place in the pool. */
#include "ops/image_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "host/program.h"
#include "host/virt_storage.h"

#define GPGV "/usr/bin/gpgv"

int
rc_image_source_name(const char *wanted, struct rc_error *err)
{
	scoped(rc_str_release) char *name = NULL, *version = NULL;

	if (rc_image_reference(&name, &version, wanted, err) < 0)
		return -1;
	if (!version)
		return 0;
	rc_fail(err, RC_USAGE, "--name %s: the version is that of the manifest", wanted);
	return rc_hint(err, "write --name %s", name);
}

int
rc_image_source_open(int *ret, int directory, const char *name, struct rc_error *err)
{
	scoped(rc_fd_release) int fd =
	    openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
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
int
rc_image_source_signature(struct rc_session *session, const char *directory, const char *text,
    const struct rc_import_wish *wish, struct rc_error *err)
{
	scoped(rc_strv_release) struct rc_strv arguments = { 0 };
	scoped(rc_str_release) char *keyring = NULL, *signature = NULL;
	scoped(rc_str_release) char *signed_text = rc_format("%s/signed", directory);
	const char *words[] = { GPGV, "--homedir", directory, "--keyring" };

	if (!wish->signature)
		return 0;
	if (full_path(&keyring, wish->keyring, err) < 0 ||
	    full_path(&signature, wish->signature, err) < 0 ||
	    rc_file_publish(signed_text, text, strlen(text), 0600, err) < 0)
		return -1;
	for (size_t i = 0; i < RC_COUNT(words); i++)
		rc_strv_add(&arguments, words[i]);
	rc_strv_add(&arguments, keyring);
	rc_strv_add(&arguments, signature);
	rc_strv_add(&arguments, signed_text);
	if (rc_program_run(&arguments, &session->run, err) == 0)
		return 0;
	/* Of what is no signature at all, the last line is about the order of its arguments. */
	if (!strstr(err->text, "gpgv") && !rc_run_stopped(&session->run))
		rc_fail(err, RC_FAILED, "gpgv does not know it for one");
	rc_within(err, "the signature %s is not a good one of this manifest", signature);
	return rc_hint(err, "the keyring must hold the signer's key as 'gpg --export' writes it; "
			    "gpgv must be installed");
}

int
rc_image_source_fits(
    struct rc_session *session, const struct rc_manifest *manifest, struct rc_error *err)
{
	struct rc_host_facts host;

	if (rc_virt_host(session->virt, &host, err) < 0)
		return -1;
	return strcmp(host.arch, manifest->architecture) == 0
		   ? 0
		   : rc_fail(err, RC_FAILED, "it is made for %s, and this host is %s",
			 manifest->architecture, host.arch);
}

int
rc_image_source_is_new(
    struct rc_session *session, const struct rc_manifest *manifest, struct rc_error *err)
{
	const struct rc_manifest *m = manifest;
	scoped(rc_volumes_release) struct rc_volumes volumes = { 0 };
	scoped(rc_str_release) char *volume = rc_image_volume(m->name, m->version, RC_IMAGE_PARTS);

	if (rc_virt_volumes(session->virt, RC_VOLUME_NAMES, &volumes, err) < 0)
		return -1;
	if (!rc_volumes_find(&volumes, volume))
		return 0;
	rc_fail(err, RC_FAILED, "the image %s@%s exists already", m->name, m->version);
	return rc_hint(err, "give it another name, or another version in its manifest");
}
