/* Blocks of IPv4 addresses, and which of them are public ones. */
#ifndef RC_CORE_ADDRESS_H
#define RC_CORE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct rc_block {
	uint32_t address; /* host order */
	unsigned prefix;
};
struct rc_blocks {
	struct rc_block *items;
	size_t count;
};
void rc_blocks_add(struct rc_blocks *blocks, struct rc_block block);
void rc_blocks_release(struct rc_blocks *blocks);

/* "10.1.0.0/16", "10.1.2.3"; without a prefix: one address.  RC_USAGE. */
RC_MUST_CHECK int rc_block_parse(struct rc_block *ret, const char *text, struct rc_error *err);
/* Adds those of a list separated by commas; "" has none. */
RC_MUST_CHECK int rc_blocks_parse(struct rc_blocks *to, const char *list, struct rc_error *err);
/* The address without its prefix. */
const char *rc_block_address(char buf[16], struct rc_block block);
bool rc_block_holds(struct rc_block outer, struct rc_block inner);

/* The special-purpose blocks (RFC 6890), which the filter closes on every host. */
const struct rc_block *rc_special_blocks(size_t *ret_count);
/* Is it outside of them all? */
bool rc_block_is_global(struct rc_block block);

#endif
