/* How one that is due is replaced: policy as a function of the room and the pressure that were
 * found. */
#ifndef RC_CORE_COURSE_H
#define RC_CORE_COURSE_H

#include "core/rotation.h"

enum rc_course {
	RC_COURSE_SURGE,
	RC_COURSE_REPLACE,
	RC_COURSE_LEAVE,  /* to the next run: the host is under pressure, or its disk full */
	RC_COURSE_REFUSE, /* the host has no room */
};
struct rc_terrain {
	bool beside;   /* there is room for both generations */
	bool in_place; /* there is room for the new one where the old one was */
	bool pressure; /* the host is short of memory or I/O just now */
	bool full;     /* the disk takes nothing more, whoever goes */
};
/*
 * What serves is not worth making a short host shorter, and a boot is what makes it so;
 * one that is dead has nothing to lose, and who says replace wants no second one anyway.
 * The old one's disks are there until the new one serves: with a full disk it would go for nothing.
 */
enum rc_course rc_course_of(enum rc_strategy strategy, bool dead, const struct rc_terrain *terrain);

#endif
