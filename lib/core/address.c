#include "core/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"

void
rc_blocks_add(struct rc_blocks *blocks, struct rc_block block)
{
	blocks->items = rc_grow(blocks->items, blocks->count + 1, sizeof(*blocks->items));
	blocks->items[blocks->count++] = block;
}

void
rc_blocks_release(struct rc_blocks *blocks)
{
	free(blocks->items);
	*blocks = (struct rc_blocks){ 0 };
}

static uint32_t
mask_of(unsigned prefix)
{
	return prefix ? UINT32_MAX << (32 - prefix) : 0;
}

static bool
parse_prefix(unsigned *ret, const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 2 || text[digits] || (text[0] == '0' && digits > 1))
		return false;
	*ret = (unsigned)strtoul(text, NULL, 10);
	return *ret <= 32;
}

int
rc_block_parse(struct rc_block *ret, const char *text, struct rc_error *err)
{
	size_t length = strcspn(text, "/");
	scoped(rc_str_release) char *address = rc_strndup(text, length);
	struct rc_block block = { .prefix = 32 };
	struct in_addr parsed;

	if (inet_pton(AF_INET, address, &parsed) != 1)
		return rc_fail(err, RC_USAGE, "'%s' is not an IPv4 address", address);
	if (text[length] && !parse_prefix(&block.prefix, text + length + 1))
		return rc_fail(
		    err, RC_USAGE, "'%s' has no prefix from 0 to 32 after the '/'", text);
	block.address = ntohl(parsed.s_addr);
	if (block.address & ~mask_of(block.prefix)) {
		rc_fail(err, RC_USAGE, "'%s' has bits behind its prefix", text);
		return rc_hint(err, "write the first address of the block");
	}
	*ret = block;
	return 0;
}

int
rc_blocks_parse(struct rc_blocks *to, const char *list, struct rc_error *err)
{
	scoped(rc_strv_release) struct rc_strv items = { 0 };
	struct rc_block block;

	rc_strv_split(&items, list, ',');
	for (size_t i = 0; i < items.count; i++) {
		if (rc_block_parse(&block, items.items[i], err) < 0)
			return -1;
		rc_blocks_add(to, block);
	}
	return 0;
}

const char *
rc_block_address(char buf[16], struct rc_block block)
{
	return inet_ntop(AF_INET, &(struct in_addr){ htonl(block.address) }, buf, 16);
}

bool
rc_block_holds(struct rc_block outer, struct rc_block inner)
{
	return outer.prefix <= inner.prefix &&
	       ((outer.address ^ inner.address) & mask_of(outer.prefix)) == 0;
}

const struct rc_block *
rc_special_blocks(size_t *ret_count)
{
#define BLOCK(a, b, c, prefix)                                                                     \
	{                                                                                          \
		(uint32_t)(a) << 24 | (b) << 16 | (c) << 8, prefix                                 \
	}
	static const struct rc_block special[] = {
		BLOCK(0, 0, 0, 8),       /* this network */
		BLOCK(10, 0, 0, 8),      /* private */
		BLOCK(100, 64, 0, 10),   /* carrier NAT */
		BLOCK(127, 0, 0, 8),     /* loopback */
		BLOCK(169, 254, 0, 16),  /* link local, cloud metadata */
		BLOCK(172, 16, 0, 12),   /* private */
		BLOCK(192, 0, 0, 24),    /* IETF protocols */
		BLOCK(192, 0, 2, 24),    /* documentation */
		BLOCK(192, 88, 99, 24),  /* 6to4 relays */
		BLOCK(192, 168, 0, 16),  /* private */
		BLOCK(198, 18, 0, 15),   /* benchmarks */
		BLOCK(198, 51, 100, 24), /* documentation */
		BLOCK(203, 0, 113, 24),  /* documentation */
		BLOCK(224, 0, 0, 3),     /* multicast, reserved, broadcast */
	};
#undef BLOCK

	*ret_count = RC_COUNT(special);
	return special;
}

bool
rc_block_is_global(struct rc_block block)
{
	size_t count;
	const struct rc_block *special = rc_special_blocks(&count);

	for (size_t i = 0; i < count; i++)
		if (rc_block_holds(special[i], block) || rc_block_holds(block, special[i]))
			return false;
	return true;
}
