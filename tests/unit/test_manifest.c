/* manifest.json: what is written can be read; what is wrong is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "core/manifest.h"

#define READ_MAX (4 << 20)
#define GOLDEN RC_TESTS "/golden/manifest.json"
#define HOSTILE RC_TESTS "/hostile/manifest"
#define SUM "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char *
file_text(const char *path)
{
	struct rc_error err = { 0 };
	char *text = NULL;

	if (rc_file_read(&text, &(size_t){ 0 }, path, READ_MAX, &err) < 0)
		fail_msg("%s", err.text);
	return text;
}

/* text with the first `from` replaced; NULL: the whole text. */
static char *
replaced(const char *text, const char *from, const char *to)
{
	const char *at = from ? strstr(text, from) : text;

	if (!from)
		return rc_strdup(to);
	if (!at)
		fail_msg("'%s' is not there to be replaced", from);
	return rc_format("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static void
test_read(void **state)
{
	scoped(rc_manifest_release) struct rc_manifest read = { 0 };
	scoped(rc_str_release) char *text = file_text(GOLDEN);
	struct rc_error err = { 0 };

	(void)state;
	if (rc_manifest_read(&read, text, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(read.name, "appliance");
	assert_string_equal(read.version, "20260111.1");
	assert_string_equal(read.architecture, "x86_64");
	assert_string_equal(read.cmdline, "console=ttyS0 quiet");
	assert_string_equal(read.kernel, "6.1.0-56");
	assert_string_equal(read.docker, "20.10.24+dfsg1");
	assert_string_equal(read.runner, "17.5.0");
	assert_int_equal(read.created, 1768142364);
	assert_int_equal(read.parts[RC_IMAGE_KERNEL].size, 14186432);
	assert_int_equal(read.parts[RC_IMAGE_INITRD].size, 3768832);
	assert_int_equal(read.parts[RC_IMAGE_ROOT].size, 402653184);
	assert_string_equal(read.parts[RC_IMAGE_ROOT].sha256, SUM);
}

/* A manifest as short as can be; strings are literals, so it is not released. */
static struct rc_manifest
small(void)
{
	static char name[] = "a", version[] = "1", architecture[] = "aarch64", cmdline[] = "";
	struct rc_manifest manifest = {
		.name = name,
		.version = version,
		.architecture = architecture,
		.cmdline = cmdline,
		.created = 1,
	};

	manifest.parts[RC_IMAGE_KERNEL] = (struct rc_image_file){ 1, SUM };
	manifest.parts[RC_IMAGE_ROOT] = (struct rc_image_file){ INT64_C(1) << 40, SUM };
	return manifest;
}

static void
test_written_is_read(void **state)
{
	static const char *const contents[] = { NULL, "{}", "{\"a\": [1, \"\xc3\xbc\\n\"]}" };
	const struct rc_manifest wish = small();

	(void)state;
	for (size_t i = 0; i < RC_COUNT(contents); i++) {
		scoped(rc_manifest_release) struct rc_manifest back = { 0 };
		scoped(rc_str_release) char *text = NULL;
		struct rc_error err = { 0 };

		if (rc_manifest_write(&text, &wish, contents[i], &err) < 0 ||
		    rc_manifest_read(&back, text, &err) < 0)
			fail_msg("%s", err.text);
		assert_string_equal(back.architecture, "aarch64");
		assert_string_equal(back.cmdline, "");
		assert_null(back.docker);
		assert_int_equal(back.parts[RC_IMAGE_INITRD].size, 0);
		assert_int_equal(back.parts[RC_IMAGE_ROOT].size, INT64_C(1) << 40);
		assert_int_equal(strstr(text, "contents") != NULL, contents[i] != NULL);
	}
}

static void
test_not_written(void **state)
{
	static char dot[] = "1/2", capital[] = "Debian";
	static const struct {
		const char *why;
		char *name, *version;
		const char *contents, *needle;
		uint64_t size;
	} cases[] = {
		{ "no member", NULL, NULL, NULL, "'name' is missing", 1 },
		{ "bad name", capital, NULL, NULL, "'name' may not hold", 1 },
		{ "bad version", dot, dot, NULL, "may not hold the character", 1 },
		{ "no JSON", dot, NULL, "{\n \"a\": x}", "line 2, column 7: this is not JSON", 1 },
		{ "a list", dot, NULL, "[]", "not an object", 1 },
		{ "no root", dot, NULL, NULL, "there must be either root.squashfs or root.erofs",
		    0 },
		{ "too large", dot, NULL, NULL, "files: root.squashfs: 'size'", UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_manifest wish = small();
		struct rc_error err = { 0 };
		char *text = NULL;

		/* Any text but NULL stands for the good name here. */
		wish.name = cases[i].name == dot ? wish.name : cases[i].name;
		wish.version = cases[i].version ? cases[i].version : wish.version;
		wish.parts[RC_IMAGE_ROOT].size = cases[i].size;
		if (rc_manifest_write(&text, &wish, cases[i].contents, &err) == 0)
			fail_msg("%s: was written", cases[i].why);
		if (!strstr(err.text, cases[i].needle))
			fail_msg("%s: %s", cases[i].why, err.text);
		assert_null(text);
	}
}

/* One edit of the good manifest each; where `from` is NULL, `to` is the whole text. */
static const struct {
	const char *why, *from, *to, *needle;
} edits[] = {
	{ "schema of the future", "\"schema\": 1", "\"schema\": 2", "'schema' is not" },
	{ "schema as text", "\"schema\": 1", "\"schema\": \"1\"", "or not a number" },
	{ "no schema", "\"schema\": 1,", "", "'schema' is missing" },
	{ "layout disk", "\"layout\": \"appliance\"", "\"layout\": \"disk\"",
	    "member 'cmdline' is not known" },
	{ "a layout of the future", "\"layout\": \"appliance\"", "\"layout\": \"tape\"",
	    "layout 'tape' is not supported by this version" },
	{ "a member of disks", "\"schema\"", "\"root_partition\": 1, \"schema\"",
	    "member 'root_partition' is not known" },
	{ "a file of disks", "\"initrd\"", "\"disk.raw\"",
	    "file 'disk.raw' is not one of this layout" },
	{ "layout of no type", "\"layout\": \"appliance\"", "\"layout\": true",
	    "'layout' is missing or not a text" },
	{ "unknown member", "\"schema\"", "\"color\": 1, \"schema\"",
	    "member 'color' is not known" },
	{ "no name", "\"name\": \"appliance\",", "", "'name' is missing" },
	{ "name with a capital", "\"name\": \"a", "\"name\": \"A",
	    "'name' may not hold the character at 1 of 'Appliance'" },
	{ "name with a leading digit", "\"name\": \"a", "\"name\": \"1",
	    "'1ppliance' is not the name of an image" },
	{ "empty name", "\"name\": \"appliance\"", "\"name\": \"\"", "'name' is empty" },
	{ "name of 32", "\"name\": \"", "\"name\": \"aaaaaaaaaaaaaaaaaaaaaaa", "longer than 31" },
	{ "version with '@'", "20260111.1", "1@2", "'version' may not hold" },
	{ "version with '/'", "20260111.1", "../1", "'version' may not hold" },
	{ "empty version", "20260111.1", "", "'version' is empty" },
	{ "architecture with a blank", "x86_64", "x86 64", "'architecture' may not hold" },
	{ "cmdline not ASCII", "quiet", "qu\xc3\xaft", "'cmdline' may not hold" },
	{ "cmdline with a tab", "quiet", "\\t", "'cmdline' may not hold" },
	{ "cmdline a number", "\"console=ttyS0 quiet\"", "1", "'cmdline' is missing or not" },
	{ "version inside not a text", "\"20.10.24+dfsg1\"", "null",
	    "'docker' is missing or not a text" },
	{ "version inside with an escape", "6.1.0-56", "\\u001b[2J", "'kernel' may not hold" },
	{ "contents a list", NULL, "{\"schema\":1,\"layout\":\"appliance\",\"contents\":[]}",
	    "'contents' is not an object" },
	{ "member of the contents elsewhere", "\"schema\"", "\"docker\": \"1\", \"schema\"",
	    "member 'docker' is not known" },
	{ "not created", "\"created\": 1768142364,", "", "'created' is missing" },
	{ "created in a fraction", "1768142364", "1.5", "'created' is not a whole number" },
	{ "created after all time", "1768142364", "253402300800", "'created' is not" },
	{ "created before all time", "1768142364", "-1", "'created' is not a whole" },
	{ "no files", NULL,
	    "{\"schema\":1,\"layout\":\"appliance\",\"name\":\"a\",\"version\":\"1\","
	    "\"architecture\":\"a\",\"cmdline\":\"\",\"created\":1}",
	    "'files' is missing or not an object" },
	{ "a file a number", "\"vmlinuz\": {", "\"vmlinuz\": 1, \"initrd\": {",
	    "files: vmlinuz: this is not an object" },
	{ "unknown file", "\"initrd\"", "\"initrd.img\"",
	    "file 'initrd.img' is not one of this layout" },
	{ "path", "\"initrd\"", "\"a/initrd\"", "file name 'a/initrd' holds a '/'" },
	{ "no kernel", "\"vmlinuz\"", "\"initrd\"", "files: initrd: member 'initrd' is there" },
	{ "unknown member of a file", "\"size\"", "\"mode\": 1, \"size\"",
	    "files: vmlinuz: member 'mode' is not known" },
	{ "size 0", "14186432", "0", "files: vmlinuz: 'size' is not a whole number" },
	{ "size negative", "14186432", "-5", "'size' is not a whole number" },
	{ "size beyond a TiB", "14186432", "1099511627777", "from 1 to 1099511627776" },
	{ "size as text", "14186432", "\"1\"", "'size' is missing or not a number" },
	{ "no size", "\"size\": 14186432,", "", "'size' is missing or not a number" },
	{ "sum in capitals", "abcdef", "ABCDEF", "'sha256' is not 64 lower case hex digits" },
	{ "sum too short", "0123456789abcdef", "", "'sha256' is not 64" },
	{ "sum too long", "0123456789abcdef", "0123456789abcdef0", "'sha256' is not 64" },
	{ "sum missing", "\"sha256\"", "\"sum\"", "member 'sum' is not known" },
	{ "comma too many", "\"schema\": 1,", "\"schema\": 1,,", "line 2, column" },
};

static void
test_edits(void **state)
{
	scoped(rc_str_release) char *good = file_text(GOLDEN);

	(void)state;
	for (size_t i = 0; i < RC_COUNT(edits); i++) {
		scoped(rc_str_release) char *text = replaced(good, edits[i].from, edits[i].to);
		struct rc_manifest read = { 0 };
		struct rc_error err = { 0 };

		if (rc_manifest_read(&read, text, &err) == 0)
			fail_msg("%s: was taken", edits[i].why);
		assert_int_equal(err.code, RC_FAILED);
		if (!rc_str_starts(err.text, "manifest: ") || !strstr(err.text, edits[i].needle))
			fail_msg("%s: %s", edits[i].why, err.text);
		assert_null(read.name);
	}
}

static void
test_optional(void **state)
{
	static const char *const leave_out[] = { "\"kernel\": \"6.1.0-56\",",
		"\"docker\": \"20.10.24+dfsg1\",", "\"gitlab-runner\": \"17.5.0\"," };
	scoped(rc_str_release) char *good = file_text(GOLDEN);

	(void)state;
	for (size_t i = 0; i < RC_COUNT(leave_out); i++) {
		scoped(rc_manifest_release) struct rc_manifest read = { 0 };
		scoped(rc_str_release) char *text = replaced(good, leave_out[i], "");
		struct rc_error err = { 0 };

		if (rc_manifest_read(&read, text, &err) < 0)
			fail_msg("without %s: %s", leave_out[i], err.text);
	}
}

/* Every file of the corpus is refused, in one printable line, for the reason it was made for. */
static void
test_hostile(void **state)
{
	static const struct {
		const char *file, *needle;
	} cases[] = {
		{ "array.json", "this is JSON, but not an object" },
		{ "blanks.json", "this is not JSON" },
		{ "case-of-key.json", "member 'Version' is not known" },
		{ "deep-inside.json", "this is not JSON" },
		{ "deep.json", "line 1, column 1001: this is not JSON" },
		{ "disk-layout.json", "member 'disk' is not known" },
		{ "duplicate-file.json", "member 'root.squashfs' is there twice" },
		{ "duplicate-in-file.json", "member 'size' is there twice" },
		{ "duplicate-member.json", "member 'version' is there twice" },
		{ "empty.json", "this is not JSON" },
		{ "escape-in-key.json", "member '?]0;title??[2J' is not known" },
		{ "huge-number.json", "'size' is not a whole number" },
		{ "later-schema.json", "'schema' is not a whole number" },
		{ "long-text.json", "'cmdline' is longer than 1024 characters" },
		{ "newline-in-cmdline.json", "of 'console=ttyS0?quiet'" },
		{ "nul-in-key.json", "a text holds a NUL character" },
		{ "nul-in-text.json", "a text holds a NUL character" },
		{ "path-in-file.json", "file name '../../../etc/cron.d/x' holds a '/'" },
		{ "rounding-number.json", "'size' is not a whole number" },
		{ "truncated.json", "this is not JSON" },
		{ "two-documents.json", "this is not JSON" },
		{ "utf16.json", "line 1, column 1: this is not JSON" },
	};
	DIR *directory = opendir(HOSTILE);
	size_t files = 0;

	(void)state;
	assert_non_null(directory);
	for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory))
		files += entry->d_name[0] != '.';
	closedir(directory);
	assert_int_equal(files, RC_COUNT(cases));
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *path = rc_format(HOSTILE "/%s", cases[i].file);
		scoped(rc_str_release) char *text = file_text(path);
		struct rc_manifest read = { 0 };
		struct rc_error err = { 0 };

		if (rc_manifest_read(&read, text, &err) == 0)
			fail_msg("%s: was taken", cases[i].file);
		if (!strstr(err.text, cases[i].needle))
			fail_msg("%s: %s", cases[i].file, err.text);
		assert_null(read.name);
	}
}

/* Another name, and all else as it was: also what only people read. */
static void
test_rename(void **state)
{
	scoped(rc_str_release) char *golden = file_text(GOLDEN), *renamed = NULL, *back = NULL,
				    *same = NULL;
	scoped(rc_manifest_release) struct rc_manifest before = { 0 }, after = { 0 };
	struct rc_error err = { 0 };

	(void)state;
	assert_int_equal(rc_manifest_read(&before, golden, &err), 0);
	assert_int_equal(rc_manifest_rename(&renamed, golden, "other", &err), 0);
	assert_int_equal(rc_manifest_read(&after, renamed, &err), 0);
	assert_string_equal(after.name, "other");
	assert_string_equal(after.version, before.version);
	assert_memory_equal(after.parts, before.parts, sizeof(before.parts));
	assert_non_null(strstr(renamed, "\"packages\""));
	assert_int_equal(rc_manifest_rename(&back, renamed, before.name, &err), 0);
	assert_int_equal(rc_manifest_rename(&same, golden, before.name, &err), 0);
	assert_string_equal(back, same);
	assert_int_equal(rc_manifest_rename(&(char *){ NULL }, "{}", "other", &err), -1);
	assert_non_null(strstr(err.text, "'schema' is missing"));
}

/* Either root, and exactly one. */
static void
test_roots(void **state)
{
	scoped(rc_str_release) char *text = NULL, *none = NULL;
	struct rc_manifest manifest = small();
	struct rc_error err = { 0 };

	(void)state;
	manifest.parts[RC_IMAGE_ROOT_EROFS] = manifest.parts[RC_IMAGE_ROOT];
	assert_int_equal(rc_manifest_write(&none, &manifest, NULL, &err), -1);
	assert_non_null(strstr(err.text, "either root.squashfs or root.erofs"));
	manifest.parts[RC_IMAGE_ROOT].size = 0;
	assert_int_equal(rc_manifest_write(&text, &manifest, NULL, &err), 0);
	assert_non_null(strstr(text, "\"root.erofs\""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_written_is_read),
		cmocka_unit_test(test_not_written),
		cmocka_unit_test(test_edits),
		cmocka_unit_test(test_optional),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_rename),
		cmocka_unit_test(test_roots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
