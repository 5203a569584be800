/* Golden files, schemas, and corpora. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <libxml/relaxng.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "golden.h"

#define SCHEMAS "/usr/share/libvirt/schemas"
#define MESSAGE_MAX 400

char *
file_text(const char *path)
{
	struct rc_error err = { 0 };
	char *text = NULL;

	if (rc_file_read(&text, NULL, path, 4 << 20, &err) < 0)
		fail_msg("%s", err.text);
	return text;
}

void
check_golden(const char *text, const char *path)
{
	scoped(rc_str_release) char *expected = NULL;
	struct rc_error err = { 0 };

	if (getenv("RC_REGENERATE") && rc_file_publish(path, text, strlen(text), 0644, &err) < 0)
		fail_msg("%s", err.text);
	expected = file_text(path);
	assert_string_equal(text, expected);
}

static void RC_PRINTF(2, 3) keep_message(void *context, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(context, MESSAGE_MAX, fmt, args);
	va_end(args);
}

/* What virt-xml-validate does with xmllint, and libvirt itself when it is asked to validate. */
void
check_schema(const char *path, const char *schema)
{
	scoped(rc_str_release) char *file = rc_format(SCHEMAS "/%s.rng", schema);
	char message[MESSAGE_MAX] = "";
	xmlRelaxNGParserCtxt *parser;
	xmlRelaxNGValidCtxt *validator;
	xmlRelaxNG *grammar;
	xmlDoc *doc;
	int result;

	if (access(file, R_OK) < 0) {
		if (getenv("RC_MUST_RUN"))
			fail_msg("%s is missing", file);
		print_message("SKIP: %s is missing\n", file);
		rc_str_release(&file);
		skip();
	}
	parser = xmlRelaxNGNewParserCtxt(file);
	grammar = xmlRelaxNGParse(parser);
	assert_non_null(grammar);
	doc = xmlReadFile(path, NULL, XML_PARSE_NONET);
	assert_non_null(doc);
	validator = xmlRelaxNGNewValidCtxt(grammar);
	xmlRelaxNGSetValidErrors(validator, keep_message, NULL, message);
	result = xmlRelaxNGValidateDoc(validator, doc);
	xmlRelaxNGFreeValidCtxt(validator);
	xmlRelaxNGFree(grammar);
	xmlRelaxNGFreeParserCtxt(parser);
	xmlFreeDoc(doc);
	if (result != 0)
		fail_msg("%s: libvirt's %s.rng does not take it: %s", path, schema, message);
}

char *
replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	if (!at)
		fail_msg("'%s' is not there to be replaced", from);
	return rc_format("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

void
check_files(const char *path, size_t expected)
{
	DIR *directory = opendir(path);
	size_t files = 0;

	assert_non_null(directory);
	for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory))
		files += entry->d_name[0] != '.';
	closedir(directory);
	assert_int_equal(files, expected);
}
