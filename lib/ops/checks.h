/* Lines of what was checked: doctor's, and those of an image that is booted. */
#ifndef RC_OPS_CHECKS_H
#define RC_OPS_CHECKS_H

#include "ops/verbs.h"

/* Adds a line; the caller adds what to do about it. */
struct rc_check *rc_checks_add(struct rc_checks *to, const char *code, enum rc_check_result verdict,
    const char *fmt, ...) RC_PRINTF(4, 5);
void rc_checks_add_error(struct rc_checks *to, const char *code, enum rc_check_result verdict,
    const struct rc_error *err);
void rc_checks_release(struct rc_checks *checks);

#endif
