/* A canned image, and what is done to it. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "fake.h"

static void
add_image(struct rc_image_views *to)
{
	to->items = rc_alloc(1, sizeof(*to->items));
	to->count = 1;
	to->items[0] = (struct rc_image_view){
		.name = rc_strdup("appliance"),
		.version = rc_strdup("20260115"),
		.architecture = rc_strdup("x86_64"),
		.layout = "appliance",
		.kernel = rc_strdup("6.1.0-28-amd64"),
		.docker = rc_strdup("20.10.24+dfsg1-1+deb12u1+b2"),
		.created = 1768471200,
		.size = UINT64_C(431) << 20,
		.used_by = 2,
	};
}

int
fake_image_build(struct rc_session *session, const struct rc_image_wish *wish,
    struct rc_image_views *ret, struct rc_strv *ret_plan, struct rc_error *err)
{
	scoped(rc_str_release) char *packages = rc_strv_join(&wish->packages, ",");
	scoped(rc_str_release) char *preloads = rc_strv_join(&wish->preloads, ",");

	(void)err;
	fake_record("image build name=%s suite=%s mirror=%s deb=%s binary=%s version=%s "
		    "packages=%s preloads=%s "
		    "dry_run=%d\n",
	    fake_or_none(wish->name), fake_or_none(wish->suite), fake_or_none(wish->mirror),
	    fake_or_none(wish->runner_deb), fake_or_none(wish->runner_binary),
	    fake_or_none(wish->runner_version), packages, preloads, wish->dry_run);
	if (wish->dry_run) {
		rc_strv_add(ret_plan, "run mmdebstrap");
		return 0;
	}
	rc_run_step(session->run, "fetch packages");
	for (uint64_t i = 0; i <= 20; i++) {
		rc_run_progress(session->run, i << 20, 20 << 20);
		fake_pause(wish->preloads.count ? 150 : 0);
	}
	rc_run_steps_end(session->run);
	add_image(ret);
	return 0;
}

int
fake_image_import(struct rc_session *session, const struct rc_import_wish *wish,
    struct rc_image_views *ret, struct rc_strv *ret_plan, struct rc_error *err)
{
	(void)session;
	(void)err;
	fake_record("image import bundle=%s disk=%s format=%s manifest=%s root=%u name=%s "
		    "signature=%s keyring=%s dry_run=%d\n",
	    fake_or_none(wish->bundle), fake_or_none(wish->disk), fake_or_none(wish->format),
	    fake_or_none(wish->manifest), wish->root_partition, wish->name,
	    fake_or_none(wish->signature), fake_or_none(wish->keyring), wish->dry_run);
	if (wish->dry_run)
		rc_strv_add(ret_plan, "store it in the pool");
	else
		add_image(ret);
	return 0;
}

int
fake_image_list(struct rc_session *session, struct rc_image_views *ret, struct rc_error *err)
{
	(void)err;
	if (strcmp(session->connect, "fake:empty") != 0)
		add_image(ret);
	return 0;
}

static void
answer_all(struct rc_session *session, const struct rc_strv *names, struct rc_outcomes *ret)
{
	ret->items = rc_alloc(names->count, sizeof(*ret->items));
	for (size_t i = 0; i < names->count; i++)
		fake_answer(session, &ret->items[ret->count++], names->items[i]);
}

int
fake_image_remove(struct rc_session *session, const struct rc_image_remove_wish *wish,
    struct rc_outcomes *ret, struct rc_error *err)
{
	scoped(rc_str_release) char *names = rc_strv_join(&wish->references, ",");

	(void)err;
	fake_record("image remove names=%s unused=%d keep=%u dry_run=%d\n", names, wish->unused,
	    wish->keep, wish->dry_run);
	answer_all(session, &wish->references, ret);
	for (size_t i = 0; wish->dry_run && i < ret->count; i++)
		if (ret->items[i].ok)
			rc_strv_add(&ret->items[i].plan, "remove its files");
	return 0;
}

int
fake_image_verify(struct rc_session *session, const struct rc_strv *references,
    struct rc_outcomes *ret, struct rc_error *err)
{
	static char *canned[] = { "appliance@20260115" };
	const struct rc_strv all = { canned, strcmp(session->connect, "fake:empty") != 0 };
	scoped(rc_str_release) char *names = rc_strv_join(references, ",");

	(void)err;
	fake_record("image verify names=%s\n", names);
	answer_all(session, references->count ? references : &all, ret);
	return 0;
}

int
fake_image_boot(
    struct rc_session *session, const char *reference, struct rc_checks *ret, struct rc_error *err)
{
	bool bad = strcmp(session->connect, "fake:exposed") == 0;

	(void)err;
	fake_record("image boot %s\n", reference);
	ret->items = rc_alloc(1, sizeof(*ret->items));
	ret->items[ret->count++] = (struct rc_check){ .code = "agent",
		.verdict = bad ? RC_CHECK_BAD : RC_CHECK_OK,
		.text = rc_strdup(bad ? "silent" : "the guest agent answers") };
	return 0;
}

void
fake_images_release(struct rc_image_views *images)
{
	for (size_t i = 0; i < images->count; i++) {
		struct rc_image_view *image = &images->items[i];
		char *texts[] = { image->name, image->version, image->architecture, image->kernel,
			image->docker, image->runner };

		for (size_t j = 0; j < RC_COUNT(texts); j++)
			free(texts[j]);
	}
	free(images->items);
}
