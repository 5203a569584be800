/* Strings and memory: thin checked wrappers, so that callers never test for NULL. */
#include "base/str.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
checked(void *memory)
{
	if (!memory) {
		fputs("runnerctl: out of memory\n", stderr);
		abort();
	}
	return memory;
}

void *
rc_alloc(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1));
}

void *
rc_grow(void *memory, size_t count, size_t size)
{
	return checked(reallocarray(memory, count ? count : 1, size));
}

char *
rc_strdup(const char *s)
{
	return s ? checked(strdup(s)) : NULL;
}

char *
rc_strndup(const char *s, size_t n)
{
	return checked(strndup(s, n));
}

char *
rc_format(const char *fmt, ...)
{
	va_list args;
	char *s = NULL;

	va_start(args, fmt);
	if (vasprintf(&s, fmt, args) < 0)
		s = NULL;
	va_end(args);
	return checked(s);
}

void
rc_str_set(char **s, const char *value)
{
	char *copy = rc_strdup(value);

	free(*s);
	*s = copy;
}

void
rc_str_release(char **s)
{
	free(*s);
	*s = NULL;
}

void
rc_wipe(void *memory, size_t size)
{
	if (memory)
		explicit_bzero(memory, size);
}

void
rc_secret_release(char **s)
{
	if (*s)
		rc_wipe(*s, strlen(*s));
	rc_str_release(s);
}

bool
rc_str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

size_t
rc_utf8_size(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t size = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
	bool surrogate = s[0] == 0xed && s[1] >= 0xa0;
	bool beyond = s[0] > 0xf4 || (s[0] == 0xf4 && s[1] >= 0x90);

	if (overlong || surrogate || beyond)
		return 0;
	for (size_t i = 1; i < size; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return size;
}

bool
rc_str_is_utf8(const char *s)
{
	for (size_t size; *s; s += size)
		if ((size = rc_utf8_size(s)) == 0)
			return false;
	return true;
}

/* C1 controls arrive as two bytes in UTF-8 (C2 80..9F); some terminals obey them like ESC. */
static bool
is_control(const unsigned char *s)
{
	return s[0] < 0x20 || s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0);
}

/* U+202A to U+202E and U+2066 to U+2069 turn the direction of a line around. */
static bool
turns_direction(const unsigned char *s)
{
	return s[0] == 0xe2 && ((s[1] == 0x80 && s[2] >= 0xaa && s[2] <= 0xae) ||
				   (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9));
}

void
rc_str_clean(char *s, const char *keep)
{
	while (*s) {
		const unsigned char *c = (const unsigned char *)s;
		size_t size = rc_utf8_size(s);
		bool bad = size == 0 || turns_direction(c) || (is_control(c) && !strchr(keep, *s));

		size = size ? size : 1;
		if (bad)
			memset(s, '?', size);
		s += size;
	}
}

void
rc_str_to_line(char *s)
{
	rc_str_clean(s, "");
}

char *
rc_hex(const unsigned char *bytes, size_t n)
{
	char *hex = rc_alloc(2 * n + 1, 1);

	for (size_t i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	return hex;
}

void
rc_strv_add(struct rc_strv *list, const char *item)
{
	list->items = rc_grow(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = rc_strdup(item);
}

bool
rc_strv_has(const struct rc_strv *list, const char *item)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], item) == 0)
			return true;
	return false;
}

void
rc_strv_release(struct rc_strv *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct rc_strv){ 0 };
}

void
rc_strv_split(struct rc_strv *list, const char *text, char separator)
{
	while (text && *text) {
		const char *end = strchrnul(text, separator), *last = end;

		while (text < last && *text == ' ')
			text++;
		while (last > text && last[-1] == ' ')
			last--;
		if (last > text) {
			char *item = rc_strndup(text, (size_t)(last - text));

			rc_strv_add(list, item);
			free(item);
		}
		text = *end ? end + 1 : end;
	}
}

char *
rc_strv_join(const struct rc_strv *list, const char *separator)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = checked(open_memstream(&text, &size));

	for (size_t i = 0; i < list->count; i++)
		fprintf(out, "%s%s", i ? separator : "", list->items[i]);
	fclose(out);
	return checked(text);
}
