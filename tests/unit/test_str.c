/* Strings, lists, and the wiping of secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"

static void
test_memory(void **state)
{
	char *zeroed = rc_alloc(3, 5), *none = rc_alloc(0, 0);

	(void)state;
	for (int i = 0; i < 15; i++)
		assert_int_equal(zeroed[i], 0);
	zeroed[0] = 'a';
	zeroed = rc_grow(zeroed, 1000, 100);
	assert_int_equal(zeroed[0], 'a');
	assert_non_null(none);
	none = rc_grow(none, 0, 1);
	assert_non_null(none);
	free(none);
	free(zeroed);
}

static void
test_copies(void **state)
{
	scoped(rc_str_release) char *copy = rc_strdup("abc"), *part = rc_strndup("abcdef", 2);
	scoped(rc_str_release) char *text = rc_format("%s-%d", "x", 7), *set = NULL;

	(void)state;
	assert_null(rc_strdup(NULL));
	assert_string_equal(copy, "abc");
	assert_string_equal(part, "ab");
	assert_string_equal(text, "x-7");
	rc_str_set(&set, "one");
	assert_string_equal(set, "one");
	rc_str_set(&set, set + 1); /* a part of itself */
	assert_string_equal(set, "ne");
	rc_str_set(&set, NULL);
	assert_null(set);
}

static void
test_secrets(void **state)
{
	char *nothing = NULL, *secret = rc_strdup("glrt-x"), memory[] = "glrt-x";

	(void)state;
	rc_secret_release(&nothing);
	rc_secret_release(&secret);
	assert_null(secret);
	rc_wipe(memory, 5);
	assert_memory_equal(memory, "\0\0\0\0\0x", 7);
	rc_wipe(NULL, 5);
}

static void
test_starts(void **state)
{
	(void)state;
	assert_true(rc_str_starts("glpat-x", "glpat-"));
	assert_true(rc_str_starts("x", ""));
	assert_false(rc_str_starts("glpat", "glpat-"));
	assert_false(rc_str_starts("", "x"));
}

static void
test_to_line(void **state)
{
	static const struct {
		const char *why, *text, *line;
	} cases[] = {
		{ "nothing", "", "" },
		{ "plain", "a b~", "a b~" },
		{ "line ends", "a\nb\r\n", "a?b??" },
		{ "a colour", "\x1b[31mred", "?[31mred" },
		{ "the first, the last, and DEL", "\x01\x1f\x7f", "???" },
		{ "UTF-8 stays", "\xc3\xbc\xe2\x82\xac", "\xc3\xbc\xe2\x82\xac" },
		{ "the edges of C1", "\xc2\x80\xc2\x9f", "????" },
		{ "no-break space is no control", "\xc2\xa0", "\xc2\xa0" },
		{ "half a sequence at the end", "a\xc2", "a?" },
		{ "a byte that no character has",
		    "a\xff"
		    "b",
		    "a?b" },
		{ "a longer form than needed", "\xc0\x8a\xe0\x80\x8a", "?????" },
		{ "half a surrogate", "\xed\xa0\x80", "???" },
		{ "beyond the last character", "\xf4\x90\x80\x80\xf5", "?????" },
		{ "the last character", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
		{ "a line turned around",
		    "a\xe2\x80\xae"
		    "z\xe2\x81\xa6",
		    "a???z???" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *line = rc_strdup(cases[i].text);

		rc_str_to_line(line);
		if (strcmp(line, cases[i].line) != 0)
			fail_msg("%s: '%s'", cases[i].why, line);
	}
}

static void
test_hex(void **state)
{
	scoped(rc_str_release) char *hex = rc_hex((const unsigned char *)"\x00\x0f\xff", 3);
	scoped(rc_str_release) char *empty = rc_hex(NULL, 0);

	(void)state;
	assert_string_equal(hex, "000fff");
	assert_string_equal(empty, "");
}

static void
test_lists(void **state)
{
	static const struct {
		const char *why, *text, *joined;
		size_t count;
	} cases[] = {
		{ "nothing", "", "", 0 },
		{ "NULL", NULL, "", 0 },
		{ "one", "a", "a", 1 },
		{ "blanks around", "  a , b c,d ", "a|b c|d", 3 },
		{ "empty items", ",,a,, ,b,", "a|b", 2 },
		{ "only separators", ",,,", "", 0 },
		{ "a tab is no blank", "\ta", "\ta", 1 },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_strv_release) struct rc_strv list = { 0 };
		scoped(rc_str_release) char *joined = NULL;

		rc_strv_split(&list, cases[i].text, ',');
		joined = rc_strv_join(&list, "|");
		if (list.count != cases[i].count || strcmp(joined, cases[i].joined) != 0)
			fail_msg("%s: %zu, '%s'", cases[i].why, list.count, joined);
	}
}

static void
test_list_owns_its_items(void **state)
{
	struct rc_strv list = { 0 };
	char item[] = "abc";

	(void)state;
	rc_strv_add(&list, item);
	item[0] = 'x';
	assert_string_equal(list.items[0], "abc");
	rc_strv_split(&list, "d,e", ',');
	assert_int_equal(list.count, 3);
	rc_strv_release(&list);
	assert_null(list.items);
	assert_int_equal(list.count, 0);
	rc_strv_release(&list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_starts),
		cmocka_unit_test(test_to_line),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_list_owns_its_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
