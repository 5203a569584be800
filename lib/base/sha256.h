/* SHA-256 of memory and of a stream of pieces. */
#ifndef RC_BASE_SHA256_H
#define RC_BASE_SHA256_H

#include <stddef.h>

#define RC_SHA256_SIZE 32
#define RC_SHA256_HEX (2 * RC_SHA256_SIZE + 1)

struct rc_sha256;

struct rc_sha256 *rc_sha256_new(void);
void rc_sha256_add(struct rc_sha256 *sum, const void *data, size_t size);
/* Writes the digest as hex and frees sum. */
void rc_sha256_finish(struct rc_sha256 *sum, char hex[RC_SHA256_HEX]);
void rc_sha256_free(struct rc_sha256 *sum);

void rc_sha256_of(char hex[RC_SHA256_HEX], const void *data, size_t size);

#endif
