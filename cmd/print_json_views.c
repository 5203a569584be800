/* Appliances as seen from outside, for programs. */
#include <math.h>

#include "cmd/json.h"
#include "cmd/print.h"
#include "cmd/text.h"

static void
put_pace(cJSON *to, const char *key, const struct rc_pace *pace, double value)
{
	if (pace->seconds <= 0 || value < 0)
		cJSON_AddNullToObject(to, key);
	else
		cJSON_AddNumberToObject(to, key, round(value * 1000) / 1000);
}

static void
put_measured(cJSON *to, const struct rc_view *view)
{
	const struct rc_usage *usage = &view->usage;
	const struct rc_pace *pace = &view->pace;
	cJSON *object;

	if (!view->running) {
		cJSON_AddNullToObject(to, "measured");
		return;
	}
	object = cJSON_AddObjectToObject(to, "measured");
	rc_json_known(object, "memory", usage->memory);
	rc_json_known(object, "disk", usage->disk);
	rc_json_known(object, "cpu_nanoseconds", usage->cpu);
	rc_json_known(object, "read_bytes", usage->read);
	rc_json_known(object, "written_bytes", usage->written);
	rc_json_known(object, "reads", usage->reads);
	rc_json_known(object, "writes", usage->writes);
	rc_json_known(object, "received_bytes", usage->received);
	rc_json_known(object, "sent_bytes", usage->sent);
	rc_json_known(object, "guest_memory", usage->guest_memory);
	rc_json_known(object, "guest_memory_free", usage->guest_free);
	put_pace(object, "interval", pace, pace->seconds);
	put_pace(object, "cpus", pace, pace->cpus);
	put_pace(object, "read_pace", pace, pace->read);
	put_pace(object, "written_pace", pace, pace->written);
	put_pace(object, "received_pace", pace, pace->received);
	put_pace(object, "sent_pace", pace, pace->sent);
}

/* Of a whole that is not known there are no parts. */
static void
put_part(cJSON *to, const char *key, uint64_t part, uint64_t whole)
{
	rc_json_known(to, key, whole ? part : RC_UNKNOWN);
}

static void
put_guest(cJSON *to, const struct rc_view *view)
{
	const struct rc_guest_status *guest = &view->guest;
	cJSON *object;

	if (!view->guest_known) {
		cJSON_AddNullToObject(to, "guest");
		return;
	}
	object = cJSON_AddObjectToObject(to, "guest");
	rc_json_text(object, "runner", guest->runner);
	rc_json_text(object, "docker", guest->docker);
	rc_json_number(object, "jobs", guest->jobs);
	rc_json_time(object, "time", guest->time);
	cJSON_AddNumberToObject(object, "uptime", guest->uptime);
	put_part(object, "disk_size", guest->disk_size, guest->disk_size);
	put_part(object, "disk_used", guest->disk_used, guest->disk_size);
	put_part(object, "inodes", guest->inodes, guest->inodes);
	put_part(object, "inodes_used", guest->inodes_used, guest->inodes);
	put_part(object, "memory_total", guest->memory_total, guest->memory_total);
	put_part(object, "memory_available", guest->memory_available, guest->memory_total);
	rc_json_time(object, "guard_last", guest->guard_last);
	put_part(object, "guard_freed", guest->guard_freed, (uint64_t)guest->guard_last);
	cJSON_AddNumberToObject(object, "boot_kernel", guest->boot_kernel);
	cJSON_AddNumberToObject(object, "boot_docker", guest->boot_docker);
	cJSON_AddNumberToObject(object, "boot_polling", guest->boot_polling);
}

static void
put_problems(cJSON *to, const struct rc_problems *problems)
{
	cJSON *texts = cJSON_AddArrayToObject(to, "problems");
	cJSON *codes = cJSON_AddArrayToObject(to, "problem_codes");

	for (size_t i = 0; i < problems->count; i++) {
		scoped(rc_str_release) char *clean = rc_text_clean(problems->items[i].text);

		cJSON_AddItemToArray(texts, cJSON_CreateString(clean));
		cJSON_AddItemToArray(
		    codes, cJSON_CreateString(rc_problem_word(problems->items[i].code)));
	}
}

const char *
rc_isolation_word(enum rc_confidence isolation)
{
	static const char *const names[] = { [RC_UNCHECKED] = NULL,
		[RC_ISOLATED] = "in_force",
		[RC_UNREADABLE] = "unknown",
		[RC_OUTDATED] = "outdated",
		[RC_CUT_OFF] = "cut_off",
		[RC_EXPOSED] = "exposed" };

	return names[isolation];
}

static void
put_rotation(cJSON *to, const struct rc_appliance *a)
{
	enum rc_code result;
	int64_t when = rc_appliance_rotated(a, &result);
	cJSON *object;

	if (!when) {
		cJSON_AddNullToObject(to, "rotation");
		return;
	}
	object = cJSON_AddObjectToObject(to, "rotation");
	rc_json_time(object, "time", when);
	rc_json_text(object, "result", rc_code_name(result));
}

static cJSON *
view_object(const struct rc_view *view)
{
	cJSON *object = cJSON_CreateObject(), *runner;

	rc_json_appliance(object, &view->appliance);
	rc_json_text(object, "image_now", view->image_now);
	rc_json_time(object, "drain_begun", view->appliance.drain_begun);
	put_rotation(object, &view->appliance);
	cJSON_AddBoolToObject(object, "running", view->running);
	cJSON_AddBoolToObject(object, "emulated", view->emulated);
	runner = rc_json_runner(object, &view->appliance);
	if (cJSON_IsObject(runner))
		rc_json_time(runner, "contacted", view->contacted);
	rc_json_text(object, "isolation", rc_isolation_word(view->isolation));
	put_measured(object, view);
	put_guest(object, view);
	put_problems(object, &view->problems);
	return object;
}

void
rc_json_views(const struct rc_page *page, const struct rc_views *views)
{
	scoped(rc_json_release) cJSON *document = rc_json_document();
	cJSON *array = cJSON_AddArrayToObject(document, "appliances");

	for (size_t i = 0; i < views->count; i++)
		cJSON_AddItemToArray(array, view_object(&views->items[i]));
	rc_json_print(page, document);
}
