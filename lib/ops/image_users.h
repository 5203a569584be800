/* Who uses which image: every domain of the host counts, whoever made it. */
#ifndef RC_OPS_IMAGE_USERS_H
#define RC_OPS_IMAGE_USERS_H

#include "ops/session.h"

struct rc_image_users {
	struct rc_image_user {
		char *reference, *domain;
	} * items; /* each pair once */
	size_t count;
};

RC_MUST_CHECK int rc_image_users_read(
    struct rc_session *session, struct rc_image_users *ret, struct rc_error *err);
void rc_image_users_release(struct rc_image_users *users);
unsigned rc_image_users_count(const struct rc_image_users *users, const char *reference);
/* RC_FAILED, naming some of them, if there are any. */
RC_MUST_CHECK int rc_image_unused(
    const struct rc_image_users *users, const char *reference, struct rc_error *err);

#endif
