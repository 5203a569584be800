#include "core/config_value.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/size.h"
#include "base/str.h"
#include "core/allow.h"
#include "core/config.h"
#include "core/limits.h"
#include "core/name.h"
#include "core/network_xml.h"
#include "core/proxy.h"

int
rc_accel_parse(enum rc_accel *ret, const char *text, struct rc_error *err)
{
	static const char *const names[] = { "auto", "kvm", "tcg" };

	for (size_t i = 0; i < RC_COUNT(names); i++)
		if (strcmp(text, names[i]) == 0) {
			*ret = (enum rc_accel)i;
			return 0;
		}
	return rc_fail(err, RC_USAGE, "accel is auto, kvm or tcg, not '%s'", text);
}

static int
parse_either(bool *ret, const char *yes, const char *no, const char *text, struct rc_error *err)
{
	*ret = strcmp(text, yes) == 0;
	if (!*ret && strcmp(text, no) != 0)
		return rc_fail(err, RC_USAGE, "'%s' is neither %s nor %s", text, yes, no);
	return 0;
}

static int
parse_ratio(unsigned *ret, const char *text, struct rc_error *err)
{
	if (rc_cpus_parse(ret, text, err) == 0)
		return 0;
	rc_fail(err, RC_USAGE, "'%s' is not a ratio", text);
	return rc_hint(err, "write 1, 1.5 or 4");
}

static int
parse_percent(unsigned *ret, const char *text, struct rc_error *err)
{
	if (rc_percent_read(ret, text))
		return 0;
	rc_fail(err, RC_USAGE, "'%s' is not a percentage", text);
	return rc_hint(err, "write 20%%, or 0%% for never");
}

static bool
is_list(enum rc_value kind)
{
	return kind == RC_VALUE_ALLOWS || kind == RC_VALUE_BLOCKS || kind == RC_VALUE_RESOLVERS;
}

static int
check_list(enum rc_value kind, const char *text, struct rc_error *err)
{
	scoped(rc_allows_release) struct rc_allows allows = { 0 };
	scoped(rc_blocks_release) struct rc_blocks blocks = { 0 };

	if (kind == RC_VALUE_ALLOWS)
		return rc_allows_parse(&allows, text, err);
	if (rc_blocks_parse(&blocks, text, err) < 0)
		return -1;
	for (size_t i = 0; i < blocks.count && kind == RC_VALUE_RESOLVERS; i++)
		if (blocks.items[i].ipv6 || blocks.items[i].prefix < 32)
			return rc_fail(
			    err, RC_USAGE, "a resolver is one IPv4 address, and no block");
	return 0;
}

static int
parse_string(char **ret, enum rc_value kind, const char *text, struct rc_error *err)
{
	scoped(rc_str_release) char *tags = NULL;

	if (is_list(kind) ? check_list(kind, text, err) < 0
	    : kind == RC_VALUE_TAGS
		? rc_tags_check(&tags, text, err) < 0
		: kind == RC_VALUE_ADDRESS && rc_network_address_check(text, err) < 0)
		return -1;
	if (!*text && kind != RC_VALUE_TAGS && !is_list(kind))
		return rc_fail(err, RC_USAGE, "the value is empty");
	if (kind == RC_VALUE_PATH && text[0] != '/')
		return rc_fail(err, RC_USAGE, "'%s' is not an absolute path", text);
	if (kind == RC_VALUE_PULL && strcmp(text, "always") != 0 &&
	    strcmp(text, "if-not-present") != 0 && strcmp(text, "never") != 0)
		return rc_fail(
		    err, RC_USAGE, "'%s' is neither always, if-not-present nor never", text);
	if ((kind == RC_VALUE_PROXY && rc_proxy_check(text, err) < 0) ||
	    (kind == RC_VALUE_NO_PROXY && rc_no_proxy_check(text, err) < 0))
		return -1;
	rc_str_set(ret, kind == RC_VALUE_TAGS ? tags : text);
	return 0;
}

int
rc_value_set(void *field, enum rc_value kind, const char *text, struct rc_error *err)
{
	int64_t number = 0;

	switch (kind) {
	case RC_VALUE_TEXT:
	case RC_VALUE_PATH:
	case RC_VALUE_ADDRESS:
	case RC_VALUE_PULL:
	case RC_VALUE_PROXY:
	case RC_VALUE_NO_PROXY:
	case RC_VALUE_TAGS:
	case RC_VALUE_ALLOWS:
	case RC_VALUE_BLOCKS:
	case RC_VALUE_RESOLVERS:
		return parse_string(field, kind, text, err);
	case RC_VALUE_BOOLEAN:
		if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
			return parse_either(field, "true", "false", text, err);
		return parse_either(field, "yes", "no", text, err);
	case RC_VALUE_SWITCH:
		return parse_either(field, "on", "off", text, err);
	case RC_VALUE_EXPOSED:
		return parse_either(field, "cut", "warn", text, err);
	case RC_VALUE_ID:
		return rc_number_parse(field, text, INT64_MAX, err);
	case RC_VALUE_UNSIGNED:
		if (rc_number_parse(&number, text, 1000, err) < 0)
			return -1;
		*(unsigned *)field = (unsigned)number;
		return 0;
	case RC_VALUE_SECONDS:
		return rc_duration_parse(field, text, err);
	case RC_VALUE_RESERVE:
		return rc_reserve_parse(field, text, err);
	case RC_VALUE_RATIO:
		return parse_ratio(field, text, err);
	case RC_VALUE_PERCENT:
		return parse_percent(field, text, err);
	case RC_VALUE_STRATEGY:
		return rc_strategy_parse(field, text, err);
	case RC_VALUE_ACCEL:
		return rc_accel_parse(field, text, err);
	case RC_VALUE_DOCKER:
		return parse_either(field, "socket", "dind", text, err);
	}
	return 0;
}
