/*
 * What the tests of documents share: files read whole, golden files
 * (RC_REGENERATE=1 writes them anew), and libvirt's own schemas.
 */
#ifndef RC_TESTS_GOLDEN_H
#define RC_TESTS_GOLDEN_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"

#define GOLDEN(name) RC_TESTS "/golden/" name
#define TEMPLATE(name) RC_TESTS "/../templates/" name

static inline char *
file_text(const char *path)
{
	struct rc_error err = { 0 };
	char *text = NULL;

	if (rc_file_read(&text, NULL, path, 4 << 20, &err) < 0)
		fail_msg("%s", err.text);
	return text;
}

static inline void
check_golden(const char *text, const char *path)
{
	scoped(rc_str_release) char *expected = NULL;
	struct rc_error err = { 0 };

	if (getenv("RC_REGENERATE") && rc_file_publish(path, text, strlen(text), 0644, &err) < 0)
		fail_msg("%s", err.text);
	expected = file_text(path);
	assert_string_equal(text, expected);
}

/* Does libvirt's schema (domain, network, nwfilter, storagepool) accept the file? */
static inline void
check_schema(const char *path, const char *schema)
{
	scoped(rc_str_release) char *command =
	    rc_format("virt-xml-validate '%s' %s 2>&1", path, schema);
	char output[2000];
	size_t size;
	FILE *pipe;

	if (access("/usr/bin/virt-xml-validate", X_OK) < 0) {
		if (getenv("RC_MUST_RUN"))
			fail_msg("virt-xml-validate is missing");
		print_message("SKIP: virt-xml-validate is missing\n");
		skip();
	}
	pipe = popen(command, "r");
	assert_non_null(pipe);
	size = fread(output, 1, sizeof(output) - 1, pipe);
	output[size] = '\0';
	if (pclose(pipe) != 0)
		fail_msg("%s", output);
}

/* text with the first `from` replaced. */
static inline char *
replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	if (!at)
		fail_msg("'%s' is not there to be replaced", from);
	return rc_format("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

/* A corpus has no file that its table does not name. */
static inline void
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

#endif
