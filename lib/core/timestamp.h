/* Points in time as GitLab writes them (ISO 8601), without a clock. */
#ifndef RC_CORE_TIMESTAMP_H
#define RC_CORE_TIMESTAMP_H

#include <stdint.h>

#include "base/error.h"

/*
 * "2026-01-11", or "2026-01-11T14:39:24" with an optional fraction (dropped) and
 * "Z" or an offset such as "+02:00": unix seconds.  A date alone is its first
 * second in UTC.  Only the years 1970 to 9999 are taken.
 */
RC_MUST_CHECK int rc_timestamp_parse(int64_t *ret, const char *text, struct rc_error *err);

#endif
