/* Results of verbs: made here, released by the caller. */
#ifndef RC_OPS_OUTCOMES_H
#define RC_OPS_OUTCOMES_H

#include "ops/verbs.h"

/* One outcome a name, each once: a name given twice counts once. */
void rc_outcomes_init(struct rc_outcomes *ret, const struct rc_strv *names);
/* NULL: there is none of that name. */
struct rc_outcome *rc_outcomes_find(struct rc_outcomes *outcomes, const char *name);
struct rc_outcome *rc_outcomes_add(struct rc_outcomes *outcomes, const char *name);
/* Adds "what NAME.GENERATION" to the plan. */
void rc_outcome_plan(
    struct rc_outcome *outcome, const char *what, const struct rc_appliance *appliance);

#endif
