#include "cmd/print_limits.h"

#include <stdio.h>

#include "base/scope.h"
#include "base/size.h"
#include "base/str.h"
#include "cmd/json.h"

/* Of a wish only what it says; null is no cap. */
static void
put_limits(cJSON *to, const char *key, const struct rc_limits *limits, bool wish)
{
	cJSON *object = cJSON_AddObjectToObject(to, key);

	for (const struct rc_limit *limit = rc_limit_rows; limit->name; limit++) {
		uint64_t value = rc_limit_get(limits, limit);
		char name[32];

		if (wish && !value)
			continue;
		rc_limit_word(name, limit);
		if (limit->optional && (!value || value == RC_NO_LIMIT))
			cJSON_AddNullToObject(object, name);
		else if (limit->kind == RC_LIMIT_CPUS)
			cJSON_AddNumberToObject(object, name, (double)value / 100);
		else
			rc_json_bytes(object, name, value);
	}
}

void
rc_json_changed(cJSON *to, const struct rc_limits *changed)
{
	put_limits(to, "changed", changed, true);
}

void
rc_json_limits(cJSON *to, const struct rc_appliance *a)
{
	const struct rc_limits missing = rc_limits_missing(&a->limits, &a->own);

	put_limits(to, "limits", &a->limits, false);
	put_limits(to, "wanted", &missing, true);
}

/* "50 MiB a second (200 MiB a second for 10s)", "1000 operations a second". */
static char *
rate_with_burst(const struct rc_limits *limits, const char *name, const char *unit)
{
	scoped(rc_str_release) char *burst_name = rc_format("%s-burst", name);
	const struct rc_limit *limit = rc_limit_find(name), *burst = rc_limit_find(burst_name);
	uint64_t steady = rc_limit_get(limits, limit), high = rc_limit_get(limits, burst);
	char text[32], high_text[32], span[16];

	if (!steady)
		return NULL;
	rc_limit_format(text, limit, steady);
	if (!high)
		return rc_format("%s%s", text, unit);
	rc_duration_format(span, limits->disk_burst_time ? (int64_t)limits->disk_burst_time : 1);
	return rc_format(
	    "%s%s (%s%s for %s)", text, unit, rc_limit_format(high_text, burst, high), unit, span);
}

char *
rc_limits_disk_line(const struct rc_limits *limits)
{
	scoped(rc_str_release) char *rate = rate_with_burst(limits, "disk-rate", "");
	scoped(rc_str_release) char *iops =
	    rate_with_burst(limits, "disk-iops", " operations a second");

	if (!rate && !iops)
		return NULL;
	return rc_format(
	    "at most %s%s%s", rate ? rate : "", rate && iops ? ", " : "", iops ? iops : "");
}

char *
rc_limits_traffic_line(const struct rc_limits *limits)
{
	const struct rc_limit *in = rc_limit_find("net-in"), *out = rc_limit_find("net-out");
	char in_text[32], out_text[32];

	if (!limits->net_in && !limits->net_out)
		return NULL;
	return rc_format("in at most %s, out %s", rc_limit_format(in_text, in, limits->net_in),
	    rc_limit_format(out_text, out, limits->net_out));
}

char *
rc_limits_processes_line(const struct rc_limits *limits)
{
	if (!limits->processes)
		return NULL;
	return rc_format("at most %llu in its containers", (unsigned long long)limits->processes);
}

char *
rc_limits_text(const struct rc_limits *wish)
{
	scoped(rc_strv_release) struct rc_strv parts = { 0 };

	for (const struct rc_limit *limit = rc_limit_rows; limit->name; limit++) {
		uint64_t value = rc_limit_get(wish, limit);
		char buf[32];
		scoped(rc_str_release) char *part =
		    rc_format("%s %s", limit->name, rc_limit_format(buf, limit, value));

		if (value)
			rc_strv_add(&parts, part);
	}
	return parts.count ? rc_strv_join(&parts, ", ") : NULL;
}

char *
rc_limits_wanted_line(const struct rc_appliance *a)
{
	const struct rc_limits missing = rc_limits_missing(&a->limits, &a->own);
	scoped(rc_str_release) char *text = rc_limits_text(&missing);

	return text ? rc_format("%s: the next generation gets it", text) : NULL;
}
