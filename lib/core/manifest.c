/*
 * The image's manifest.json, read strictly: it decides which kernel boots and
 * which bytes are trusted, and it may come from elsewhere.  An unknown member
 * is an error, not a thing to skip: it may be what makes the image safe to
 * use.  All texts are short printable ASCII; only in `contents`, which is for
 * people, anything may stand.
 */
#include "core/manifest.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/manifest_internal.h"
#include "core/name.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define FILE_MAX (INT64_C(1) << 40)
#define LAST_SECOND INT64_C(253402300799) /* of the year 9999 */

/* What each layout is called, and its files. */
static const struct layout {
	const char *name;
	bool has[RC_IMAGE_PARTS];
} layouts[RC_LAYOUTS] = {
	[RC_LAYOUT_APPLIANCE] = { "appliance", { [RC_IMAGE_KERNEL] = true,
						   [RC_IMAGE_INITRD] = true,
						   [RC_IMAGE_ROOT] = true,
						   [RC_IMAGE_ROOT_EROFS] = true } },
	[RC_LAYOUT_DISK] = { "disk", { [RC_IMAGE_DISK_RAW] = true, [RC_IMAGE_DISK_QCOW2] = true } },
};

#define FIELD(f) offsetof(struct rc_manifest, f)
const struct rc_manifest_text rc_manifest_texts[RC_MANIFEST_TEXTS] = {
	{ "name", FIELD(name), 31, LOWER DIGITS "-", RC_IN_ALL },
	{ "version", FIELD(version), 40, LOWER UPPER DIGITS ".-", RC_IN_ALL },
	{ "architecture", FIELD(architecture), 16, LOWER DIGITS "_", RC_IN_ALL },
	{ "cmdline", FIELD(cmdline), 1024, NULL, RC_IN_APPLIANCE },
	{ "kernel", FIELD(kernel), 80, NULL, RC_IN_CONTENTS },
	{ "docker", FIELD(docker), 80, NULL, RC_IN_CONTENTS },
	{ "gitlab-runner", FIELD(runner), 80, NULL, RC_IN_CONTENTS },
};

static const struct {
	const char *key;
	enum rc_manifest_place place;
} other_keys[] = {
	{ "schema", RC_IN_ALL },
	{ "layout", RC_IN_ALL },
	{ "created", RC_IN_ALL },
	{ "files", RC_IN_ALL },
	{ "contents", RC_IN_ALL },
	{ RC_MANIFEST_PARTITION, RC_IN_DISK },
	{ RC_MANIFEST_VIRTUAL_SIZE, RC_IN_DISK },
};

static char **
text_of(struct rc_manifest *manifest, const struct rc_manifest_text *row)
{
	return (char **)(void *)((char *)manifest + row->offset);
}

void
rc_manifest_release(struct rc_manifest *manifest)
{
	for (size_t i = 0; i < RC_MANIFEST_TEXTS; i++)
		free(*text_of(manifest, &rc_manifest_texts[i]));
	*manifest = (struct rc_manifest){ 0 };
}

uint64_t
rc_manifest_size(const struct rc_manifest *manifest)
{
	uint64_t sum = 0;

	for (int i = 0; i < RC_IMAGE_PARTS; i++)
		sum += manifest->parts[i].size;
	return sum;
}

const char *
rc_layout_name(enum rc_layout layout)
{
	return layouts[layout].name;
}

int
rc_manifest_parse(cJSON **ret, const char *text, struct rc_error *err)
{
	const char *end = text, *line_start = text;
	scoped(rc_json_release) cJSON *json = cJSON_ParseWithOpts(text, &end, true);
	unsigned line = 1;

	if (!json) {
		for (const char *c = text; c < end; c++)
			if (*c == '\n') {
				line++;
				line_start = c + 1;
			}
		return rc_fail(err, RC_FAILED, "line %u, column %td: this is not JSON", line,
		    end - line_start + 1);
	}
	/* cJSON would end the text there, and another reader would not. */
	if (strstr(text, "\\u0000"))
		return rc_fail(err, RC_FAILED, "a text holds a NUL character");
	if (!cJSON_IsObject(json))
		return rc_fail(err, RC_FAILED, "this is JSON, but not an object");
	*ret = json;
	json = NULL;
	return 0;
}

static bool
is_in(enum rc_manifest_place place, enum rc_layout layout)
{
	switch (place) {
	case RC_IN_ALL:
		return true;
	case RC_IN_APPLIANCE:
		return layout == RC_LAYOUT_APPLIANCE;
	case RC_IN_DISK:
		return layout == RC_LAYOUT_DISK;
	case RC_IN_CONTENTS:
		break;
	}
	return false;
}

static bool
is_known_key(const char *key, enum rc_layout layout)
{
	for (size_t i = 0; i < RC_MANIFEST_TEXTS; i++)
		if (is_in(rc_manifest_texts[i].place, layout) &&
		    strcmp(key, rc_manifest_texts[i].key) == 0)
			return true;
	for (size_t i = 0; i < RC_COUNT(other_keys); i++)
		if (is_in(other_keys[i].place, layout) && strcmp(key, other_keys[i].key) == 0)
			return true;
	return false;
}

/* Of two members with one name, readers disagree on which counts. */
static int
check_single(const cJSON *member, struct rc_error *err)
{
	for (const cJSON *next = member->next; next; next = next->next)
		if (strcmp(next->string, member->string) == 0)
			return rc_fail(
			    err, RC_FAILED, "member '%.64s' is there twice", member->string);
	return 0;
}

static int
check_keys(const cJSON *json, enum rc_layout layout, struct rc_error *err)
{
	const cJSON *member;

	cJSON_ArrayForEach(member, json)
	{
		if (!is_known_key(member->string, layout))
			return rc_fail(
			    err, RC_FAILED, "member '%.64s' is not known", member->string);
		if (check_single(member, err) < 0)
			return -1;
	}
	return 0;
}

/* A whole number from 1 to max, which is at most 2^53, so that a double holds it. */
static int
read_number(int64_t *ret, const cJSON *json, const char *key, int64_t max, struct rc_error *err)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);

	if (!cJSON_IsNumber(item))
		return rc_fail(err, RC_FAILED, "'%s' is missing or not a number", key);
	if (!(item->valuedouble >= 1 && item->valuedouble <= (double)max) ||
	    item->valuedouble != (double)(int64_t)item->valuedouble)
		return rc_fail(
		    err, RC_FAILED, "'%s' is not a whole number from 1 to %" PRId64, key, max);
	*ret = (int64_t)item->valuedouble;
	return 0;
}

/* A schema or layout of another version has other members: say that first. */
static int
read_kind(enum rc_layout *ret, const cJSON *json, struct rc_error *err)
{
	const cJSON *layout = cJSON_GetObjectItemCaseSensitive(json, "layout");
	int64_t schema;

	if (read_number(&schema, json, "schema", 1, err) < 0)
		return rc_hint(err, "the image may be made for another version of runnerctl");
	if (!cJSON_IsString(layout))
		return rc_fail(err, RC_FAILED, "'layout' is missing or not a text");
	for (int i = 0; i < RC_LAYOUTS; i++)
		if (strcmp(layout->valuestring, layouts[i].name) == 0) {
			*ret = (enum rc_layout)i;
			return 0;
		}
	return rc_fail(
	    err, RC_FAILED, "layout '%.32s' is not supported by this version", layout->valuestring);
}

static int
check_text(const struct rc_manifest_text *row, const char *text, struct rc_error *err)
{
	size_t good = 0;

	if (strlen(text) > row->max)
		return rc_fail(
		    err, RC_FAILED, "'%s' is longer than %zu characters", row->key, row->max);
	if (row->allowed)
		good = strspn(text, row->allowed);
	else
		while (text[good] >= 0x20 && text[good] < 0x7f)
			good++;
	if (text[good])
		return rc_fail(err, RC_FAILED, "'%s' may not hold the character at %zu of '%.64s'",
		    row->key, good + 1, text);
	if (row->allowed && !*text)
		return rc_fail(err, RC_FAILED, "'%s' is empty", row->key);
	return 0;
}

static int
check_name(const char *name, struct rc_error *err)
{
	struct rc_error unused;

	if (rc_name_check(name, &unused) == 0)
		return 0;
	rc_fail(err, RC_FAILED, "'%.64s' is not the name of an image", name);
	return rc_hint(err, "use 1 to 31 of a-z, 0-9 and '-', starting with a letter");
}

static int
read_texts(struct rc_manifest *manifest, const cJSON *json, struct rc_error *err)
{
	const cJSON *contents = cJSON_GetObjectItemCaseSensitive(json, "contents");

	if (contents && !cJSON_IsObject(contents))
		return rc_fail(err, RC_FAILED, "'contents' is not an object");
	for (size_t i = 0; i < RC_MANIFEST_TEXTS; i++) {
		const struct rc_manifest_text *row = &rc_manifest_texts[i];
		bool inside = row->place == RC_IN_CONTENTS;
		const cJSON *item =
		    cJSON_GetObjectItemCaseSensitive(inside ? contents : json, row->key);

		if (inside ? !item : !is_in(row->place, manifest->layout))
			continue;
		if (!item || !cJSON_IsString(item))
			return rc_fail(err, RC_FAILED, "'%s' is missing or not a text", row->key);
		if (check_text(row, item->valuestring, err) < 0)
			return -1;
		rc_str_set(text_of(manifest, row), item->valuestring);
	}
	return check_name(manifest->name, err);
}

static int
read_file(struct rc_image_file *ret, const cJSON *json, struct rc_error *err)
{
	const cJSON *sum = cJSON_GetObjectItemCaseSensitive(json, "sha256"), *member;
	int64_t size = 0;

	if (!cJSON_IsObject(json))
		return rc_fail(err, RC_FAILED, "this is not an object");
	cJSON_ArrayForEach(member, json)
	{
		if (strcmp(member->string, "size") != 0 && strcmp(member->string, "sha256") != 0)
			return rc_fail(
			    err, RC_FAILED, "member '%.64s' is not known", member->string);
		if (check_single(member, err) < 0)
			return -1;
	}
	if (read_number(&size, json, "size", FILE_MAX, err) < 0)
		return -1;
	if (!cJSON_IsString(sum) || strlen(sum->valuestring) != RC_SHA256_HEX - 1 ||
	    strspn(sum->valuestring, DIGITS "abcdef") != RC_SHA256_HEX - 1)
		return rc_fail(err, RC_FAILED, "'sha256' is not 64 lower case hex digits");
	ret->size = (uint64_t)size;
	memcpy(ret->sha256, sum->valuestring, RC_SHA256_HEX);
	return 0;
}

static int
find_part(const char *name)
{
	for (int part = 0; part < RC_IMAGE_PARTS; part++)
		if (strcmp(name, rc_image_part_name((enum rc_image_part)part)) == 0)
			return part;
	return -1;
}

static int
check_parts(const struct rc_manifest *manifest, struct rc_error *err)
{
	bool disk = manifest->layout == RC_LAYOUT_DISK;
	enum rc_image_part one = disk ? RC_IMAGE_DISK_RAW : RC_IMAGE_ROOT;
	enum rc_image_part other = disk ? RC_IMAGE_DISK_QCOW2 : RC_IMAGE_ROOT_EROFS;

	if (!disk && !manifest->parts[RC_IMAGE_KERNEL].size)
		return rc_fail(err, RC_FAILED, "files: there must be a %s",
		    rc_image_part_name(RC_IMAGE_KERNEL));
	if (!manifest->parts[one].size == !manifest->parts[other].size)
		return rc_fail(err, RC_FAILED, "files: there must be either %s or %s",
		    rc_image_part_name(one), rc_image_part_name(other));
	return 0;
}

/* File names are a closed list, so none can lead out of a directory. */
static int
read_files(struct rc_manifest *manifest, const cJSON *json, struct rc_error *err)
{
	const cJSON *files = cJSON_GetObjectItemCaseSensitive(json, "files"), *file;

	if (!cJSON_IsObject(files))
		return rc_fail(err, RC_FAILED, "'files' is missing or not an object");
	cJSON_ArrayForEach(file, files)
	{
		int part = find_part(file->string);

		if (strchr(file->string, '/'))
			return rc_fail(
			    err, RC_FAILED, "file name '%.64s' holds a '/'", file->string);
		if (part < 0 || !layouts[manifest->layout].has[part])
			return rc_fail(
			    err, RC_FAILED, "file '%.64s' is not one of this layout", file->string);
		if (check_single(file, err) < 0 || read_file(&manifest->parts[part], file, err) < 0)
			return rc_within(err, "files: %s", file->string);
	}
	return check_parts(manifest, err);
}

static int
read_disk(struct rc_manifest *manifest, const cJSON *json, struct rc_error *err)
{
	int64_t partition = 0, size = 0;

	if (manifest->layout != RC_LAYOUT_DISK)
		return 0;
	if (read_number(&partition, json, RC_MANIFEST_PARTITION, RC_PARTITION_MAX, err) < 0 ||
	    read_number(&size, json, RC_MANIFEST_VIRTUAL_SIZE, FILE_MAX, err) < 0)
		return -1;
	manifest->root_partition = (unsigned)partition;
	manifest->virtual_size = (uint64_t)size;
	return 0;
}

static int
read_manifest(struct rc_manifest *manifest, const char *text, struct rc_error *err)
{
	scoped(rc_json_release) cJSON *json = NULL;

	if (rc_manifest_parse(&json, text, err) < 0 ||
	    read_kind(&manifest->layout, json, err) < 0 ||
	    check_keys(json, manifest->layout, err) < 0 || read_texts(manifest, json, err) < 0 ||
	    read_number(&manifest->created, json, "created", LAST_SECOND, err) < 0 ||
	    read_disk(manifest, json, err) < 0)
		return -1;
	return read_files(manifest, json, err);
}

int
rc_manifest_read(struct rc_manifest *ret, const char *text, struct rc_error *err)
{
	scoped(rc_manifest_release) struct rc_manifest manifest = { 0 };

	if (read_manifest(&manifest, text, err) < 0)
		return rc_within(err, "manifest");
	*ret = manifest;
	manifest = (struct rc_manifest){ 0 };
	return 0;
}
