/* The verdicts of verify, as a table and as JSON. */
#include <cjson/cJSON.h>
#include <stdlib.h>

#include "base/scope.h"
#include "base/str.h"
#include "cmd/print.h"
#include "cmd/table.h"
#include "cmd/text.h"

RC_RELEASER(json_release, cJSON *, cJSON_Delete)

static const struct {
	const char *shown, *name;
	enum rc_hue hue;
} verdicts[] = {
	[RC_VERDICT_OK] = { "ok", "ok", RC_HUE_GOOD },
	[RC_VERDICT_LEAK] = { "LEAK", "leak", RC_HUE_BAD },
	[RC_VERDICT_FAILED] = { "FAILED", "failed", RC_HUE_BAD },
};

void
rc_print_verification(const struct rc_page *page, const struct rc_verification *v)
{
	static const struct rc_column columns[] = { { "PROBE", false, 0 }, { "TARGET", true, 0 },
		{ "MUST", false, 0 }, { "VERDICT", false, 0 }, { "DETAIL", true, 1 },
		{ NULL, false, 0 } };
	scoped(rc_table_release) struct rc_table table = { .columns = columns };
	size_t right = 0;

	for (size_t i = 0; i < v->count; i++) {
		const struct rc_verify_line *line = &v->lines[i];

		right += line->verdict == RC_VERDICT_OK;
		rc_table_add(&table, RC_HUE_NONE, rc_strdup(line->code));
		rc_table_add(&table, RC_HUE_NONE, rc_strdup(line->target));
		rc_table_add(&table, RC_HUE_NONE, rc_strdup(line->works ? "work" : "fail"));
		rc_table_add(
		    &table, verdicts[line->verdict].hue, rc_strdup(verdicts[line->verdict].shown));
		rc_table_add(&table, RC_HUE_NONE, rc_strdup(line->detail));
	}
	rc_table_print(&table, page->out, &page->terminal);
	fprintf(page->out, "%zu of %zu probes as they must be, behind %s%s%s\n", right, v->count,
	    v->filter, v->emulated ? " " : "", v->emulated ? RC_EMULATED : "");
}

static void
put_text(cJSON *to, const char *key, const char *text)
{
	scoped(rc_str_release) char *clean = rc_text_clean(text);

	cJSON_AddItemToObject(to, key, clean ? cJSON_CreateString(clean) : cJSON_CreateNull());
}

void
rc_json_verification(const struct rc_page *page, const struct rc_verification *v)
{
	scoped(json_release) cJSON *document = cJSON_CreateObject();
	cJSON *probes;
	char *text;

	cJSON_AddNumberToObject(document, "schema", 1);
	put_text(document, "filter", v->filter);
	put_text(document, "image", v->image);
	cJSON_AddBoolToObject(document, "watched", v->watched);
	cJSON_AddBoolToObject(document, "emulated", v->emulated);
	probes = cJSON_AddArrayToObject(document, "probes");
	for (size_t i = 0; i < v->count; i++) {
		const struct rc_verify_line *line = &v->lines[i];
		cJSON *probe = cJSON_CreateObject();

		put_text(probe, "probe", line->code);
		put_text(probe, "target", line->target);
		cJSON_AddStringToObject(probe, "must", line->works ? "work" : "fail");
		cJSON_AddStringToObject(probe, "verdict", verdicts[line->verdict].name);
		put_text(probe, "detail", line->detail);
		cJSON_AddItemToArray(probes, probe);
	}
	text = cJSON_PrintUnformatted(document);
	if (!text)
		abort();
	fprintf(page->out, "%s\n", text);
	cJSON_free(text);
}
