/* Results of verbs: made here, released by the caller. */
#ifndef RC_OPS_OUTCOMES_H
#define RC_OPS_OUTCOMES_H

#include "ops/verbs.h"

/* One outcome a name, each once: a name given twice counts once. */
void rc_outcomes_init(struct rc_outcomes *ret, const struct rc_strv *names);
/* Adds "what NAME.GENERATION" to the plan. */
void rc_outcome_plan(
    struct rc_outcome *outcome, const char *what, const struct rc_appliance *appliance);

#endif
