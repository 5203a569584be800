/*
 * The error value.  A text too long is cut with "...", never split over lines:
 * scripts and journals read one line per error.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

const char *
rc_code_name(enum rc_code code)
{
	static const char *const names[] = {
		[RC_OK] = "ok",
		[RC_FAILED] = "failed",
		[RC_USAGE] = "usage",
		[RC_NOT_FOUND] = "not_found",
		[RC_PARTLY] = "partly",
		[RC_NO_ROOM] = "no_room",
		[RC_BUSY] = "busy",
		[RC_HOST] = "host",
		[RC_GITLAB] = "gitlab",
		[RC_TIMEOUT] = "timeout",
	};

	return names[code];
}

/* Writes fmt into dst; what does not fit is replaced by "...". */
static void RC_PRINTF(3, 0) put_line(char *dst, size_t size, const char *fmt, va_list args)
{
	int n = vsnprintf(dst, size, fmt, args);

	if (n < 0)
		dst[0] = '\0';
	else if ((size_t)n >= size)
		memcpy(dst + size - 4, "...", 4);
	rc_str_to_line(dst);
}

int
rc_fail(struct rc_error *err, enum rc_code code, const char *fmt, ...)
{
	va_list args;

	err->code = code;
	err->sys = 0;
	err->hint[0] = '\0';
	va_start(args, fmt);
	put_line(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return -1;
}

int
rc_fail_sys(struct rc_error *err, int sys, const char *fmt, ...)
{
	char what[sizeof(err->text)];
	va_list args;

	va_start(args, fmt);
	put_line(what, sizeof(what), fmt, args);
	va_end(args);
	rc_fail(err, RC_FAILED, "%s: %s", what, strerror(sys));
	err->sys = sys;
	return -1;
}

int
rc_within(struct rc_error *err, const char *fmt, ...)
{
	char inner[sizeof(err->text)], outer[sizeof(err->text)];
	va_list args;

	memcpy(inner, err->text, sizeof(inner));
	va_start(args, fmt);
	put_line(outer, sizeof(outer), fmt, args);
	va_end(args);
	if (snprintf(err->text, sizeof(err->text), "%s: %s", outer, inner) >=
	    (int)sizeof(err->text))
		memcpy(err->text + sizeof(err->text) - 4, "...", 4);
	return -1;
}

int
rc_hint(struct rc_error *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put_line(err->hint, sizeof(err->hint), fmt, args);
	va_end(args);
	return -1;
}
