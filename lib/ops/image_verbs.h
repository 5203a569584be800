/* The verbs of images. */
#ifndef RC_OPS_IMAGE_VERBS_H
#define RC_OPS_IMAGE_VERBS_H

#include "core/manifest.h"
#include "ops/session.h"

RC_MUST_CHECK int rc_image_list(
    struct rc_session *session, struct rc_image_views *ret, struct rc_error *err);
RC_MUST_CHECK int rc_image_build(struct rc_session *session, const struct rc_image_wish *wish,
    struct rc_image_views *ret, struct rc_strv *ret_plan, struct rc_error *err);

RC_MUST_CHECK int rc_image_import(struct rc_session *session, const struct rc_import_wish *wish,
    struct rc_image_views *ret, struct rc_strv *ret_plan, struct rc_error *err);
RC_MUST_CHECK int rc_image_remove(struct rc_session *session,
    const struct rc_image_remove_wish *wish, struct rc_outcomes *ret, struct rc_error *err);
RC_MUST_CHECK int rc_image_verify(struct rc_session *session, const struct rc_strv *references,
    struct rc_outcomes *ret, struct rc_error *err);

RC_MUST_CHECK int rc_image_boot(
    struct rc_session *session, const char *reference, struct rc_checks *ret, struct rc_error *err);
/* Of layout "disk"; *ret gets its manifest, or on a dry run *ret_plan a line a step. */
RC_MUST_CHECK int rc_image_import_disk(struct rc_session *session,
    const struct rc_import_wish *wish, struct rc_manifest *ret, struct rc_strv *ret_plan,
    struct rc_error *err);

/* *view is overwritten. */
void rc_image_view_fill(struct rc_image_view *view, const struct rc_manifest *manifest);

#endif
