/* Names and tags: what becomes the name of a domain, a volume or a file may hold nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/name.h"

#define A31 "abcdefghijklmnopqrstuvwxyz01234"

static void
test_names(void **state)
{
	static const struct {
		const char *why, *name;
		bool good;
	} cases[] = {
		{ "one letter", "a", true },
		{ "letters, digits, hyphens", "ci-builder-2", true },
		{ "hyphens in a row", "a--b", true },
		{ "a digit at the end", "z9", true },
		{ "31", A31, true },
		{ "32", A31 "5", false },
		{ "empty", "", false },
		{ "a digit first", "1ci", false },
		{ "a hyphen first: an option", "-rf", false },
		{ "a hyphen last", "ci-", false },
		{ "only a hyphen", "-", false },
		{ "a capital", "Ci", false },
		{ "a capital inside", "cI", false },
		{ "a dot: the generation's", "ci.1", false },
		{ "the directory above", "..", false },
		{ "a path", "a/b", false },
		{ "an absolute path", "/etc/passwd", false },
		{ "a blank", "a b", false },
		{ "a blank last", "a ", false },
		{ "a tab", "a\tb", false },
		{ "a newline last", "ci\n", false },
		{ "an underscore", "a_b", false },
		{ "an at: the image's", "a@1", false },
		{ "a single quote", "a'b", false },
		{ "a double quote", "a\"b", false },
		{ "an element", "a<b/>", false },
		{ "an entity", "a&amp;b", false },
		{ "a command", "a;reboot", false },
		{ "a variable", "$HOME", false },
		{ "an escape", "a\x1b[2J", false },
		{ "UTF-8", "r\xc3\xbcnner", false },
		{ "UTF-8 first", "\xc3\xa4", false },
		{ "broken UTF-8", "a\xff", false },
		{ "full width letters", "\xef\xbd\x81", false },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_error err = { 0 };
		int result = rc_name_check(cases[i].name, &err);

		if ((result == 0) != cases[i].good)
			fail_msg("%s: '%s' gives %d", cases[i].why, cases[i].name, result);
		if (result == 0)
			continue;
		assert_int_equal(err.code, RC_USAGE);
		assert_non_null(strstr(err.text, "is not a name for an appliance"));
		assert_non_null(strstr(err.hint, "use 1 to 31 of a-z, 0-9 and '-'"));
		assert_null(strpbrk(err.text, "\n\x1b\t"));
	}
}

/* A name of a megabyte does not fill the screen. */
static void
test_long_name(void **state)
{
	scoped(rc_str_release) char *name = rc_alloc(1 << 20, 1);
	struct rc_error err = { 0 };

	(void)state;
	memset(name, 'a', (1 << 20) - 1);
	assert_int_equal(rc_name_check(name, &err), -1);
	assert_true(strlen(err.text) < 120);
}

static void
test_domains(void **state)
{
	static const struct {
		const char *why, *domain, *name;
		unsigned generation; /* 0: not one of ours */
	} cases[] = {
		{ "the first", "ci-1.1", "ci-1", 1 },
		{ "the tenth", "ci.10", "ci", 10 },
		{ "the last that is read", "ci.999999999", "ci", 999999999 },
		{ "the longest name", A31 ".7", A31, 7 },
		{ "nothing at all", NULL, NULL, 0 },
		{ "empty", "", NULL, 0 },
		{ "no generation", "ci", NULL, 0 },
		{ "an empty generation", "ci.", NULL, 0 },
		{ "no name", ".1", NULL, 0 },
		{ "generation 0", "ci-1.0", NULL, 0 },
		{ "a leading zero: another name for ci-1.1", "ci-1.01", NULL, 0 },
		{ "ten digits", "ci.1000000000", NULL, 0 },
		{ "beyond 32 bits", "ci.4294967297", NULL, 0 },
		{ "beyond 64 bits", "ci.18446744073709551617", NULL, 0 },
		{ "negative", "ci.-1", NULL, 0 },
		{ "signed", "ci.+1", NULL, 0 },
		{ "hexadecimal", "ci.0x1", NULL, 0 },
		{ "two dots", "ci.1.2", NULL, 0 },
		{ "two dots in a row", "ci..2", NULL, 0 },
		{ "a letter behind it", "ci.1a", NULL, 0 },
		{ "a blank behind it", "ci.1 ", NULL, 0 },
		{ "a newline behind it", "ci.1\n", NULL, 0 },
		{ "a blank in front of it", "ci. 1", NULL, 0 },
		{ "a volume", "ci.1.data", NULL, 0 },
		{ "a name too long", A31 "5.1", NULL, 0 },
		{ "a name with a hyphen last", "ci-.1", NULL, 0 },
		{ "somebody else's", "Windows.1", NULL, 0 },
		{ "a path", "../ci.1", NULL, 0 },
		{ "digits of another script", "ci.\xd9\xa1", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		char name[32] = "untouched";
		unsigned generation = 0;
		bool ours = rc_domain_name_split(cases[i].domain, name, &generation);

		if (ours != (cases[i].generation != 0) || generation != cases[i].generation)
			fail_msg("%s: %d, %u", cases[i].why, ours, generation);
		assert_string_equal(name, ours ? cases[i].name : "untouched");
	}
}

static void
test_tags(void **state)
{
	static const struct {
		const char *why, *text, *tags; /* NULL: refused */
		const char *needle;
	} cases[] = {
		{ "one", "docker", "docker", NULL },
		{ "blanks around", " a, b ,c ", "a,b,c", NULL },
		{ "blanks inside", "big machine,b", "big machine,b", NULL },
		{ "empty ones", ",a,,b, ,", "a,b", NULL },
		{ "none", "", "", NULL },
		{ "only commas", ",,,", "", NULL },
		{ "UTF-8", "sch\xc3\xb6n", "sch\xc3\xb6n", NULL },
		{ "markup stays data", "<a b=\"c\">&amp;", "<a b=\"c\">&amp;", NULL },
		{ "a newline", "a\nb", NULL, "control character" },
		{ "a tab", "a\tb", NULL, "control character" },
		{ "an escape", "a\x1b[2J", NULL, "control character" },
		{ "delete", "a\x7f", NULL, "control character" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *tags = NULL;
		struct rc_error err = { 0 };
		int result = rc_tags_check(&tags, cases[i].text, &err);

		if ((result == 0) != (cases[i].tags != NULL))
			fail_msg("%s: %d %s", cases[i].why, result, err.text);
		if (result == 0) {
			assert_string_equal(tags, cases[i].tags);
			continue;
		}
		assert_null(tags);
		assert_int_equal(err.code, RC_USAGE);
		if (!strstr(err.text, cases[i].needle))
			fail_msg("%s: %s", cases[i].why, err.text);
	}
}

/* count times "x,", or one tag of count times "x". */
static int
check_many(size_t count, const char *item, struct rc_error *err)
{
	scoped(rc_str_release) char *text = rc_alloc(count * 2 + 1, 1), *tags = NULL;

	for (size_t i = 0; i < count; i++)
		strcat(text, item);
	return rc_tags_check(&tags, text, err);
}

static void
test_limits_of_tags(void **state)
{
	struct rc_error err = { 0 };

	(void)state;
	assert_int_equal(check_many(50, "x,", &err), 0);
	assert_int_equal(check_many(51, "x,", &err), -1);
	assert_string_equal(err.text, "51 tags are given, GitLab takes at most 50");
	assert_int_equal(check_many(255, "x", &err), 0);
	assert_int_equal(check_many(256, "x", &err), -1);
	assert_string_equal(err.text, "the tag 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' is "
				      "longer than 255 bytes");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_limits_of_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
