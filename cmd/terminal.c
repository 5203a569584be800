/* What a stream can show.  The one place of cmd/ that looks at the environment. */
#include "cmd/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_UNKNOWN 80

/* The first of three variables that is set says how text is encoded (POSIX). */
static bool
locale_is_utf8(void)
{
	static const char *const variables[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *value = getenv(variables[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

unsigned
rc_terminal_width(const struct rc_terminal *terminal, int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return terminal->width;
}

void
rc_terminal_probe(struct rc_terminal *ret, int fd, const char *choice)
{
	const char *type = getenv("TERM"), *no_color = getenv("NO_COLOR");
	bool is_terminal = isatty(fd);

	*ret = (struct rc_terminal){ .width = is_terminal ? WIDTH_UNKNOWN : 0 };
	ret->live = is_terminal && type && *type && strcmp(type, "dumb") != 0;
	ret->color = ret->live && !(no_color && *no_color);
	ret->utf8 = locale_is_utf8();
	if (is_terminal)
		ret->width = rc_terminal_width(ret, fd);
	if (choice && strcmp(choice, "auto") != 0)
		ret->color = strcmp(choice, "always") == 0;
}

const char *
rc_hue_on(const struct rc_terminal *terminal, enum rc_hue hue)
{
	static const char *const codes[] = {
		[RC_HUE_NONE] = "",
		[RC_HUE_GOOD] = "\033[32m",
		[RC_HUE_BUSY] = "\033[33m",
		[RC_HUE_BAD] = "\033[31m",
		[RC_HUE_FAINT] = "\033[2m",
		[RC_HUE_BOLD] = "\033[1m",
	};

	return terminal->color ? codes[hue] : "";
}

const char *
rc_hue_off(const struct rc_terminal *terminal, enum rc_hue hue)
{
	return terminal->color && hue != RC_HUE_NONE ? "\033[0m" : "";
}
