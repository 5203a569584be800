/* What the canned verbs share. */
#ifndef RC_TESTS_FAKE_H
#define RC_TESTS_FAKE_H

#include "ops/verbs.h"

struct rc_session {
	const struct rc_run *run;
	char *connect;
};

/* A line for the test to read, in the file that RC_FAKE_LOG names. */
void RC_PRINTF(1, 2) fake_record(const char *fmt, ...);
const char *fake_or_none(const char *text);
void fake_pause(long ms);
void fake_appliance(struct rc_appliance *a, const char *name, enum rc_state state);
/* What became of that name, which tells it. */
void fake_answer(struct rc_session *session, struct rc_outcome *outcome, const char *name);

int fake_list(struct rc_session *session, struct rc_views *ret, struct rc_error *err);
int fake_status(
    struct rc_session *session, const char *name, struct rc_views *ret, struct rc_error *err);
int fake_survey(struct rc_session *session, struct rc_views *ret, struct rc_error *err);
int fake_logs(struct rc_session *session, const struct rc_logs_wish *wish, struct rc_error *err);
void fake_views_release(struct rc_views *views);

int fake_image_build(struct rc_session *session, const struct rc_image_wish *wish,
    struct rc_image_views *ret, struct rc_strv *ret_plan, struct rc_error *err);
int fake_image_import(struct rc_session *session, const struct rc_import_wish *wish,
    struct rc_image_views *ret, struct rc_strv *ret_plan, struct rc_error *err);
int fake_image_list(struct rc_session *session, struct rc_image_views *ret, struct rc_error *err);
int fake_image_remove(struct rc_session *session, const struct rc_image_remove_wish *wish,
    struct rc_outcomes *ret, struct rc_error *err);
int fake_image_boot(
    struct rc_session *session, const char *reference, struct rc_checks *ret, struct rc_error *err);
int fake_image_verify(struct rc_session *session, const struct rc_strv *references,
    struct rc_outcomes *ret, struct rc_error *err);
void fake_images_release(struct rc_image_views *images);

int fake_set(struct rc_session *session, const struct rc_set_wish *wish, struct rc_outcomes *ret,
    struct rc_error *err);
int fake_rotate(struct rc_session *session, const struct rc_rotate_wish *wish,
    struct rc_rotation *ret, struct rc_error *err);
int fake_doctor(struct rc_session *session, bool fix, struct rc_checks *ret, struct rc_error *err);
void fake_checks_release(struct rc_checks *checks);

int fake_reclaim(struct rc_session *session, const struct rc_reclaim_wish *wish,
    struct rc_reclaimeds *ret, struct rc_error *err);
void fake_reclaimeds_release(struct rc_reclaimeds *reclaimeds);

int fake_gc(struct rc_session *session, const struct rc_gc_wish *wish, struct rc_finds *ret,
    struct rc_error *err);
void fake_finds_release(struct rc_finds *finds);

int fake_verify(struct rc_session *session, const struct rc_verify_wish *wish,
    struct rc_verification *ret, struct rc_error *err);
void fake_verification_release(struct rc_verification *verification);

#endif
