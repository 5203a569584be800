/* What a dry run of rotate says. */
#ifndef RC_OPS_ROTATE_PLAN_H
#define RC_OPS_ROTATE_PLAN_H

#include "ops/rotating.h"

/*
 * Into the outcomes, which those that are due have already: what would be done to each, step by
 * step, and why.  at_once: as many are replaced side by side.
 */
void rc_rotate_plan(struct rc_outcomes *outcomes, struct rc_wheel *wheel,
    const struct rc_survey *survey, size_t at_once);

#endif
