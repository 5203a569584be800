/* image list: the manifests of the pool, and who uses them. */
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "base/str.h"
#include "ops/host_objects.h"
#include "ops/image_remains.h"
#include "ops/image_verbs.h"
#include "ops/images.h"

void
rc_image_view_fill(struct rc_image_view *view, const struct rc_manifest *manifest)
{
	*view = (struct rc_image_view){
		.name = rc_strdup(manifest->name),
		.version = rc_strdup(manifest->version),
		.architecture = rc_strdup(manifest->architecture),
		.layout = rc_layout_name(manifest->layout),
		.kernel = rc_strdup(manifest->kernel),
		.docker = rc_strdup(manifest->docker),
		.runner = rc_strdup(manifest->runner),
		.created = manifest->created,
		.size = rc_manifest_size(manifest),
	};
}

static int
by_name_and_version(const void *left, const void *right)
{
	const struct rc_image_view *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order ? order : strcmp(a->version, b->version);
}

/* Of one name, the last one is the newest. */
static void
mark_outdated(struct rc_image_views *images)
{
	for (size_t i = 0; i + 1 < images->count; i++)
		images->items[i].outdated =
		    strcmp(images->items[i].name, images->items[i + 1].name) == 0;
}

static void
warn_of_remains(struct rc_session *session, const struct rc_volumes *volumes)
{
	scoped(rc_strv_release) struct rc_strv remains = { 0 };
	struct rc_error err;
	uint64_t size = 0;
	char text[16];

	if (rc_image_remains(session, volumes, &remains, &err) < 0) {
		rc_run_warn(&session->run, "%s", err.text);
		return;
	}
	for (size_t i = 0; i < remains.count; i++)
		size += rc_volumes_find(volumes, remains.items[i])->allocation;
	if (remains.count)
		rc_run_warn(&session->run,
		    "%zu files (%s) belong to no image, unless a run stores it now; the next "
		    "'image build' or 'image remove' removes them",
		    remains.count, rc_size_format(text, size));
}

int
rc_image_list(struct rc_session *session, struct rc_image_views *ret, struct rc_error *err)
{
	scoped(rc_volumes_release) struct rc_volumes volumes = { 0 };
	scoped(rc_image_users_release) struct rc_image_users users = { 0 };

	/* A pool whose definition was lost still has its images: define it again. */
	if (rc_ensure_pool(session, err) < 0 ||
	    rc_virt_volumes(session->virt, RC_VOLUME_FACTS, &volumes, err) < 0 ||
	    rc_image_users_read(session, &users, err) < 0)
		return -1;
	*ret = (struct rc_image_views){ .items = rc_alloc(volumes.count, sizeof(*ret->items)) };
	for (size_t i = 0; i < volumes.count; i++) {
		scoped(rc_manifest_release) struct rc_manifest manifest = { 0 };
		scoped(rc_str_release) char *reference = NULL;
		struct rc_error why;

		if (!rc_image_is_manifest(volumes.items[i].name))
			continue;
		if (rc_image_manifest(session, volumes.items[i].name, &manifest, &why) < 0) {
			/* One that is empty is counted among the remains. */
			if (why.code != RC_NOT_FOUND)
				rc_run_warn(&session->run, "%s", why.text);
			continue;
		}
		reference = rc_format("%s@%s", manifest.name, manifest.version);
		rc_image_view_fill(&ret->items[ret->count], &manifest);
		ret->items[ret->count++].used_by = rc_image_users_count(&users, reference);
	}
	qsort(ret->items, ret->count, sizeof(*ret->items), by_name_and_version);
	mark_outdated(ret);
	warn_of_remains(session, &volumes);
	return 0;
}
