/*
 * The images in the pool, and what interrupted builds and removals left of some.  A
 * manifest is stored last and removed first, so that parts without one are
 * nobody's.
 */
#include "ops/image_remains.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ops/images.h"

/* An image has a manifest with something in it, whatever that is. */
static int
has_manifest(struct rc_session *session, const struct rc_volumes *volumes, const char *reference,
    bool *ret, struct rc_error *err)
{
	scoped(rc_str_release) char *manifest =
	    rc_format("%s.%s", reference, rc_image_part_name(RC_IMAGE_PARTS));
	scoped(rc_str_release) char *text = NULL;

	*ret = rc_volumes_find(volumes, manifest) != NULL;
	if (!*ret || rc_virt_volume_text(session->virt, manifest, RC_MANIFEST_MAX, &text, err) == 0)
		return 0;
	/* Damaged is for a person to judge; empty was never written. */
	*ret = err->code != RC_NOT_FOUND;
	return 0;
}

static int
by_text(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

int
rc_image_references(struct rc_session *session, struct rc_strv *ret, struct rc_error *err)
{
	scoped(rc_volumes_release) struct rc_volumes volumes = { 0 };

	if (rc_virt_volumes(session->virt, RC_VOLUME_NAMES, &volumes, err) < 0)
		return -1;
	for (size_t i = 0; i < volumes.count; i++) {
		enum rc_image_part part;
		scoped(rc_str_release) char *reference =
		    rc_image_volume_reference(volumes.items[i].name, &part);
		bool is_image;

		if (!reference || part != RC_IMAGE_PARTS)
			continue;
		if (has_manifest(session, &volumes, reference, &is_image, err) < 0)
			return -1;
		if (is_image)
			rc_strv_add(ret, reference);
	}
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), by_text);
	return 0;
}

int
rc_image_remains(struct rc_session *session, const struct rc_volumes *volumes, struct rc_strv *ret,
    struct rc_error *err)
{
	for (size_t i = 0; i < volumes->count; i++) {
		enum rc_image_part part;
		scoped(rc_str_release) char *reference =
		    rc_image_volume_reference(volumes->items[i].name, &part);
		bool is_image;

		if (!reference)
			continue;
		if (has_manifest(session, volumes, reference, &is_image, err) < 0)
			return -1;
		if (!is_image)
			rc_strv_add(ret, volumes->items[i].name);
	}
	return 0;
}

int
rc_image_remains_remove(struct rc_session *session, struct rc_error *err)
{
	scoped(rc_volumes_release) struct rc_volumes volumes = { 0 };
	scoped(rc_strv_release) struct rc_strv remains = { 0 };
	scoped(rc_image_users_release) struct rc_image_users users = { 0 };

	if (rc_virt_volumes(session->virt, RC_VOLUME_NAMES, &volumes, err) < 0 ||
	    rc_image_remains(session, &volumes, &remains, err) < 0)
		return -1;
	if (remains.count && rc_image_users_read(session, &users, err) < 0)
		return -1;
	for (size_t i = 0; i < remains.count; i++) {
		enum rc_image_part part;
		scoped(rc_str_release) char *reference =
		    rc_image_volume_reference(remains.items[i], &part);
		struct rc_error used;

		if (rc_image_unused(&users, reference, &used) < 0) {
			rc_run_warn(&session->run,
			    "%s is left of an image without a manifest, but "
			    "%s",
			    remains.items[i], used.text);
			continue;
		}
		rc_run_warn(
		    &session->run, "removing %s, left by an interrupted run", remains.items[i]);
		if (rc_virt_volume_delete(session->virt, remains.items[i], err) < 0)
			return -1;
	}
	return 0;
}
