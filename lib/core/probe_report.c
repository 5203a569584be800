/* The script of the probes as text, and their report as JSON. */
#include "core/probe_report.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

RC_RELEASER(json_release, cJSON *, cJSON_Delete)

char *
rc_probe_script(const struct rc_probes *probes, const char *ip)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	fprintf(out, "runnerctl-probe 1 %s %s %zu\n", probes->run, ip, probes->count);
	for (size_t i = 0; i < probes->count; i++) {
		scoped(rc_str_release) char *hex =
		    rc_hex(probes->items[i].frame, probes->items[i].size);

		fprintf(out, "%s\n", hex);
	}
	fputs("end\n", out);
	fclose(out);
	return text;
}

void
rc_probe_report_release(struct rc_probe_report *report)
{
	free(report->errors);
	free(report->answers);
	*report = (struct rc_probe_report){ 0 };
}

static int
nibble(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static bool
read_answer(struct rc_probe_answer *answer, const char *hex)
{
	size_t length = hex ? strlen(hex) : 0;

	if (length == 0 || length % 2 || length > 2 * (size_t)RC_PROBE_ANSWER_MAX)
		return false;
	for (size_t i = 0; i < length; i += 2) {
		int high = nibble(hex[i]), low = nibble(hex[i + 1]);

		if (high < 0 || low < 0)
			return false;
		answer->bytes[i / 2] = (unsigned char)(high << 4 | low);
	}
	answer->size = length / 2;
	return true;
}

static bool
read_errors(struct rc_probe_report *report, const cJSON *sent)
{
	const cJSON *item;

	if (!cJSON_IsArray(sent) || (size_t)cJSON_GetArraySize(sent) != report->count)
		return false;
	report->errors = rc_alloc(report->count ? report->count : 1, sizeof(*report->errors));
	report->count = 0;
	cJSON_ArrayForEach(item, sent)
	{
		if (!cJSON_IsNumber(item) || item->valuedouble < 0 || item->valuedouble > 4095)
			return false;
		report->errors[report->count++] = (int)item->valuedouble;
	}
	return true;
}

static bool
read_answers(struct rc_probe_report *report, const cJSON *got)
{
	const cJSON *item;

	if (!cJSON_IsArray(got) || cJSON_GetArraySize(got) > RC_PROBE_ANSWERS_MAX)
		return false;
	report->answers = rc_alloc((size_t)cJSON_GetArraySize(got) + 1, sizeof(*report->answers));
	cJSON_ArrayForEach(item, got)
	{
		if (!read_answer(
			&report->answers[report->answer_count], cJSON_GetStringValue(item)))
			return false;
		report->answer_count++;
	}
	return true;
}

int
rc_probe_report_read(struct rc_probe_report *ret, const struct rc_probes *probes, const char *line,
    size_t size, struct rc_error *err)
{
	scoped(json_release) cJSON *json =
	    size <= RC_PROBE_REPORT_MAX ? cJSON_ParseWithLength(line, size) : NULL;
	const char *run = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "run"));
	struct rc_probe_report report = { .count = probes->count };

	if (!run || strcmp(run, probes->run) != 0 ||
	    !read_errors(&report, cJSON_GetObjectItemCaseSensitive(json, "sent")) ||
	    !read_answers(&report, cJSON_GetObjectItemCaseSensitive(json, "got"))) {
		rc_probe_report_release(&report);
		return rc_fail(err, RC_FAILED, "what the probe machine reports makes no sense");
	}
	*ret = report;
	return 0;
}
