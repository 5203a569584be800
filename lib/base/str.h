/* Strings and memory.  Out of memory aborts: a command line tool has nothing to save. */
#ifndef RC_BASE_STR_H
#define RC_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define RC_COUNT(array) (sizeof(array) / sizeof((array)[0]))

void *rc_alloc(size_t count, size_t size) __attribute__((malloc)); /* zeroed */
void *rc_grow(void *memory, size_t count, size_t size);
char *rc_strdup(const char *s); /* NULL in, NULL out */
char *rc_strndup(const char *s, size_t n);
char *rc_format(const char *fmt, ...) RC_PRINTF(1, 2);
/* *s becomes a copy of value; the old string is freed.  value may be NULL. */
void rc_str_set(char **s, const char *value);

/* For scoped(): frees; the second kind wipes first. */
void rc_str_release(char **s);
void rc_secret_release(char **s);
void rc_wipe(void *memory, size_t size);

bool rc_str_starts(const char *s, const char *prefix);
/* Bytes of the UTF-8 character at s, 0 where there is none (RFC 3629, table 3-7 of Unicode). */
size_t rc_utf8_size(const char *s);
bool rc_str_is_utf8(const char *s);
/*
 * What is no UTF-8, moves a cursor or turns a line around becomes '?', a byte each,
 * but for the control characters of keep.
 */
void rc_str_clean(char *s, const char *keep);
/* The same without exception: s is then one harmless line on a terminal. */
void rc_str_to_line(char *s);
/* n bytes as 2n lower case hex digits; the caller frees. */
char *rc_hex(const unsigned char *bytes, size_t n);

/* A list of strings that owns its items. */
struct rc_strv {
	char **items;
	size_t count;
};
void rc_strv_add(struct rc_strv *list, const char *item);
bool rc_strv_has(const struct rc_strv *list, const char *item);
void rc_strv_release(struct rc_strv *list);
/* Adds the items of "a,b , c" without blanks; empty items are left out. */
void rc_strv_split(struct rc_strv *list, const char *text, char separator);
char *rc_strv_join(const struct rc_strv *list, const char *separator);

#endif
