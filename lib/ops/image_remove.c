/*
 * image remove.  The manifest goes first: from then on there is no image, and
 * what a crash leaves of it is removed by the next run.  No domain can begin to
 * use it meanwhile, as domains are defined under the same lock.
 */
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "host/lock.h"
#include "ops/image_remains.h"
#include "ops/image_verbs.h"
#include "ops/images.h"
#include "ops/outcomes.h"

static char *
part_volume(const char *reference, int part)
{
	return rc_format("%s.%s", reference, rc_image_part_name((enum rc_image_part)part));
}

/* How many of the versions after this one have its name; the list is sorted. */
static unsigned
newer(const struct rc_strv *references, size_t at)
{
	const char *reference = references->items[at];
	size_t name = strcspn(reference, "@") + 1;
	unsigned count = 0;

	for (size_t i = at + 1; i < references->count; i++)
		count += strncmp(references->items[i], reference, name) == 0;
	return count;
}

/* The images that --unused means. */
static int
find_unused(struct rc_session *session, unsigned keep, const struct rc_image_users *users,
    struct rc_strv *ret, struct rc_error *err)
{
	scoped(rc_strv_release) struct rc_strv all = { 0 };

	if (rc_image_references(session, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++)
		if (newer(&all, i) >= keep && rc_image_users_count(users, all.items[i]) == 0)
			rc_strv_add(ret, all.items[i]);
	return 0;
}

/* The manifest is last among the parts, and first to go. */
static int
remove_volumes(struct rc_session *session, const char *reference, struct rc_error *err)
{
	rc_run_step(&session->run, "remove the image %s", reference);
	for (int part = RC_IMAGE_PARTS; part >= 0; part--) {
		scoped(rc_str_release) char *volume = part_volume(reference, part);

		if (rc_virt_volume_delete(session->virt, volume, err) < 0)
			return -1;
	}
	return 0;
}

static int
remove_one(struct rc_session *session, const struct rc_image_users *users, bool dry_run,
    struct rc_outcome *outcome, struct rc_error *err)
{
	scoped(rc_volumes_release) struct rc_volumes volumes = { 0 };
	bool found = false;

	if (rc_run_check(&session->run, err) < 0 ||
	    rc_virt_volumes(session->virt, RC_VOLUME_NAMES, &volumes, err) < 0)
		return -1;
	for (int part = RC_IMAGE_PARTS; part >= 0; part--) {
		scoped(rc_str_release) char *volume = part_volume(outcome->name, part);
		scoped(rc_str_release) char *line = rc_format("remove %s", volume);

		if (!rc_volumes_find(&volumes, volume))
			continue;
		found = true;
		if (dry_run)
			rc_strv_add(&outcome->plan, line);
	}
	if (!found) {
		rc_fail(err, RC_NOT_FOUND, "there is no such image");
		return rc_hint(err, "see: runnerctl image list");
	}
	if (rc_image_unused(users, outcome->name, err) < 0)
		return -1;
	return dry_run ? 0 : remove_volumes(session, outcome->name, err);
}

static int
take_locks(struct rc_session *session, int *ret_image, int *ret_define, struct rc_error *err)
{
	if (rc_lock_take(ret_image, RC_IMAGE_LOCK, 10, &session->run, err) < 0)
		return -1;
	return rc_lock_take(ret_define, RC_DEFINE_LOCK, 60, &session->run, err);
}

static int
check_references(const struct rc_strv *references, struct rc_error *err)
{
	for (size_t i = 0; i < references->count; i++) {
		scoped(rc_str_release) char *name = NULL, *version = NULL;

		if (rc_image_reference(&name, &version, references->items[i], err) < 0)
			return -1;
		if (version)
			continue;
		rc_fail(err, RC_USAGE, "%s has no version: which one shall be removed?", name);
		return rc_hint(err, "write %s@VERSION as 'runnerctl image list' shows it", name);
	}
	return 0;
}

int
rc_image_remove(struct rc_session *session, const struct rc_image_remove_wish *wish,
    struct rc_outcomes *ret, struct rc_error *err)
{
	scoped(rc_fd_release) int image_lock = -1, define_lock = -1;
	scoped(rc_image_users_release) struct rc_image_users users = { 0 };
	scoped(rc_strv_release) struct rc_strv unused = { 0 };
	struct rc_error remains;

	if (check_references(&wish->references, err) < 0 ||
	    (!wish->dry_run && take_locks(session, &image_lock, &define_lock, err) < 0) ||
	    rc_image_users_read(session, &users, err) < 0 ||
	    (wish->unused && find_unused(session, wish->keep, &users, &unused, err) < 0))
		return -1;
	rc_outcomes_init(ret, wish->unused ? &unused : &wish->references);
	for (size_t i = 0; i < ret->count; i++) {
		struct rc_outcome *outcome = &ret->items[i];

		outcome->ok =
		    remove_one(session, &users, wish->dry_run, outcome, &outcome->error) == 0;
	}
	rc_run_steps_end(&session->run);
	/* What was asked for is done: that something else stays is no reason to call it failed. */
	if (!wish->dry_run && rc_image_remains_remove(session, &remains) < 0)
		rc_run_warn(&session->run, "%s", remains.text);
	return 0;
}
