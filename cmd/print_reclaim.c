/* What appliances gave back. */
#include <inttypes.h>

#include "base/size.h"
#include "cmd/json.h"
#include "cmd/print.h"
#include "cmd/text.h"
#include "core/usage.h"

/* "memory 700 MiB to 410 MiB"; what did not shrink is not told. */
static bool
print_change(const struct rc_page *page, const char *what, uint64_t before, uint64_t after)
{
	char from[16], to[16];

	if (before == RC_UNKNOWN || after == RC_UNKNOWN || after >= before)
		return false;
	fprintf(page->out, ", %s %s to %s", what, rc_size_format(from, before),
	    rc_size_format(to, after));
	return true;
}

void
rc_print_reclaimed(const struct rc_page *page, const struct rc_reclaimeds *reclaimed, bool all)
{
	for (size_t i = 0; i < reclaimed->count; i++) {
		const struct rc_reclaimed *r = &reclaimed->items[i];
		scoped(rc_str_release) char *why = rc_text_clean(r->why);

		if (!r->ok || (!all && !r->pumped && !r->restored))
			continue;
		fprintf(page->out, "%s %s", r->name,
		    r->restored  ? "got its memory back"
		    : r->pumped  ? "was pumped"
		    : r->trimmed ? "was trimmed"
				 : "was left");
		print_change(page, "memory", r->memory_before, r->memory_after);
		print_change(page, "disk", r->disk_before, r->disk_after);
		fprintf(page->out, "%s%s\n", *why ? ": " : "", why);
	}
}

void
rc_json_reclaimed(cJSON *array, const struct rc_reclaimeds *reclaimed)
{
	for (size_t i = 0; i < reclaimed->count; i++) {
		const struct rc_reclaimed *r = &reclaimed->items[i];
		cJSON *object = cJSON_CreateObject();

		rc_json_text(object, "name", r->name);
		cJSON_AddBoolToObject(object, "ok", r->ok);
		if (!r->ok)
			rc_json_error(object, &r->error);
		cJSON_AddBoolToObject(object, "restored", r->restored);
		cJSON_AddBoolToObject(object, "pumped", r->pumped);
		cJSON_AddBoolToObject(object, "trimmed", r->trimmed);
		rc_json_text(object, "why", r->why);
		rc_json_known(object, "memory_before", r->memory_before);
		rc_json_known(object, "memory_after", r->memory_after);
		rc_json_known(object, "disk_before", r->disk_before);
		rc_json_known(object, "disk_after", r->disk_after);
		cJSON_AddItemToArray(array, object);
	}
}

void
rc_json_reclaims(const struct rc_page *page, const struct rc_reclaimeds *reclaimed)
{
	scoped(rc_json_release) cJSON *document = rc_json_document();

	rc_json_reclaimed(cJSON_AddArrayToObject(document, "results"), reclaimed);
	rc_json_print(page, document);
}
