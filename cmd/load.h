/* The verbs' shared object, loaded only for what needs it. */
#ifndef RC_CMD_LOAD_H
#define RC_CMD_LOAD_H

#include "base/error.h"
#include "ops/verbs.h"

/* Borrowed: it stays loaded until the process ends. */
RC_MUST_CHECK int rc_load(const struct rc_verbs **ret, struct rc_error *err);

#endif
