/* How one that is due is replaced, by the room there is and how the host does. */
#ifndef RC_OPS_COURSE_H
#define RC_OPS_COURSE_H

#include "core/course.h"
#include "ops/rotating.h"

/* What its successor gets. */
const struct rc_limits *rc_course_limits(const struct rc_turn *turn);

/*
 * By wheel->room, which is looked at if it is not known.  RC_COURSE_LEAVE: why says why, and why it
 * is due.
 * Refused is RC_NO_ROOM.
 */
RC_MUST_CHECK int rc_course_choose(enum rc_course *ret, char why[240], struct rc_wheel *wheel,
    const struct rc_turn *turn, struct rc_error *err);
/* Its successor is to be made, beside it or in its place: what is chosen next finds less room. */
void rc_course_take(struct rc_wheel *wheel, const struct rc_turn *turn, bool surge);

#endif
