/* Pressure stall information. */
#include "core/pressure.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* "12.34" as 1234, up to 100.00. */
static int
read_hundredths(const char *text)
{
	int value = 0, digits = 0;

	for (; isdigit((unsigned char)*text) && digits < 4; text++, digits++)
		value = value * 10 + (*text - '0');
	if (!digits || text[0] != '.' || !isdigit((unsigned char)text[1]) ||
	    !isdigit((unsigned char)text[2]) || isdigit((unsigned char)text[3]))
		return -1;
	value = value * 100 + (text[1] - '0') * 10 + (text[2] - '0');
	return value <= 10000 ? value : -1;
}

int
rc_pressure_read_text(const char *text)
{
	static const char field[] = " avg60=";

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *found = strstr(line, field);

		if (strncmp(line, "full ", 5) == 0)
			return found && found < line + strcspn(line, "\n")
				   ? read_hundredths(found + strlen(field))
				   : -1;
	}
	return -1;
}

static bool
is_high(int value, const char *what, unsigned mark, char why[160])
{
	if (!mark || value < 0 || (unsigned)value < mark * 100)
		return false;
	snprintf(why, 160, "the host is short of %s: nothing got on for %d %% of the last minute",
	    what, value / 100);
	return true;
}

bool
rc_pressure_is_high(const struct rc_pressure *pressure, unsigned mark, char why[160])
{
	return is_high(pressure->memory, "memory", mark, why) ||
	       is_high(pressure->io, "I/O", mark, why);
}
