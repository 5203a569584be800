/* How one that is due is replaced. */
#include "core/course.h"

enum rc_course
rc_course_of(enum rc_strategy strategy, bool dead, const struct rc_terrain *terrain)
{
	bool replaces = strategy == RC_STRATEGY_REPLACE || dead;

	if ((terrain->pressure && !replaces) || (terrain->full && !dead))
		return RC_COURSE_LEAVE;
	if (terrain->beside && !terrain->pressure && strategy != RC_STRATEGY_REPLACE)
		return RC_COURSE_SURGE;
	return terrain->in_place && (replaces || strategy == RC_STRATEGY_AUTO) ? RC_COURSE_REPLACE
									       : RC_COURSE_REFUSE;
}
