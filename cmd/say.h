/* What is said to the person on standard error: errors, warnings, and what to do next. */
#ifndef RC_CMD_SAY_H
#define RC_CMD_SAY_H

#include <stdio.h>

#include "base/error.h"
#include "cmd/terminal.h"

struct rc_voice {
	FILE *out;
	struct rc_terminal terminal;
	bool quiet; /* errors and warnings only */
};

/* Prints the error and its hint; returns its code, so that a verb can end with it. */
enum rc_code rc_say_error(const struct rc_voice *voice, const struct rc_error *err);
/* As rc_say_error, with the name of what failed in front. */
enum rc_code rc_say_error_of(
    const struct rc_voice *voice, const char *name, const struct rc_error *err);
void rc_say_warning(const struct rc_voice *voice, const char *text);
/* What the person may want to do now; not when quiet. */
void rc_say_next(const struct rc_voice *voice, const char *fmt, ...) RC_PRINTF(2, 3);
/* A remark; not when quiet. */
void rc_say_note(const struct rc_voice *voice, const char *text);

#endif
