/* What the reader and the writer of manifests share. */
#ifndef RC_CORE_MANIFEST_INTERNAL_H
#define RC_CORE_MANIFEST_INTERNAL_H

#include <cjson/cJSON.h>

#include "base/scope.h"
#include "core/manifest.h"

/* Of layout disk. */
#define RC_MANIFEST_PARTITION "root_partition"
#define RC_MANIFEST_VIRTUAL_SIZE "virtual_size"

/* Which manifests have a member; one inside `contents` may be missing in all. */
enum rc_manifest_place { RC_IN_ALL, RC_IN_APPLIANCE, RC_IN_DISK, RC_IN_CONTENTS };

/* The members that are texts: where each goes, and what it may hold (NULL: printable ASCII). */
struct rc_manifest_text {
	const char *key;
	size_t offset, max;
	const char *allowed;
	enum rc_manifest_place place;
};
#define RC_MANIFEST_TEXTS 7
extern const struct rc_manifest_text rc_manifest_texts[RC_MANIFEST_TEXTS];

RC_RELEASER(rc_json_release, cJSON *, cJSON_Delete)

/* The text as one JSON object; errors say where. */
RC_MUST_CHECK int rc_manifest_parse(cJSON **ret, const char *text, struct rc_error *err);

#endif
