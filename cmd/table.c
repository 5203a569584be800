/*
 * A table of text.  Only a terminal makes cells shorter: what goes into a pipe
 * or a file is never cut.
 */
#include "cmd/table.h"

#include <stdlib.h>

#include "base/str.h"
#include "cmd/text.h"

#define COLUMNS_MAX 16
#define GAP 2
#define CUT_WIDTH 10 /* what a column that may be cut keeps */

struct layout {
	size_t columns;
	size_t width[COLUMNS_MAX]; /* 0: left out */
};

void
rc_table_add(struct rc_table *table, enum rc_hue hue, char *text)
{
	table->cells = rc_grow(table->cells, table->count + 1, sizeof(*table->cells));
	table->cells[table->count++] =
	    (struct rc_cell){ rc_text_clean(text && *text ? text : "-"), hue };
	free(text);
}

void
rc_table_release(struct rc_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i].text);
	free(table->cells);
	*table = (struct rc_table){ 0 };
}

/* cut: with the columns that may be cut as narrow as they get. */
static size_t
whole_width(const struct layout *layout, const struct rc_column *columns, bool cut)
{
	size_t whole = 0;

	for (size_t i = 0; i < layout->columns; i++) {
		size_t width = layout->width[i];

		if (cut && columns[i].cut && width > CUT_WIDTH)
			width = CUT_WIDTH;
		if (width)
			whole += width + (whole ? GAP : 0);
	}
	return whole;
}

static void
measure(struct layout *ret, const struct rc_table *table)
{
	*ret = (struct layout){ 0 };
	for (; table->columns[ret->columns].title; ret->columns++)
		ret->width[ret->columns] = rc_text_width(table->columns[ret->columns].title);
	for (size_t i = 0; ret->columns && i < table->count; i++) {
		size_t width = rc_text_width(table->cells[i].text);

		if (width > ret->width[i % ret->columns])
			ret->width[i % ret->columns] = width;
	}
}

/* Columns leave until the others fit, cut if need be; then cells are cut as little as possible. */
static void
squeeze(struct layout *layout, const struct rc_column *columns, size_t room)
{
	for (unsigned rank = 1; rank <= layout->columns; rank++)
		for (size_t i = 0; i < layout->columns; i++)
			if (columns[i].drop == rank && whole_width(layout, columns, true) > room)
				layout->width[i] = 0;
	for (size_t i = 0; i < layout->columns; i++) {
		size_t whole = whole_width(layout, columns, false), *width = &layout->width[i];
		size_t spare = *width > CUT_WIDTH ? *width - CUT_WIDTH : 0;

		if (columns[i].cut && whole > room)
			*width -= whole - room < spare ? whole - room : spare;
	}
}

/* gap: blanks that are still owed before the next cell; none ends a line. */
static size_t
print_cell(FILE *out, const struct rc_terminal *terminal, const struct rc_cell *cell, size_t width,
    size_t gap)
{
	size_t taken = rc_text_width(cell->text);
	bool cut = taken > width;
	int bytes = (int)rc_text_fit(cell->text, cut ? width - 1 : width);

	fprintf(out, "%*s%s%.*s%s%s", (int)gap, "", rc_hue_on(terminal, cell->hue), bytes,
	    cell->text,
	    !cut             ? ""
	    : terminal->utf8 ? "…"
			     : "~",
	    rc_hue_off(terminal, cell->hue));
	return GAP + (cut ? 0 : width - taken);
}

void
rc_table_print(const struct rc_table *table, FILE *out, const struct rc_terminal *terminal)
{
	struct layout layout;
	size_t gap = 0, room = terminal->width ? terminal->width : table->width;

	measure(&layout, table);
	if (room)
		squeeze(&layout, table->columns, room);
	for (size_t i = 0; i < layout.columns; i++) {
		char *title = rc_strdup(table->columns[i].title);
		struct rc_cell cell = { title, RC_HUE_BOLD };

		if (layout.width[i])
			gap = print_cell(out, terminal, &cell, layout.width[i], gap);
		free(title);
	}
	for (size_t i = 0; layout.columns && i < table->count; i++) {
		size_t column = i % layout.columns;

		if (column == 0) {
			fputc('\n', out);
			gap = 0;
		}
		if (layout.width[column])
			gap =
			    print_cell(out, terminal, &table->cells[i], layout.width[column], gap);
	}
	fputc('\n', out);
}
