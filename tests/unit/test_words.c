/* Words: advice on misspelt ones, names made and checked, outside text made harmless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "base/suggest.h"
#include "cmd/names.h"
#include "cmd/text.h"

static void
test_suggestions(void **state)
{
	static const struct {
		const char *word, *candidate;
		bool near;
	} cases[] = {
		{ "crate", "create", true },   /* one letter is missing */
		{ "creeate", "create", true }, /* one too many */
		{ "create", "create", true },  /* none */
		{ "craete", "create", true },  /* two are swapped */
		{ "cteate", "create", true },  /* one is another */
		{ "dry", "dry-run", true },    /* cut short */
		{ "d", "dry-run", false },     /* too short to mean anything */
		{ "build", "create", false },  /* another word */
		{ "", "create", false },       /* nothing */
		{ "create",
		    "0123456789012345678901234567890123456789012345678901234567890123456789",
		    false }, /* endless */
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_suggestion s = { .word = cases[i].word, .length = strlen(cases[i].word) };

		rc_suggestion_try(&s, cases[i].candidate);
		if ((s.best != NULL) != cases[i].near)
			fail_msg("'%s' and '%s'", cases[i].word, cases[i].candidate);
	}
}

static void
test_names(void **state)
{
	scoped(rc_strv_release) struct rc_strv given = { 0 }, names = { 0 }, tokens = { 0 };
	scoped(rc_str_release) char *joined = NULL;
	struct rc_error err;

	(void)state;
	rc_strv_add(&given, "ci-1");
	rc_names_expand(&names, &given, 3);
	joined = rc_strv_join(&names, " ");
	assert_string_equal(joined, "ci-1-1 ci-1-2 ci-1-3");
	assert_int_equal(rc_names_check(&names, &err), 0);

	rc_names_expand(&names, &given, 0);
	rc_names_expand(&names, &given, 0);
	assert_int_equal(rc_names_check(&names, &err), -1);
	assert_string_equal(err.text, "'ci-1' is there twice");

	rc_strv_add(&tokens, "glpat-0123456789abcdefghij");
	assert_int_equal(rc_names_check(&tokens, &err), -1);
	assert_null(strstr(err.text, "0123"));
}

static const struct {
	const char *why, *text, *clean;
	size_t width;
} texts[] = {
	{ "plain", "a b", "a b", 3 },
	{ "empty", "", "", 0 },
	{ "escape sequence", "a\033[2Jb", "a?[2Jb", 6 },
	{ "delete", "a\177", "a?", 2 },
	{ "newline and tab", "a\n\tb", "a??b", 4 },
	{ "umlaut", "\xc3\xbc", "\xc3\xbc", 1 },
	{ "three bytes", "\xe2\x82\xac", "\xe2\x82\xac", 1 },
	{ "four bytes", "\xf0\x9f\x9a\x80", "\xf0\x9f\x9a\x80", 1 },
	{ "C1 control as UTF-8",
	    "\xc2\x9b"
	    "2J",
	    "??2J", 4 },
	{ "C1 control as a byte",
	    "\x9b"
	    "2J",
	    "?2J", 3 },
	{ "cut short", "\xe2\x82", "??", 2 },
	{ "cut short by text", "\xe2\x82z", "??z", 3 },
	{ "overlong slash", "\xc0\xaf", "??", 2 },
	{ "overlong in three bytes", "\xe0\x80\xaf", "???", 3 },
	{ "surrogate", "\xed\xa0\x80", "???", 3 },
	{ "above U+10FFFF", "\xf4\x90\x80\x80", "????", 4 },
	{ "no such byte", "\xff", "?", 1 },
};

static void
test_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(texts); i++) {
		scoped(rc_str_release) char *clean = rc_text_clean(texts[i].text);

		if (strcmp(clean, texts[i].clean) != 0 || rc_text_width(clean) != texts[i].width)
			fail_msg(
			    "%s: '%s' of width %zu", texts[i].why, clean, rc_text_width(clean));
	}
	assert_null(rc_text_clean(NULL));
}

static void
test_lines(void **state)
{
	scoped(rc_str_release) char *clean = rc_text_clean_lines("<a>\n\t\033\r.");

	(void)state;
	assert_string_equal(clean, "<a>\n\t??.");
}

static void
test_fit(void **state)
{
	(void)state;
	assert_int_equal(rc_text_fit("abc", 2), 2);
	assert_int_equal(rc_text_fit("abc", 9), 3);
	assert_int_equal(rc_text_fit("\xc3\xbc"
				     "bc",
			     2),
	    3);
	assert_int_equal(rc_text_fit("", 2), 0);
	assert_int_equal(rc_text_fit("abc", 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suggestions),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
