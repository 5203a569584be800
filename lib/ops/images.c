/* Finding and checking images.  The manifest is published last: without it there is no image. */
#include "ops/images.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "base/str.h"

void
rc_image_release(struct rc_image *image)
{
	rc_manifest_release(&image->manifest);
	free(image->reference);
	for (int i = 0; i < RC_IMAGE_PARTS; i++)
		free(image->paths[i]);
	*image = (struct rc_image){ 0 };
}

const char *
rc_image_root(const struct rc_image *image)
{
	for (int i = RC_IMAGE_ROOT; i < RC_IMAGE_PARTS; i++)
		if (image->paths[i])
			return image->paths[i];
	return NULL;
}

struct rc_backing
rc_image_backing(const struct rc_image *image)
{
	return (struct rc_backing){
		.path = rc_image_root(image),
		.format = image->paths[RC_IMAGE_DISK_RAW] ? "raw" : "qcow2",
	};
}

int
rc_image_fits(const struct rc_session *session, const struct rc_image *image, uint64_t disk,
    struct rc_error *err)
{
	const struct rc_manifest *m = &image->manifest;
	char has[16], wants[16];

	if (m->layout != RC_LAYOUT_DISK)
		return 0;
	if (!rc_virt_is_local(session->virt))
		return rc_fail(err, RC_HOST,
		    "the image %s is a disk, into which files can be put only on the host itself",
		    image->reference);
	if (disk >= m->virtual_size)
		return 0;
	rc_fail(err, RC_USAGE, "a disk of %s is too small: that of the image %s has %s",
	    rc_size_format(has, disk), image->reference, rc_size_format(wants, m->virtual_size));
	return rc_hint(err, "use a larger --disk, or a profile with one");
}

bool
rc_image_is_manifest(const char *volume)
{
	enum rc_image_part part;
	scoped(rc_str_release) char *reference = rc_image_volume_reference(volume, &part);

	return reference && part == RC_IMAGE_PARTS;
}

/*
 * The manifest's volume of the newest version of name that is older than
 * `before` (NULL: of all), or NULL; versions begin with their date.
 */
static const char *
newest(const struct rc_volumes *volumes, const char *name, const char *before)
{
	scoped(rc_str_release) char *prefix = rc_format("%s@", name);
	const char *best = NULL;

	for (size_t i = 0; i < volumes->count; i++) {
		const char *volume = volumes->items[i].name;

		if (rc_image_is_manifest(volume) && rc_str_starts(volume, prefix) &&
		    (!before || strcmp(volume, before) < 0) && (!best || strcmp(volume, best) > 0))
			best = volume;
	}
	return best;
}

static int
no_image(struct rc_error *err, const char *reference)
{
	rc_fail(err, RC_NOT_FOUND, "there is no image %s", reference);
	return rc_hint(err, "make one with: runnerctl image build; see: runnerctl image list");
}

static int
check_part(struct rc_session *session, struct rc_image *image, enum rc_image_part part,
    const struct rc_volumes *volumes, struct rc_error *err)
{
	const struct rc_manifest *m = &image->manifest;
	scoped(rc_str_release) char *name = rc_image_volume(m->name, m->version, part);
	char hex[RC_SHA256_HEX];
	uint64_t size;

	if (m->parts[part].size == 0)
		return 0;
	if (!rc_volumes_find(volumes, name))
		return rc_fail(err, RC_NOT_FOUND, "the image %s is incomplete: %s is missing",
		    image->reference, rc_image_part_name(part));
	if (rc_virt_volume_sum(session->virt, name, &size, hex, err) < 0)
		return -1;
	if (size != m->parts[part].size)
		return rc_fail(err, RC_FAILED,
		    "the image %s is damaged: %s has %llu bytes, not %llu", image->reference,
		    rc_image_part_name(part), (unsigned long long)size,
		    (unsigned long long)m->parts[part].size);
	if (strcmp(hex, m->parts[part].sha256) != 0)
		return rc_fail(err, RC_FAILED,
		    "the image %s is damaged: %s does not have the checksum of its manifest",
		    image->reference, rc_image_part_name(part));
	return rc_virt_volume_path(session->virt, name, &image->paths[part], err);
}

int
rc_image_manifest(
    struct rc_session *session, const char *volume, struct rc_manifest *ret, struct rc_error *err)
{
	scoped(rc_str_release) char *text = NULL, *expected = NULL;
	scoped(rc_manifest_release) struct rc_manifest manifest = { 0 };

	if (rc_virt_volume_text(session->virt, volume, RC_MANIFEST_MAX, &text, err) < 0)
		return -1;
	if (rc_manifest_read(&manifest, text, err) < 0)
		return rc_within(err, "%s", volume);
	expected = rc_image_volume(manifest.name, manifest.version, RC_IMAGE_PARTS);
	if (strcmp(expected, volume) != 0)
		return rc_fail(err, RC_FAILED, "%s is the manifest of another image", volume);
	*ret = manifest;
	manifest = (struct rc_manifest){ 0 };
	return 0;
}

int
rc_image_manifest_of(struct rc_session *session, const char *reference, struct rc_manifest *ret,
    struct rc_error *err)
{
	scoped(rc_str_release) char *volume =
	    rc_format("%s.%s", reference, rc_image_part_name(RC_IMAGE_PARTS));

	return rc_image_manifest(session, volume, ret, err);
}

/* An empty manifest is one that is being stored, or was when its run died: the one before counts.
 */
static int
find_manifest(struct rc_session *session, const struct rc_volumes *volumes, const char *reference,
    struct rc_manifest *ret, struct rc_error *err)
{
	scoped(rc_str_release) char *name = NULL, *version = NULL, *exact = NULL;
	const char *volume;

	if (rc_image_reference(&name, &version, reference, err) < 0)
		return -1;
	exact = version ? rc_image_volume(name, version, RC_IMAGE_PARTS) : NULL;
	for (volume = exact ? exact : newest(volumes, name, NULL); volume;
	     volume = exact ? NULL : newest(volumes, name, volume)) {
		if (rc_image_manifest(session, volume, ret, err) == 0)
			return 0;
		if (err->code != RC_NOT_FOUND)
			return -1;
	}
	return no_image(err, reference);
}

static int
check_parts(struct rc_session *session, struct rc_image *image, const struct rc_volumes *volumes,
    struct rc_error *err)
{
	rc_run_step(&session->run, "check the image %s", image->reference);
	for (int i = 0; i < RC_IMAGE_PARTS; i++)
		if (check_part(session, image, (enum rc_image_part)i, volumes, err) < 0) {
			if (!err->hint[0])
				rc_hint(err, "build the image again: runnerctl image build");
			return -1;
		}
	return 0;
}

int
rc_image_find(
    struct rc_session *session, const char *reference, struct rc_image *ret, struct rc_error *err)
{
	scoped(rc_volumes_release) struct rc_volumes volumes = { 0 };
	scoped(rc_image_release) struct rc_image image = { 0 };

	if (rc_virt_volumes(session->virt, RC_VOLUME_NAMES, &volumes, err) < 0 ||
	    find_manifest(session, &volumes, reference, &image.manifest, err) < 0)
		return -1;
	image.reference = rc_format("%s@%s", image.manifest.name, image.manifest.version);
	if (check_parts(session, &image, &volumes, err) < 0)
		return -1;
	*ret = image;
	image = (struct rc_image){ 0 };
	return 0;
}

int
rc_image_still_there(struct rc_session *session, const struct rc_image *image, struct rc_error *err)
{
	scoped(rc_str_release) char *path = NULL;
	scoped(rc_str_release) char *volume =
	    rc_image_volume(image->manifest.name, image->manifest.version, RC_IMAGE_PARTS);

	if (rc_virt_volume_path(session->virt, volume, &path, err) == 0)
		return 0;
	return err->code == RC_NOT_FOUND
		   ? rc_fail(err, RC_FAILED, "the image %s was removed meanwhile", image->reference)
		   : -1;
}
