/* The facts that rotation decides by: libvirt's, the guests', and where those are silent GitLab's.
 */
#ifndef RC_OPS_SURVEY_H
#define RC_OPS_SURVEY_H

#include "core/rotation.h"
#include "ops/fleet.h"

struct rc_survey {
	struct rc_fleet fleet;
	struct rc_found *found; /* of the name asked for, or all */
	struct rc_turn *turns;  /* the plan; it refers to found */
	size_t count;
	struct rc_strv references; /* of images, sorted */
};

/*
 * What an image's name stands for now, borrowed: the configuration may hold it at
 * one version, else the newest of the references is meant; NULL if there is none.
 */
const char *rc_image_wanted(
    const struct rc_session *session, const struct rc_strv *references, const char *image);
/* name NULL: all.  fleet: one that was read just now and becomes the survey's; NULL: it reads one.
 */
RC_MUST_CHECK int rc_survey_take(struct rc_survey *ret, struct rc_session *session,
    struct rc_fleet *fleet, const char *name, const struct rc_policy *policy, struct rc_error *err);
void rc_survey_release(struct rc_survey *survey);
/* The next generation of that name whose domain name is nobody's. */
RC_MUST_CHECK int rc_survey_next(const struct rc_survey *survey, struct rc_session *session,
    const char *name, unsigned *ret, struct rc_error *err);
/* The generation of that appliance that serves, or NULL. */
struct rc_appliance *rc_survey_serving(struct rc_survey *survey);

#endif
