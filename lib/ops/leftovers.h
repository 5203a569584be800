/* What is ours and belongs to nothing, as it is found; gc removes it. */
#ifndef RC_OPS_LEFTOVERS_H
#define RC_OPS_LEFTOVERS_H

#include "ops/fleet.h"

/* In the order in which they are removed: what a domain still owns goes with it. */
enum rc_left {
	RC_LEFT_DOMAIN, /* half-made or half-removed */
	RC_LEFT_SECRET, /* and the runner whose token it is */
	RC_LEFT_VOLUME,
	RC_LEFT_FILE,
	RC_LEFT_ADDRESS,
	RC_LEFT_FILTER,
	RC_LEFT_RUNNER, /* at GitLab */
	RC_LEFT_GITLAB, /* could not be asked: the error says why */
};

struct rc_leftover {
	enum rc_left kind;
	struct rc_find find;
	bool used; /* it is none: under its lock it turned out to be in use */
	/* As far as it is known; with a name, its lock is needed. */
	struct rc_appliance appliance;
};
struct rc_leftovers {
	struct rc_leftover *items;
	size_t count;
	bool gitlab_asked;
};

/* Looks only. */
RC_MUST_CHECK int rc_leftovers_find(
    struct rc_leftovers *ret, struct rc_session *session, struct rc_error *err);
/* Adds the documents of all domains, ours or not: what they mention is in use. */
RC_MUST_CHECK int rc_leftovers_texts(
    struct rc_strv *to, struct rc_session *session, struct rc_error *err);
/* Is the runner with that number, marked with the UUID of a domain that exists, not that domain's?
 */
bool rc_leftovers_runner(
    const struct rc_fleet *fleet, const char *uuid, int64_t id, const char **ret_name);
void rc_leftovers_release(struct rc_leftovers *leftovers);

#endif
