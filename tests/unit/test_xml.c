/* libxml2 with the dangers off: nothing is opened, nothing is expanded, each error has its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <libxml/parser.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/xml.h"
#include "golden.h"

static unsigned opened;

/* Whatever libxml2 would open comes by here first. */
static xmlParserInput *
count_opened(const char *url, const char *id, xmlParserCtxt *parser)
{
	(void)url;
	(void)id;
	(void)parser;
	opened++;
	return NULL;
}

static int
set_up(void **state)
{
	(void)state;
	xmlSetExternalEntityLoader(count_opened);
	return 0;
}

static void
test_refusals(void **state)
{
	static const struct {
		const char *why, *text, *begin;
	} cases[] = {
		{ "nothing", "", "F:1: " },
		{ "blanks", " \n\n ", "F:3: " },
		{ "a comment alone", "<!-- x -->\n", "F:2: " },
		{ "not XML", "key = value", "F:1: " },
		{ "not closed", "<a>\n<b>\n</a>", "F:3: " },
		{ "cut off", "<a>\n<b", "F:2: " },
		{ "two roots", "<a/>\n<b/>", "F:2: " },
		{ "text behind the root", "<a/>\n\nx", "F:3: " },
		{ "an attribute twice", "<a\nb='1'\nb='2'/>", "F:3: " },
		{ "no quotes", "<a b=1/>", "F:1: " },
		{ "a bare ampersand", "<a>\n&</a>", "F:2: " },
		{ "an entity nobody declared", "<a>\n\n&e;</a>", "F:3: " },
		{ "the same in an attribute", "<a>\n<b c='&e;'/></a>", "F:2: " },
		{ "a control character", "<a>\n\x01</a>", "F:2: " },
		{ "the same by number", "<a>&#1;</a>", "F:1: " },
		{ "not UTF-8", "<a>\n\xff</a>", "F:2: " },
		{ "half a surrogate", "<a>\xed\xa0\x80</a>", "F:1: " },
		{ "a long form", "<a>\xc0\xbc</a>", "F:1: " },
		{ "a declaration that comes late", "\n<?xml version='1.0'?><a/>", "F:2: " },
		{ "a DOCTYPE", "<!DOCTYPE a><a/>", "F:1: a DOCTYPE is not allowed here" },
		{ "a DOCTYPE further down",
		    "<?xml version='1.0'?>\n<!--\n-->\n\n<!DOCTYPE a>\n<a/>",
		    "F:5: a DOCTYPE is not allowed here" },
		{ "a DOCTYPE without a root", "\n<!DOCTYPE a>",
		    "F:2: a DOCTYPE is not allowed here" },
		{ "a DOCTYPE that is cut off", "\n<!DOCTYPE a [", "F:2: a DOCTYPE is not allowed" },
		{ "an entity from a file",
		    "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
		    "F:1: a DOCTYPE is not allowed here" },
		{ "a parameter entity from a file",
		    "<!DOCTYPE a [<!ENTITY % e SYSTEM '/etc/passwd'>%e;]><a/>",
		    "F:1: a DOCTYPE is not allowed here" },
		{ "a DTD from a file", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
		    "F:1: a DOCTYPE is not allowed here" },
		{ "a DTD from the network", "<!DOCTYPE a SYSTEM 'http://[::1]:1/x'><a/>",
		    "F:1: a DOCTYPE is not allowed here" },
		{ "laughs",
		    "<!DOCTYPE a [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><a b='&b;'/>",
		    "F:1: a DOCTYPE is not allowed here" },
		{ "an attribute by default", "<!DOCTYPE a [<!ATTLIST a b CDATA 'c'>]><a/>",
		    "F:1: a DOCTYPE is not allowed here" },
	};

	(void)state;
	opened = 0;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_error err = { 0 };
		xmlDoc *doc = NULL;

		if (rc_xml_parse(&doc, cases[i].text, "F", &err) == 0)
			fail_msg("%s: was taken", cases[i].why);
		if (!rc_str_starts(err.text, cases[i].begin))
			fail_msg("%s: %s", cases[i].why, err.text);
		assert_int_equal(err.code, RC_FAILED);
		assert_int_equal(err.hint[0] != '\0', strstr(err.text, "DOCTYPE") != NULL);
		assert_null(strpbrk(err.text, "\n\x01"));
		assert_null(doc);
	}
	assert_int_equal(opened, 0);
}

/* A path may be as long as it likes. */
static void
test_long_origin(void **state)
{
	char origin[2000];
	struct rc_error err = { 0 };
	xmlDoc *doc = NULL;

	(void)state;
	memset(origin, 'x', sizeof(origin) - 1);
	origin[sizeof(origin) - 1] = '\0';
	assert_int_equal(rc_xml_parse(&doc, "<a>", origin, &err), -1);
	assert_int_equal(rc_xml_parse(&doc, "<!DOCTYPE a>", origin, &err), -1);
}

static void
test_taken(void **state)
{
	static const struct {
		const char *why, *text, *expected;
	} cases[] = {
		{ "a declaration goes", "<?xml version='1.0'?><a/>", "<a/>\n" },
		{ "so does an encoding",
		    "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xc3\xbc</a>",
		    "<a>\xc3\xbc</a>\n" },
		{ "a byte order mark goes", "\xef\xbb\xbf<a/>", "<a/>\n" },
		{ "CDATA is text", "<a><![CDATA[<&]]>x</a>", "<a>&lt;&amp;x</a>\n" },
		{ "the five entities are text", "<a b='&lt;&quot;'>&amp;&apos;</a>",
		    "<a b=\"&lt;&quot;\">&amp;'</a>\n" },
		{ "an instruction is only kept", "<a><?php system('id') ?></a>",
		    "<a><?php system('id') ?></a>\n" },
		{ "an inclusion is only kept",
		    "<a xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='/etc/passwd' "
		    "parse='text'/></a>",
		    "<a xmlns:xi=\"http://www.w3.org/2001/XInclude\"><xi:include "
		    "href=\"/etc/passwd\" "
		    "parse=\"text\"/></a>\n" },
		{ "a stylesheet is only kept", "<?xml-stylesheet href='/etc/passwd'?>\n<a/>",
		    "<?xml-stylesheet href='/etc/passwd'?>\n<a/>\n" },
		{ "a comment that looks like a DOCTYPE", "<!-- <!DOCTYPE a> -->\n<a/>",
		    "<!-- <!DOCTYPE a> -->\n<a/>\n" },
	};

	(void)state;
	opened = 0;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_xml_release) xmlDoc *doc = NULL;
		scoped(rc_str_release) char *text = NULL;
		struct rc_error err = { 0 };

		if (rc_xml_parse(&doc, cases[i].text, "F", &err) < 0)
			fail_msg("%s: %s", cases[i].why, err.text);
		text = rc_xml_text(doc);
		if (strcmp(text, cases[i].expected) != 0)
			fail_msg("%s: %s", cases[i].why, text);
	}
	assert_int_equal(opened, 0);
}

static void
test_reading(void **state)
{
	static const char text[] = "<d xmlns:x='urn:x'><!-- <i/> --><i a='1' x:b='2'>t</i>u<j/>"
				   "<x:i a='3'><k><l>deep</l></k></x:i><i a=''/></d>";
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	scoped(rc_str_release) char *a = NULL, *b = NULL, *t = NULL, *deep = NULL, *empty = NULL;
	struct rc_error err = { 0 };
	xmlNode *root, *i;

	(void)state;
	assert_int_equal(rc_xml_parse(&doc, text, "F", &err), 0);
	root = xmlDocGetRootElement(doc);
	i = rc_xml_child(root, "i");
	a = rc_xml_attribute(i, "a");
	b = rc_xml_attribute(i, "b");
	t = rc_xml_content(i);
	assert_string_equal(a, "1");
	assert_null(b); /* another namespace's */
	assert_string_equal(t, "t");
	i = rc_xml_next(i);
	deep = rc_xml_content(rc_xml_path(i, "k/l"));
	assert_string_equal(deep, "deep");
	i = rc_xml_next(i);
	empty = rc_xml_attribute(i, "a");
	assert_string_equal(empty, "");
	assert_null(rc_xml_next(i));
	assert_null(rc_xml_path(root, "i/k/l")); /* only in the second i */
	assert_ptr_equal(rc_xml_path(root, ""), root);
}

static void
test_nothing_to_read(void **state)
{
	(void)state;
	assert_null(rc_xml_child(NULL, "a"));
	assert_null(rc_xml_path(NULL, "a/b"));
	assert_null(rc_xml_next(NULL));
	assert_null(rc_xml_attribute(NULL, "a"));
	assert_null(rc_xml_content(NULL));
}

static void
test_can_say(void **state)
{
	static const struct {
		const char *why, *text;
		bool good;
	} cases[] = {
		{ "nothing", "", true },
		{ "blanks of all kinds", " \t\r\n", true },
		{ "markup", "<&>'\"]]>", true },
		{ "two to four bytes", "\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80", true },
		{ "the last before the surrogates", "\xed\x9f\xbf", true },
		{ "the last of all", "\xf4\x8f\xbf\xbf", true },
		{ "delete and C1, which XML allows", "\x7f\xc2\x9b", true },
		{ "the first control character", "a\x01", false },
		{ "an escape", "\x1b[2J", false },
		{ "the last control character",
		    "a\x1f"
		    "b",
		    false },
		{ "a surrogate", "\xed\xa0\x80", false },
		{ "U+FFFE", "\xef\xbf\xbe", false },
		{ "U+FFFF", "\xef\xbf\xbf", false },
		{ "beyond Unicode", "\xf4\x90\x80\x80", false },
		{ "a lone continuation", "a\x80", false },
		{ "two continuations", "a\x9f\x9f", false },
		{ "cut off after one", "a\xc3", false },
		{ "cut off after two", "a\xe2\x82", false },
		{ "cut off after three", "a\xf0\x9f\x98", false },
		{ "no continuation", "\xc3(", false },
		{ "a long form of two", "\xc0\xbc", false },
		{ "a long form of three", "\xe0\x80\xbc", false },
		{ "a long form of four", "\xf0\x80\x80\xbc", false },
		{ "no such byte", "\xff", false },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_xml_release) xmlDoc *doc = xmlNewDoc(RC_XML("1.0")), *again = NULL;
		scoped(rc_str_release) char *text = NULL;
		struct rc_error err = { 0 };

		if (rc_xml_can_say(cases[i].text) != cases[i].good)
			fail_msg("%s", cases[i].why);
		if (!cases[i].good)
			continue;
		/* What it promises: libxml2 reads what it has written. */
		xmlDocSetRootElement(doc, xmlNewDocNode(doc, NULL, RC_XML("a"), NULL));
		xmlSetProp(xmlDocGetRootElement(doc), RC_XML("b"), RC_XML(cases[i].text));
		text = rc_xml_text(doc);
		if (rc_xml_parse(&again, text, "F", &err) < 0)
			fail_msg("%s: %s", cases[i].why, err.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_refusals, set_up),
		cmocka_unit_test(test_long_origin),
		cmocka_unit_test_setup(test_taken, set_up),
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_nothing_to_read),
		cmocka_unit_test(test_can_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
