/* Columns of a table as the terminal allows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/scope.h"
#include "base/str.h"
#include "cmd/table.h"

/* As the terminal gets narrower, cells are cut, then columns leave; a pipe gets everything. */
static void
test_table_widths(void **state)
{
	static const struct rc_column columns[] = {
		{ "A", .drop = 0 },
		{ "B", .cut = true, .drop = 2 },
		{ "C", .drop = 1 },
		{ .title = NULL },
	};
	static const struct {
		unsigned width;
		const char *expected;
	} cases[] = {
		{ 0, "A     B             C\nname  123456789012  end\n" },
		{ 23, "A     B             C\nname  123456789012  end\n" },
		{ 22, "A     B            C\nname  1234567890~  end\n" },
		{ 21, "A     B           C\nname  123456789~  end\n" },
		{ 20, "A     B\nname  123456789012\n" },
		{ 18, "A     B\nname  123456789012\n" },
		{ 16, "A     B\nname  123456789~\n" },
		{ 15, "A\nname\n" },
		{ 1, "A\nname\n" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_table_release) struct rc_table table = { .columns = columns };
		const struct rc_terminal terminal = { .width = cases[i].width };
		scoped(rc_str_release) char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		rc_table_add(&table, RC_HUE_NONE, rc_strdup("name"));
		rc_table_add(&table, RC_HUE_NONE, rc_strdup("123456789012"));
		rc_table_add(&table, RC_HUE_NONE, rc_strdup("end"));
		rc_table_print(&table, out, &terminal);
		fclose(out);
		assert_string_equal(text, cases[i].expected);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_widths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
