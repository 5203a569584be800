/* The image's manifest.json, written; what may stand in it is core/manifest.c's to know. */
#include <stdlib.h>

#include "base/str.h"
#include "core/manifest_internal.h"

static void
must(const void *made)
{
	if (!made)
		abort();
}

static const char *
text_in(const struct rc_manifest *manifest, const struct rc_manifest_text *row)
{
	return *(char *const *)(const void *)((const char *)manifest + row->offset);
}

static char *
print_manifest(const struct rc_manifest *manifest, cJSON *contents)
{
	scoped(rc_json_release) cJSON *json = cJSON_CreateObject();
	cJSON *files, *file;
	char *text;

	must(cJSON_AddNumberToObject(json, "schema", 1));
	must(cJSON_AddStringToObject(json, "layout", rc_layout_name(manifest->layout)));
	for (size_t i = 0; i < RC_MANIFEST_TEXTS; i++) {
		const struct rc_manifest_text *row = &rc_manifest_texts[i];

		if (row->place != RC_IN_CONTENTS && text_in(manifest, row))
			must(cJSON_AddStringToObject(json, row->key, text_in(manifest, row)));
	}
	must(cJSON_AddNumberToObject(json, "created", (double)manifest->created));
	if (manifest->layout == RC_LAYOUT_DISK) {
		must(
		    cJSON_AddNumberToObject(json, RC_MANIFEST_PARTITION, manifest->root_partition));
		must(cJSON_AddNumberToObject(
		    json, RC_MANIFEST_VIRTUAL_SIZE, (double)manifest->virtual_size));
	}
	must(files = cJSON_AddObjectToObject(json, "files"));
	for (int part = 0; part < RC_IMAGE_PARTS; part++) {
		if (!manifest->parts[part].size)
			continue;
		must(file = cJSON_AddObjectToObject(
			 files, rc_image_part_name((enum rc_image_part)part)));
		must(cJSON_AddNumberToObject(file, "size", (double)manifest->parts[part].size));
		must(cJSON_AddStringToObject(file, "sha256", manifest->parts[part].sha256));
	}
	if (contents)
		cJSON_AddItemToObject(json, "contents", contents);
	must(text = cJSON_Print(json));
	return text;
}

/* What is written must be what can be read, so the reader is the one judge of both. */
int
rc_manifest_write(
    char **ret, const struct rc_manifest *manifest, const char *contents, struct rc_error *err)
{
	scoped(rc_manifest_release) struct rc_manifest read_back = { 0 };
	scoped(rc_str_release) char *text = NULL;
	cJSON *inside = NULL;

	if (contents && rc_manifest_parse(&inside, contents, err) < 0)
		return rc_within(err, "contents of the image");
	text = print_manifest(manifest, inside);
	if (rc_manifest_read(&read_back, text, err) < 0)
		return -1;
	*ret = text;
	text = NULL;
	return 0;
}

int
rc_manifest_rename(char **ret, const char *text, const char *name, struct rc_error *err)
{
	scoped(rc_manifest_release) struct rc_manifest whole = { 0 };
	scoped(rc_json_release) cJSON *json = NULL;
	cJSON *member;
	char *renamed;

	/* All that is wrong with it is said of the text as it is. */
	if (rc_manifest_read(&whole, text, err) < 0 || rc_manifest_parse(&json, text, err) < 0)
		return -1;
	must(member = cJSON_CreateString(name));
	must(cJSON_ReplaceItemInObjectCaseSensitive(json, "name", member) ? json : NULL);
	must(renamed = cJSON_Print(json));
	*ret = renamed;
	return 0;
}
