/* Templates: a value stays in its hole, and a hole that is not where it should be has its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <libxml/parser.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "core/template.h"
#include "golden.h"

#define HOSTILE RC_TESTS "/hostile/templates"

/* Fills @one@ and @two@ with values, and @many@ and @more@ with the items of comma separated lists.
 */
struct wish {
	const char *one, *two, *many, *more, *along; /* many-along */
};

static int
fill(char **ret, const char *text, const struct wish *wish, struct rc_error *err)
{
	scoped(rc_strv_release) struct rc_strv many = { 0 }, more = { 0 }, along = { 0 };
	struct rc_hole holes[6] = { 0 };
	size_t n = 0;

	rc_strv_split(&many, wish->many, ',');
	rc_strv_split(&more, wish->more, ',');
	rc_strv_split(&along, wish->along, ',');
	holes[n++] = (struct rc_hole){ "one", wish->one, NULL };
	if (strstr(text, "@two@"))
		holes[n++] = (struct rc_hole){ "two", wish->two, NULL };
	if (wish->many)
		holes[n++] = (struct rc_hole){ "many", NULL, &many };
	if (wish->more)
		holes[n++] = (struct rc_hole){ "more", NULL, &more };
	if (wish->along)
		holes[n++] = (struct rc_hole){ "many-along", NULL, &along };
	return rc_template_text(ret, text, "T", holes, err);
}

struct filling {
	const char *why, *text;
	struct wish wish;
	const char *expected;
};

static void
check_fillings(const struct filling *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		scoped(rc_str_release) char *text = NULL, *expected = NULL;
		struct rc_error err = { 0 };

		if (fill(&text, cases[i].text, &cases[i].wish, &err) < 0)
			fail_msg("%s: %s", cases[i].why, err.text);
		expected = rc_format("%s\n", cases[i].expected);
		if (strcmp(text, expected) != 0)
			fail_msg("%s: %s", cases[i].why, text);
	}
}

static void
test_holes(void **state)
{
	static const struct filling cases[] = {
		{ "in text", "<a>@one@</a>", { .one = "1" }, "<a>1</a>" },
		{ "in an attribute", "<a b='@one@'/>", { .one = "1" }, "<a b=\"1\"/>" },
		{ "in an attribute of a namespace", "<a xmlns:x='urn:x' x:b='@one@' b='2'/>",
		    { .one = "1" }, "<a xmlns:x=\"urn:x\" x:b=\"1\" b=\"2\"/>" },
		{ "inside a value", "<a b='x@one@y'/>", { .one = "1" }, "<a b=\"x1y\"/>" },
		{ "twice", "<a b='@one@'>@one@</a>", { .one = "1" }, "<a b=\"1\">1</a>" },
		{ "several in one value", "<a b='@one@@two@:@one@'/>", { .one = "1", .two = "2" },
		    "<a b=\"12:1\"/>" },
		{ "several in one text", "<a>@one@-@two@</a>", { .one = "1", .two = "2" },
		    "<a>1-2</a>" },
		{ "in text between elements", "<a>@one@<b/>x@one@<c/></a>", { .one = "1" },
		    "<a>1<b/>x1<c/></a>" },
		{ "in text with CDATA", "<a>@o<![CDATA[ne@<]]></a>", { .one = "1" },
		    "<a>1&lt;</a>" },
		{ "in text with an entity", "<a>&#64;one@&amp;</a>", { .one = "1" },
		    "<a>1&amp;</a>" },
		{ "blanks stay", "<a>\n  <b>@one@</b>\n</a>", { .one = "1" },
		    "<a>\n  <b>1</b>\n</a>" },
		{ "an empty value is one", "<a><b>@one@</b><c d='@one@'/></a>", { .one = "" },
		    "<a><b></b><c d=\"\"/></a>" },
		{ "ats that are no holes", "<a b='@ @@ @@@ x@y @o ne@ @one'>@one@@</a>",
		    { .one = "1" }, "<a b=\"@ @@ @@@ x@y @o ne@ @one\">1@</a>" },
		{ "an at in front of a hole", "<a>@@one@</a>", { .one = "1" }, "<a>@1</a>" },
		{ "a value with holes is data", "<a>@one@@two@</a>",
		    { .one = "@two@", .two = "@one@" }, "<a>@two@@one@</a>" },
		{ "comments and instructions are not looked into",
		    "<a><!-- @one@ @unknown@ --><?x @unknown@?>@one@</a>", { .one = "1" },
		    "<a><!-- @one@ @unknown@ --><?x @unknown@?>1</a>" },
		{ "names of elements and attributes are not looked into", "<a><one/>@one@</a>",
		    { .one = "1" }, "<a><one/>1</a>" },
	};

	(void)state;
	check_fillings(cases, RC_COUNT(cases));
}

static void
test_left_out(void **state)
{
	static const struct filling cases[] = {
		{ "no value in text", "<a><b>@one@</b><c/></a>", { 0 }, "<a><c/></a>" },
		{ "no value in an attribute", "<a><b x='@one@'/><c/></a>", { 0 }, "<a><c/></a>" },
		{ "no value behind a value", "<a><b x='@two@@one@'/>@two@</a>", { .two = "2" },
		    "<a>2</a>" },
		{ "with all that is in it", "<a><b x='@one@'><c>@two@</c></b></a>", { .two = "2" },
		    "<a/>" },
		{ "other holes of what is left out are there all the same",
		    "<a><b x='@one@' y='@two@'/></a>", { .two = "2" }, "<a/>" },
		{ "text behind an element", "<a><b><c/>@one@</b></a>", { 0 }, "<a/>" },
		{ "each of two", "<a><b>@one@</b><c>@one@</c>x</a>", { 0 }, "<a>x</a>" },
		{ "a list of none", "<a><b x='@many@'/>@one@</a>", { .one = "1", .many = "" },
		    "<a>1</a>" },
		{ "a list of one", "<a><b x='@many@'/>@one@</a>", { .one = "1", .many = "x" },
		    "<a><b x=\"x\"/>1</a>" },
		{ "a list of three keeps its order", "<a>@one@<b x='@many@'/><c/></a>",
		    { .one = "1", .many = "x,y,z" },
		    "<a>1<b x=\"x\"/><b x=\"y\"/><b x=\"z\"/><c/></a>" },
		{ "a list in text", "<a>@one@<b>@many@</b></a>", { .one = "1", .many = "x,y" },
		    "<a>1<b>x</b><b>y</b></a>" },
		{ "a list inside a value", "<a>@one@<b x='(@many@)'/></a>",
		    { .one = "1", .many = "x,y" }, "<a>1<b x=\"(x)\"/><b x=\"(y)\"/></a>" },
		{ "a list in the second attribute", "<a>@one@<b w='1' x='@many@'/></a>",
		    { .one = "1", .many = "x,y" },
		    "<a>1<b w=\"1\" x=\"x\"/><b w=\"1\" x=\"y\"/></a>" },
		{ "a list and a hole in one value", "<a><b x='@one@@many@'/></a>",
		    { .one = "1", .many = "x,y" }, "<a><b x=\"1x\"/><b x=\"1y\"/></a>" },
		{ "the item again further inside", "<a>@one@<b x='@many@'><c>@many@</c></b></a>",
		    { .one = "1", .many = "x,y" },
		    "<a>1<b x=\"x\"><c>x</c></b><b x=\"y\"><c>y</c></b></a>" },
		{ "a list and a hole without a value", "<a><b x='@many@' y='@one@'/><c/></a>",
		    { .many = "x,y" }, "<a><c/></a>" },
		{ "a hole without a value inside a repeated element",
		    "<a><b x='@many@'><c>@one@</c></b></a>", { .many = "x,y" },
		    "<a><b x=\"x\"/><b x=\"y\"/></a>" },
		{ "two lists side by side", "<a>@one@<b x='@many@'/><c x='@more@'/></a>",
		    { .one = "1", .many = "x,y", .more = "z" },
		    "<a>1<b x=\"x\"/><b x=\"y\"/><c x=\"z\"/></a>" },
		{ "two lists in one element: each with each",
		    "<a>@one@<b x='@many@' y='@more@'/></a>",
		    { .one = "1", .many = "x,y", .more = "v,w" },
		    "<a>1<b x=\"x\" y=\"v\"/><b x=\"x\" y=\"w\"/><b x=\"y\" y=\"v\"/>"
		    "<b x=\"y\" y=\"w\"/></a>" },
		{ "lists whose names begin alike advance together",
		    "<a>@one@<b x='@many@' y='@many-along@'/></a>",
		    { .one = "1", .many = "x,y", .along = "v,w" },
		    "<a>1<b x=\"x\" y=\"v\"/><b x=\"y\" y=\"w\"/></a>" },
		{ "also inside of the element that one of them repeats",
		    "<a>@one@<b x='@many@'><c y='@many-along@'/></b></a>",
		    { .one = "1", .many = "x,y", .along = "v,w" },
		    "<a>1<b x=\"x\"><c y=\"v\"/></b><b x=\"y\"><c y=\"w\"/></b></a>" },
		{ "but not outside of it", "<a>@one@<b x='@many@'/><c y='@many-along@'/></a>",
		    { .one = "1", .many = "x,y", .along = "v,w" },
		    "<a>1<b x=\"x\"/><b x=\"y\"/><c y=\"v\"/><c y=\"w\"/></a>" },
		{ "lists of another length do not", "<a>@one@<b x='@many@' y='@many-along@'/></a>",
		    { .one = "1", .many = "x,y", .along = "v" },
		    "<a>1<b x=\"x\" y=\"v\"/><b x=\"y\" y=\"v\"/></a>" },
		{ "a list inside a list", "<a>@one@<b x='@many@'><c y='@more@'/></b></a>",
		    { .one = "1", .many = "x,y", .more = "v,w" },
		    "<a>1<b x=\"x\"><c y=\"v\"/><c y=\"w\"/></b><b x=\"y\"><c y=\"v\"/><c "
		    "y=\"w\"/></b></a>" },
		{ "a list of none that takes other holes with it", "<a><b x='@many@'>@one@</b></a>",
		    { .one = "1", .many = "" }, "<a/>" },
	};

	(void)state;
	check_fillings(cases, RC_COUNT(cases));
}

static void
test_refusals(void **state)
{
	static const struct filling cases[] = {
		{ "unknown in text", "<a>\n<b>@one@</b>\n<c>@none@</c></a>", { .one = "1" },
		    "T:3: unknown hole @none@" },
		{ "unknown in an attribute", "<a>\n\n<b c='@one@@none@'/></a>", { .one = "1" },
		    "T:3: unknown hole @none@" },
		{ "unknown where it would be left out", "<a>\n<b c='@one@'><d>@none@</d></b></a>",
		    { 0 }, "T:2: unknown hole @none@" },
		{ "unknown in a list of none", "<a>@one@\n<b c='@many@'>@none@</b></a>",
		    { .one = "1", .many = "" }, "T:2: unknown hole @none@" },
		{ "misspelt in capitals", "<a b='@One@'>@one@</a>", { .one = "1" },
		    "T:1: unknown hole @One@" },
		{ "misspelt with a line below", "<a b='@o_ne@'>@one@</a>", { .one = "1" },
		    "T:1: unknown hole @o_ne@" },
		{ "the beginning of a name", "<a b='@on@'>@one@</a>", { .one = "1" },
		    "T:1: unknown hole @on@" },
		{ "more than a name", "<a b='@one1@'>@one@</a>", { .one = "1" },
		    "T:1: unknown hole @one1@" },
		{ "missing", "\n<a>\n<b/></a>", { .one = "1" }, "T:2: <a> lacks the hole @one@" },
		{ "missing though it has no value", "<a/>", { 0 },
		    "T:1: <a> lacks the hole @one@" },
		{ "a missing list", "<a>@one@</a>", { .one = "1", .many = "x" },
		    "T:1: <a> lacks the hole @many@" },
		{ "only in a comment", "<a><!-- @one@ --></a>", { .one = "1" },
		    "T:1: <a> lacks the hole @one@" },
		{ "no value in the root", "<!-- -->\n<a b='@one@'/>", { 0 },
		    "T:2: a hole of <a> itself is a list or has no value" },
		{ "no value in the root's text", "<a>@one@<b/></a>", { 0 },
		    "T:1: a hole of <a> itself is a list or has no value" },
		{ "a list in the root", "<a b='@many@'>@one@</a>", { .one = "1", .many = "x,y" },
		    "T:1: a hole of <a> itself is a list or has no value" },
		{ "a control character in a value", "<a>@one@</a>", { .one = "x\x01" },
		    "T: the value for @one@ is not UTF-8 or holds a control character" },
		{ "a value that is not UTF-8", "<a b='@one@'/>", { .one = "\xff" },
		    "T: the value for @one@ is not UTF-8 or holds a control character" },
		{ "an item that is not UTF-8", "<a>@one@<b>@many@</b></a>",
		    { .one = "1", .many = "x,\xff,y" },
		    "T: the value for @many@ is not UTF-8 or holds a control character" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_error err = { 0 };
		char *text = NULL;

		if (fill(&text, cases[i].text, &cases[i].wish, &err) == 0)
			fail_msg("%s: gives %s", cases[i].why, text);
		if (strcmp(err.text, cases[i].expected) != 0)
			fail_msg("%s: %s", cases[i].why, err.text);
		assert_int_equal(err.code, strstr(err.text, "the value for") ? RC_FAILED : RC_HOST);
		assert_null(text);
	}
}

/* Whatever a value is, what is read from the place of the hole is the value. */
static void
test_values_stay_data(void **state)
{
	static const char *const values[] = { "a & b &lt; <c/>", "'\"", "\" onload=\"x", "</a><b>",
		"]]>", "<![CDATA[", "<!--", "-->", "<?x?>", "&#10;", "&e;", "%e;", "a\tb\nc\rd",
		" a ", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", "\x7f\xc2\x9b", "@one@", "$IP",
		"\\" };

	(void)state;
	for (size_t i = 0; i < RC_COUNT(values); i++) {
		const struct wish wish = { .one = values[i], .many = "x" };
		scoped(rc_str_release) char *text = NULL, *content = NULL, *attribute = NULL;
		scoped(rc_xml_release) xmlDoc *doc = NULL;
		struct rc_error err = { 0 };
		xmlNode *root;

		if (fill(&text, "<a><b>@one@</b><c d='@one@' e='@many@'/></a>", &wish, &err) < 0 ||
		    rc_xml_parse(&doc, text, "filled", &err) < 0)
			fail_msg("%s: %s", values[i], err.text);
		root = xmlDocGetRootElement(doc);
		content = rc_xml_content(rc_xml_child(root, "b"));
		attribute = rc_xml_attribute(rc_xml_child(root, "c"), "d");
		assert_string_equal(content, values[i]);
		assert_string_equal(attribute, values[i]);
		assert_int_equal(xmlChildElementCount(root), 2);
	}
}

static unsigned opened;

static xmlParserInput *
count_opened(const char *url, const char *id, xmlParserCtxt *parser)
{
	(void)url;
	(void)id;
	(void)parser;
	opened++;
	return NULL;
}

static void
test_hostile(void **state)
{
	/* What follows a bare line number is libxml2's, and differs between its versions. */
	static const struct {
		const char *file, *begin; /* NULL: taken, and nothing of it carried out */
	} cases[] = {
		{ "bomb-attribute.xml", "T:2: a DOCTYPE is not allowed here" },
		{ "bomb.xml", "T:4: a DOCTYPE is not allowed here" },
		{ "deep.xml", "T:1: " },
		{ "empty.xml", "T:1: " },
		{ "external-dtd.xml", "T:1: a DOCTYPE is not allowed here" },
		{ "external-entity.xml", "T:1: a DOCTYPE is not allowed here" },
		{ "inclusion.xml", NULL },
		{ "ini.xml", "T:1: " },
		{ "instructions.xml", NULL },
		{ "latin1.xml", "T:2: " },
		{ "nul-by-number.xml", "T:1: " },
		{ "parameter-entity.xml", "T:1: a DOCTYPE is not allowed here" },
		{ "two-roots.xml", "T:2: " },
		{ "unclosed.xml", "T:4: " },
		{ "utf16.xml", "T:1: " },
	};

	(void)state;
	xmlSetExternalEntityLoader(count_opened);
	check_files(HOSTILE, RC_COUNT(cases));
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *path = rc_format(HOSTILE "/%s", cases[i].file);
		struct rc_error err = { 0 };
		scoped(rc_str_release) char *bytes = NULL, *text = NULL;
		size_t size;

		assert_int_equal(rc_file_read(&bytes, &size, path, 1 << 20, &err), 0);
		if ((fill(&text, bytes, &(struct wish){ .one = "1" }, &err) < 0) !=
		    (cases[i].begin != NULL))
			fail_msg("%s: %s", cases[i].file, text ? text : err.text);
		if (cases[i].begin && !rc_str_starts(err.text, cases[i].begin))
			fail_msg("%s: %s", cases[i].file, err.text);
		assert_null(strstr(text ? text : err.text, "root:"));
		assert_int_equal(err.code, text ? RC_OK : RC_HOST);
	}
	assert_int_equal(opened, 0);
}

/* As large as a template may be: many holes, one long value, many lines. */
static void
test_large(void **state)
{
	const size_t size = 256 * 1024;
	scoped(rc_str_release) char *text = rc_alloc(size + 1, 1), *filled = NULL, *expected = NULL;
	struct rc_error err = { 0 };
	unsigned line = 1;
	char *at = text;

	(void)state;
	at = stpcpy(at, "<a>\n");
	for (; at < text + size - 20; line++)
		at = stpcpy(at, "<b>@one@</b>\n");
	stpcpy(at, "</a>");
	assert_int_equal(fill(&filled, text, &(struct wish){ .one = "12345" }, &err), 0);
	assert_int_equal(strlen(filled), strlen(text) + 1);
	assert_null(strchr(filled, '@'));
	memcpy(at - strlen("@one@</b>\n"), "@two@", 5);
	rc_str_release(&filled);
	assert_int_equal(rc_template_text(&filled, text, "T",
			     (struct rc_hole[]){ { "one", "1", NULL }, { 0 } }, &err),
	    -1);
	expected = rc_format("T:%u: unknown hole @two@", line);
	assert_string_equal(err.text, expected);
}

static void
test_deep(void **state)
{
	scoped(rc_str_release) char *text = rc_alloc(10000, 1), *filled = NULL;
	struct rc_error err = { 0 };
	char *at = text;

	(void)state;
	for (int i = 0; i < 250; i++)
		at = stpcpy(at, "<a>");
	at = stpcpy(at, "@one@");
	for (int i = 0; i < 250; i++)
		at = stpcpy(at, "</a>");
	assert_int_equal(fill(&filled, text, &(struct wish){ .one = "1" }, &err), 0);
	assert_non_null(strstr(filled, "<a>1</a>"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_values_stay_data),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
