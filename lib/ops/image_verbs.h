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

/* *view is overwritten. */
void rc_image_view_fill(struct rc_image_view *view, const struct rc_manifest *manifest);

#endif
