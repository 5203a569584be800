/* Blocks of addresses, IPv4 and IPv6, and which of them are public ones. */
#ifndef RC_CORE_ADDRESS_H
#define RC_CORE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define RC_ADDRESS_TEXT 46 /* bytes for any address as text */

struct rc_block {
	unsigned char bytes[16]; /* of the first address, as on the wire; IPv4 has four */
	unsigned prefix;
	bool ipv6;
};
struct rc_blocks {
	struct rc_block *items;
	size_t count;
};
void rc_blocks_add(struct rc_blocks *blocks, struct rc_block block);
void rc_blocks_release(struct rc_blocks *blocks);

/* "10.1.0.0/16", "fd00::/8", "10.1.2.3"; without a prefix: one address.  RC_USAGE. */
RC_MUST_CHECK int rc_block_parse(struct rc_block *ret, const char *text, struct rc_error *err);
/* Adds those of a list separated by commas; "" has none. */
RC_MUST_CHECK int rc_blocks_parse(struct rc_blocks *to, const char *list, struct rc_error *err);
/* The address without its prefix. */
const char *rc_block_address(char buf[RC_ADDRESS_TEXT], struct rc_block block);
/* 32 or 128: the prefix of one address. */
unsigned rc_block_longest(struct rc_block block);
bool rc_block_holds(struct rc_block outer, struct rc_block inner);
/* In the order of addresses, IPv4 first; for qsort(). */
int rc_block_compare(const void *one, const void *two);

/*
 * The special-purpose blocks (RFC 6890), which the filter closes on every host.
 * Of IPv6 those inside of 2000::/3: nothing else is open.
 */
const struct rc_block *rc_special_blocks(size_t *ret_count);
/* The one part of IPv6 that is in use as the internet, 2000::/3. */
extern const struct rc_block rc_internet6;
/* Is it outside of them all? */
bool rc_block_is_global(struct rc_block block);

#endif
