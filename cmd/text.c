/*
 * Text from outside.  Guests, GitLab and files may hold anything; what reaches
 * a terminal must not move its cursor, and what reaches JSON must be UTF-8.
 */
#include "cmd/text.h"

#include <stdbool.h>
#include <string.h>

#include "base/str.h"

/* Bytes of the UTF-8 character at s, or 0 if there is none (RFC 3629). */
static size_t
character_size(const unsigned char *s)
{
	size_t size = s[0] < 0x80                    ? 1
		      : s[0] >= 0xc2 && s[0] <= 0xdf ? 2
		      : (s[0] & 0xf0) == 0xe0        ? 3
		      : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
						     : 0;

	for (size_t i = 1; i < size; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, and what is above U+10FFFF. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return size;
}

static bool
is_control(const unsigned char *s)
{
	return s[0] < 0x20 || s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0);
}

static char *
clean(const char *text, const char *allowed)
{
	char *copy = rc_strdup(text);
	unsigned char *at = (unsigned char *)copy;

	while (at && *at) {
		size_t size = character_size(at);

		if (size == 0 || (is_control(at) && !strchr(allowed, *at))) {
			size = size ? size : 1;
			memset(at, '?', size);
		}
		at += size;
	}
	return copy;
}

char *
rc_text_clean(const char *text)
{
	return clean(text, "");
}

char *
rc_text_clean_lines(const char *text)
{
	return clean(text, "\n\t");
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
