/* Holes as text: "10.0.0.5:443/tcp", "10.0.9.0/24", "[fd00::5]:443/tcp", "[fd00::]/64". */
#include "core/allow.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"

/* Wider is no hole but no wall. */
enum { WIDEST = 8, WIDEST6 = 16 };

#define HOW "write ADDRESS[/PREFIX][:PORT[/tcp|udp]], an IPv6 address in []; names are not taken"

void
rc_allows_add(struct rc_allows *allows, struct rc_allow allow)
{
	for (size_t i = 0; i < allows->count; i++) {
		const struct rc_allow *other = &allows->items[i];

		if (other->port == allow.port && other->transport == allow.transport &&
		    rc_block_compare(&other->block, &allow.block) == 0)
			return;
	}
	allows->items = rc_grow(allows->items, allows->count + 1, sizeof(*allows->items));
	allows->items[allows->count++] = allow;
}

void
rc_allows_release(struct rc_allows *allows)
{
	free(allows->items);
	*allows = (struct rc_allows){ 0 };
}

/* "443", "443/tcp", "53/udp". */
static bool
parse_port(struct rc_allow *allow, const char *text)
{
	size_t digits = strspn(text, "0123456789");
	const char *rest = text + digits;

	if (digits == 0 || digits > 5 || text[0] == '0')
		return false;
	allow->port = (unsigned)strtoul(text, NULL, 10);
	allow->transport = strcmp(rest, "/udp") == 0 ? RC_UDP : RC_TCP;
	return allow->port <= UINT16_MAX &&
	       (!*rest || strcmp(rest, "/tcp") == 0 || strcmp(rest, "/udp") == 0);
}

/* The block in front of the port, plain: "[fd00::]/64:443" has "fd00::/64"; *ret_rest is behind. */
static char *
split_block(const char **ret_rest, const char *text)
{
	size_t address = text[0] == '[' ? strcspn(text, "]") : 0;
	const char *behind = address && text[address] ? text + address + 1 : text;
	size_t rest = strcspn(behind, ":");

	*ret_rest = behind + rest;
	return rc_format(
	    "%.*s%.*s", behind > text ? (int)address - 1 : 0, text + 1, (int)rest, behind);
}

int
rc_allow_parse(struct rc_allow *ret, const char *text, struct rc_error *err)
{
	const char *rest;
	scoped(rc_str_release) char *block = split_block(&rest, text);
	struct rc_allow allow = { 0 };
	unsigned widest;

	if (rc_block_parse(&allow.block, block, err) < 0)
		return err->hint[0] ? -1 : rc_hint(err, HOW);
	widest = allow.block.ipv6 ? WIDEST6 : WIDEST;
	if (allow.block.prefix < widest)
		return rc_fail(err, RC_USAGE,
		    "'%s' would open half the world: a prefix of %u or more is taken", text,
		    widest);
	if (*rest && (*rest != ':' || !parse_port(&allow, rest + 1))) {
		rc_fail(err, RC_USAGE, "'%s' has no port from 1 to 65535 after the ':'", text);
		return rc_hint(err, HOW);
	}
	*ret = allow;
	return 0;
}

int
rc_allows_parse(struct rc_allows *to, const char *list, struct rc_error *err)
{
	scoped(rc_strv_release) struct rc_strv items = { 0 };
	struct rc_allow allow;

	rc_strv_split(&items, list, ',');
	for (size_t i = 0; i < items.count; i++) {
		if (rc_allow_parse(&allow, items.items[i], err) < 0)
			return -1;
		rc_allows_add(to, allow);
	}
	return 0;
}

void
rc_allows_drop_ipv6(struct rc_allows *allows)
{
	size_t kept = 0;

	for (size_t i = 0; i < allows->count; i++)
		if (!allows->items[i].block.ipv6)
			allows->items[kept++] = allows->items[i];
	allows->count = kept;
}

char *
rc_allows_format(const struct rc_allows *allows)
{
	scoped(rc_strv_release) struct rc_strv items = { 0 };

	for (size_t i = 0; i < allows->count; i++) {
		const struct rc_allow *a = &allows->items[i];
		char address[RC_ADDRESS_TEXT], prefix[8] = "", port[16] = "", item[80];

		if (a->block.prefix < rc_block_longest(a->block))
			snprintf(prefix, sizeof(prefix), "/%u", a->block.prefix);
		if (a->port)
			snprintf(port, sizeof(port), ":%u/%s", a->port,
			    a->transport == RC_UDP ? "udp" : "tcp");
		snprintf(item, sizeof(item), a->block.ipv6 ? "[%s]%s%s" : "%s%s%s",
		    rc_block_address(address, a->block), prefix, port);
		rc_strv_add(&items, item);
	}
	return rc_strv_join(&items, ",");
}
