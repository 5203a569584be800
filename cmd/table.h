/* A table of text: columns as wide as their longest cell, and no wider than the terminal. */
#ifndef RC_CMD_TABLE_H
#define RC_CMD_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cmd/terminal.h"

struct rc_column {
	const char *title; /* NULL ends the list */
	bool cut;          /* where there is no room, its cells are cut */
	unsigned drop;     /* where there is still none: columns leave, lowest first; 0 stays */
};

struct rc_cell {
	char *text;
	enum rc_hue hue;
};

/* Start from { .columns = ... }. */
struct rc_table {
	const struct rc_column *columns;
	size_t width; /* where there is no terminal: columns leave until it fits; 0: all stay */
	struct rc_cell *cells;
	size_t count;
};

/* Adds the next cell, row by row.  Takes text over, and cleans it; NULL is shown as "-". */
void rc_table_add(struct rc_table *table, enum rc_hue hue, char *text);
void rc_table_print(const struct rc_table *table, FILE *out, const struct rc_terminal *terminal);
void rc_table_release(struct rc_table *table);

#endif
