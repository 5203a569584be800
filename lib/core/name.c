/* Names: strict, because they become names of domains, volumes, files and hosts. */
#include "core/name.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"

#define NAME_MAX_LENGTH 31
#define TAGS_MAX 50

static bool
is_name(const char *s, size_t length)
{
	if (length == 0 || length > NAME_MAX_LENGTH || !(s[0] >= 'a' && s[0] <= 'z'))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9') || s[i] == '-'))
			return false;
	return s[length - 1] != '-';
}

int
rc_name_check(const char *name, struct rc_error *err)
{
	if (is_name(name, strlen(name)))
		return 0;
	rc_fail(err, RC_USAGE, "'%.64s' is not a name for an appliance", name);
	return rc_hint(err, "use 1 to 31 of a-z, 0-9 and '-', starting with a letter, "
			    "not ending with '-'");
}

bool
rc_domain_name_split(const char *domain, char name[32], unsigned *ret_generation)
{
	const char *dot = domain ? strchr(domain, '.') : NULL;
	unsigned generation = 0;

	if (!dot || !is_name(domain, (size_t)(dot - domain)))
		return false;
	if (dot[1] < '1' || dot[1] > '9' || strlen(dot + 1) > 9)
		return false;
	for (const char *c = dot + 1; *c; c++) {
		if (!isdigit((unsigned char)*c))
			return false;
		generation = generation * 10 + (unsigned)(*c - '0');
	}
	snprintf(name, 32, "%.*s", (int)(dot - domain), domain);
	*ret_generation = generation;
	return true;
}

int
rc_tags_check(char **ret, const char *text, struct rc_error *err)
{
	scoped(rc_strv_release) struct rc_strv tags = { 0 };

	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return rc_fail(err, RC_USAGE, "a tag holds a control character");
	rc_strv_split(&tags, text, ',');
	if (tags.count > TAGS_MAX)
		return rc_fail(err, RC_USAGE, "%zu tags are given, GitLab takes at most %d",
		    tags.count, TAGS_MAX);
	for (size_t i = 0; i < tags.count; i++)
		if (strlen(tags.items[i]) > 255)
			return rc_fail(err, RC_USAGE, "the tag '%.40s...' is longer than 255 bytes",
			    tags.items[i]);
	*ret = rc_strv_join(&tags, ",");
	return 0;
}
