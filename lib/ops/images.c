/* Finding and checking images.  The manifest is published last: without it there is no image. */
#include "ops/images.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define MANIFEST_MAX (4 * 1024 * 1024)

void
rc_image_release(struct rc_image *image)
{
	rc_manifest_release(&image->manifest);
	free(image->reference);
	for (int i = 0; i < RC_IMAGE_PARTS; i++)
		free(image->paths[i]);
	*image = (struct rc_image){ 0 };
}

/* The length of "NAME@VERSION" if volume is that and the part's name, else 0. */
static size_t
reference_length(const char *volume, enum rc_image_part part)
{
	const char *suffix = rc_image_part_name(part);
	size_t length = strlen(volume), tail = strlen(suffix) + 1;

	return strchr(volume, '@') && length > tail && volume[length - tail] == '.' &&
		       strcmp(volume + length - tail + 1, suffix) == 0
		   ? length - tail
		   : 0;
}

bool
rc_image_is_manifest(const char *volume)
{
	return reference_length(volume, RC_IMAGE_PARTS) > 0;
}

char *
rc_image_part_manifest(const char *volume)
{
	for (int i = 0; i < RC_IMAGE_PARTS; i++) {
		size_t length = reference_length(volume, (enum rc_image_part)i);

		if (length)
			return rc_format(
			    "%.*s.%s", (int)length, volume, rc_image_part_name(RC_IMAGE_PARTS));
	}
	return NULL;
}

/* The manifest's volume of the newest version of name, or NULL; versions begin with their date. */
static const char *
newest(const struct rc_volumes *volumes, const char *name)
{
	scoped(rc_str_release) char *prefix = rc_format("%s@", name);
	const char *best = NULL;

	for (size_t i = 0; i < volumes->count; i++) {
		const char *volume = volumes->items[i].name;

		if (rc_image_is_manifest(volume) && rc_str_starts(volume, prefix) &&
		    (!best || strcmp(volume, best) > 0))
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
	const struct rc_volume *volume = rc_volumes_find(volumes, name);
	char hex[RC_SHA256_HEX];
	uint64_t size;

	if (m->parts[part].size == 0)
		return 0;
	if (!volume)
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
	image->paths[part] = rc_strdup(volume->path);
	return 0;
}

int
rc_image_manifest(
    struct rc_session *session, const char *volume, struct rc_manifest *ret, struct rc_error *err)
{
	scoped(rc_str_release) char *text = NULL, *expected = NULL;
	scoped(rc_manifest_release) struct rc_manifest manifest = { 0 };

	if (rc_virt_volume_text(session->virt, volume, MANIFEST_MAX, &text, err) < 0)
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
rc_image_find(
    struct rc_session *session, const char *reference, struct rc_image *ret, struct rc_error *err)
{
	scoped(rc_str_release) char *name = NULL, *version = NULL, *exact = NULL;
	scoped(rc_volumes_release) struct rc_volumes volumes = { 0 };
	scoped(rc_image_release) struct rc_image image = { 0 };
	const char *volume;

	if (rc_image_reference(&name, &version, reference, err) < 0 ||
	    rc_virt_volumes(session->virt, &volumes, err) < 0)
		return -1;
	exact = version ? rc_image_volume(name, version, RC_IMAGE_PARTS) : NULL;
	volume = exact ? exact : newest(&volumes, name);
	if (!volume)
		return no_image(err, reference);
	if (rc_image_manifest(session, volume, &image.manifest, err) < 0)
		return err->code == RC_NOT_FOUND ? no_image(err, reference) : -1;
	image.reference = rc_format("%s@%s", name, image.manifest.version);
	rc_run_step(&session->run, "check the image %s", image.reference);
	for (int i = 0; i < RC_IMAGE_PARTS; i++)
		if (check_part(session, &image, (enum rc_image_part)i, &volumes, err) < 0) {
			if (!err->hint[0])
				rc_hint(err, "build the image again: runnerctl image build");
			return -1;
		}
	*ret = image;
	image = (struct rc_image){ 0 };
	return 0;
}
