/* Numbers, sizes and durations as people write them. */
#ifndef RC_BASE_SIZE_H
#define RC_BASE_SIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* A whole number from 1 to max. */
RC_MUST_CHECK int rc_number_parse(
    int64_t *ret, const char *text, int64_t max, struct rc_error *err);

/*
 * "512MiB", "2GiB", "1.5G": bytes.  K, M, G, T mean powers of 1024 with or
 * without "iB"; a plain number is refused, because nobody agrees on its unit.
 */
RC_MUST_CHECK int rc_size_parse(uint64_t *ret, const char *text, struct rc_error *err);
/* "1.5 GiB"; buf holds at least 16 bytes.  Returns buf. */
char *rc_size_format(char buf[16], uint64_t bytes);

/* "20%": 0 to 99.  Without the sign it is none. */
bool rc_percent_read(unsigned *ret, const char *text);

/* "90", "90s", "30m", "2h", "7d": seconds. */
RC_MUST_CHECK int rc_duration_parse(int64_t *ret, const char *text, struct rc_error *err);
/* The two largest units, such as "3d 4h" or "12s"; buf holds at least 16 bytes.  Returns buf. */
char *rc_duration_format(char buf[16], int64_t seconds);

#endif
