/*
 * Text from outside.  Guests, GitLab and files may hold anything; what reaches
 * a terminal must not move its cursor, and what reaches JSON must be UTF-8.
 */
#include "cmd/text.h"

#include <stdbool.h>
#include <string.h>

#include "base/str.h"

char *
rc_text_clean(const char *text)
{
	char *copy = rc_strdup(text);

	if (copy)
		rc_str_to_line(copy);
	return copy;
}

char *
rc_text_clean_lines(const char *text)
{
	char *copy = rc_strdup(text);

	if (copy)
		rc_str_clean(copy, "\n\t");
	return copy;
}

static bool
begins_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

size_t
rc_text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += begins_character(*text);
	return width;
}

size_t
rc_text_fit(const char *text, size_t width)
{
	const char *at = text;

	for (; *at; at++)
		if (begins_character(*at) && width-- == 0)
			break;
	return (size_t)(at - text);
}
