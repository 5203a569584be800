/* What is said on standard error: one line each, clean of what outside texts may hold. */
#include "cmd/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/scope.h"
#include "base/str.h"
#include "cmd/text.h"

/* One call of fprintf a line: lines of several processes may share a log. */
static void
say(const struct rc_voice *voice, enum rc_hue hue, const char *label, const char *text)
{
	scoped(rc_str_release) char *clean = rc_text_clean(text);

	fprintf(voice->out, "%s%s%s %s\n", rc_hue_on(&voice->terminal, hue), label,
	    rc_hue_off(&voice->terminal, hue), clean);
}

enum rc_code
rc_say_error(const struct rc_voice *voice, const struct rc_error *err)
{
	say(voice, RC_HUE_BAD, "runnerctl:", err->text);
	if (err->hint[0])
		say(voice, RC_HUE_BOLD, "hint:", err->hint);
	return err->code;
}

enum rc_code
rc_say_error_of(const struct rc_voice *voice, const char *name, const struct rc_error *err)
{
	struct rc_error named = *err;

	rc_within(&named, "%s", name);
	return rc_say_error(voice, &named);
}

void
rc_say_warning(const struct rc_voice *voice, const char *text)
{
	say(voice, RC_HUE_BUSY, "runnerctl: warning:", text);
}

void
rc_say_next(const struct rc_voice *voice, const char *fmt, ...)
{
	char text[480];
	va_list args;

	if (voice->quiet)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	say(voice, RC_HUE_BOLD, "next:", text);
}

void
rc_say_note(const struct rc_voice *voice, const char *text)
{
	if (!voice->quiet)
		say(voice, RC_HUE_NONE, "runnerctl:", text);
}
