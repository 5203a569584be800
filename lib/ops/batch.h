/* Some appliances on their way through a rotation together. */
#ifndef RC_OPS_BATCH_H
#define RC_OPS_BATCH_H

#include "ops/rotating.h"

/* What became of each is in its outcome, which has its name. */
void rc_batch_rotate(struct rc_wheel *wheel, struct rc_outcome *outcomes, size_t count);

#endif
