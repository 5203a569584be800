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

unsigned
rc_block_longest(struct rc_block block)
{
	return block.ipv6 ? 128 : 32;
}

/* The bit of that number, from the front. */
static unsigned
bit(struct rc_block block, unsigned number)
{
	return block.bytes[number / 8] >> (7 - number % 8) & 1;
}

static bool
parse_prefix(unsigned *ret, const char *text, unsigned longest)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 3 || text[digits] || (text[0] == '0' && digits > 1))
		return false;
	*ret = (unsigned)strtoul(text, NULL, 10);
	return *ret <= longest;
}

int
rc_block_parse(struct rc_block *ret, const char *text, struct rc_error *err)
{
	size_t length = strcspn(text, "/");
	scoped(rc_str_release) char *address = rc_strndup(text, length);
	struct rc_block block = { .ipv6 = strchr(address, ':') != NULL };
	unsigned longest = rc_block_longest(block);

	if (inet_pton(block.ipv6 ? AF_INET6 : AF_INET, address, block.bytes) != 1)
		return rc_fail(err, RC_USAGE, "'%s' is not an IP address", address);
	block.prefix = longest;
	if (text[length] && !parse_prefix(&block.prefix, text + length + 1, longest))
		return rc_fail(
		    err, RC_USAGE, "'%s' has no prefix from 0 to %u after the '/'", text, longest);
	for (unsigned i = block.prefix; i < longest; i++)
		if (bit(block, i)) {
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
rc_block_address(char buf[RC_ADDRESS_TEXT], struct rc_block block)
{
	return inet_ntop(block.ipv6 ? AF_INET6 : AF_INET, block.bytes, buf, RC_ADDRESS_TEXT);
}

bool
rc_block_holds(struct rc_block outer, struct rc_block inner)
{
	if (outer.ipv6 != inner.ipv6 || outer.prefix > inner.prefix)
		return false;
	for (unsigned i = 0; i < outer.prefix; i++)
		if (bit(outer, i) != bit(inner, i))
			return false;
	return true;
}

int
rc_block_compare(const void *one, const void *two)
{
	const struct rc_block *a = one, *b = two;
	int order = memcmp(a->bytes, b->bytes, sizeof(a->bytes));

	if (a->ipv6 != b->ipv6)
		return a->ipv6 ? 1 : -1;
	return order ? order : (int)a->prefix - (int)b->prefix;
}

const struct rc_block rc_internet6 = { .bytes = { 0x20 }, .prefix = 3, .ipv6 = true };

const struct rc_block *
rc_special_blocks(size_t *ret_count)
{
#define IPV4(a, b, c, prefix)                                                                      \
	{                                                                                          \
		{ a, b, c }, prefix, false                                                         \
	}
#define IPV6(a, b, prefix)                                                                         \
	{                                                                                          \
		{ (a) >> 8, (a)&0xff, (b) >> 8, (b)&0xff }, prefix, true                           \
	}
	static const struct rc_block special[] = {
		IPV4(0, 0, 0, 8),         /* this network */
		IPV4(10, 0, 0, 8),        /* private */
		IPV4(100, 64, 0, 10),     /* carrier NAT */
		IPV4(127, 0, 0, 8),       /* loopback */
		IPV4(169, 254, 0, 16),    /* link local, cloud metadata */
		IPV4(172, 16, 0, 12),     /* private */
		IPV4(192, 0, 0, 24),      /* IETF protocols */
		IPV4(192, 0, 2, 24),      /* documentation */
		IPV4(192, 88, 99, 24),    /* 6to4 relays */
		IPV4(192, 168, 0, 16),    /* private */
		IPV4(198, 18, 0, 15),     /* benchmarks */
		IPV4(198, 51, 100, 24),   /* documentation */
		IPV4(203, 0, 113, 24),    /* documentation */
		IPV4(224, 0, 0, 3),       /* multicast, reserved, broadcast */
		IPV6(0x2001, 0, 23),      /* IETF protocols: Teredo, ORCHID, benchmarks */
		IPV6(0x2001, 0x0db8, 32), /* documentation */
		IPV6(0x2002, 0, 16),      /* 6to4: any IPv4 address */
		IPV6(0x3fff, 0, 20),      /* documentation */
	};
#undef IPV4
#undef IPV6

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
	return !block.ipv6 || rc_block_holds(rc_internet6, block);
}
