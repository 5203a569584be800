/* What a stream can show: colors, a line that changes, how many columns. */
#ifndef RC_CMD_TERMINAL_H
#define RC_CMD_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

struct rc_terminal {
	bool color;
	bool live; /* a line can be written again */
	bool utf8;
	unsigned width; /* columns; 0: no terminal, so lines are as long as they are */
};

enum rc_hue {
	RC_HUE_NONE,
	RC_HUE_GOOD,
	RC_HUE_BUSY,
	RC_HUE_BAD,
	RC_HUE_FAINT,
	RC_HUE_BOLD,
};

/* choice: auto, always or never; NULL is auto. */
void rc_terminal_probe(struct rc_terminal *ret, int fd, const char *choice);
/* The width now: windows change.  As it was before if the terminal does not say. */
unsigned rc_terminal_width(const struct rc_terminal *terminal, int fd);

/* What switches a hue on, and all of them off; "" without colors. */
const char *rc_hue_on(const struct rc_terminal *terminal, enum rc_hue hue);
const char *rc_hue_off(const struct rc_terminal *terminal, enum rc_hue hue);

#endif
