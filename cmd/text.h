/* Text from outside, made fit for one line of a terminal or of JSON. */
#ifndef RC_CMD_TEXT_H
#define RC_CMD_TEXT_H

#include <stddef.h>

/* A copy without control characters and broken UTF-8: each becomes '?'.  The caller frees. */
char *rc_text_clean(const char *text);
/* As rc_text_clean for a document of several lines: newlines and tabs stay. */
char *rc_text_clean_lines(const char *text);

/* Columns that text takes on a terminal, one for each character. */
size_t rc_text_width(const char *text);
/* Bytes of the longest beginning of text that takes at most width columns. */
size_t rc_text_fit(const char *text, size_t width);

#endif
