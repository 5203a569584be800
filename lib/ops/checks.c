/* Lines of what was checked: doctor's, and those of an image that is booted. */
#include "ops/checks.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

struct rc_check *
rc_checks_add(
    struct rc_checks *to, const char *code, enum rc_check_result verdict, const char *fmt, ...)
{
	char text[480];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	to->items = rc_grow(to->items, to->count + 1, sizeof(*to->items));
	to->items[to->count] =
	    (struct rc_check){ .code = code, .verdict = verdict, .text = rc_strdup(text) };
	return &to->items[to->count++];
}

void
rc_checks_add_error(struct rc_checks *to, const char *code, enum rc_check_result verdict,
    const struct rc_error *err)
{
	struct rc_check *check = rc_checks_add(to, code, verdict, "%s", err->text);

	if (err->hint[0])
		check->hint = rc_strdup(err->hint);
}

void
rc_checks_release(struct rc_checks *checks)
{
	for (size_t i = 0; i < checks->count; i++) {
		free(checks->items[i].about);
		free(checks->items[i].text);
		free(checks->items[i].hint);
	}
	free(checks->items);
	*checks = (struct rc_checks){ 0 };
}
