/*
 * Results for programs.  Numbers are whole (bytes, seconds, unix times) and
 * written by us, because cJSON keeps doubles; what is unknown is null.  A
 * document is one line.  The shape is a promise: keys are added, never renamed
 * or removed, or "schema" grows.
 */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/scope.h"
#include "base/str.h"
#include "cmd/print.h"
#include "cmd/text.h"

#define SCHEMA 1

RC_RELEASER(json_release, cJSON *, cJSON_Delete)

static void
put_text(cJSON *to, const char *key, const char *text)
{
	scoped(rc_str_release) char *clean = rc_text_clean(text);

	cJSON_AddItemToObject(to, key, clean ? cJSON_CreateString(clean) : cJSON_CreateNull());
}

static void
put_number(cJSON *to, const char *key, int64_t number)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRId64, number);
	cJSON_AddRawToObject(to, key, digits);
}

static void
put_bytes(cJSON *to, const char *key, uint64_t bytes)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, bytes);
	cJSON_AddRawToObject(to, key, digits);
}

/* 0 stands for unknown or never. */
static void
put_time(cJSON *to, const char *key, int64_t seconds)
{
	if (seconds)
		put_number(to, key, seconds);
	else
		cJSON_AddNullToObject(to, key);
}

static void
put_list(cJSON *to, const char *key, const struct rc_strv *list)
{
	cJSON *array = cJSON_AddArrayToObject(to, key);

	for (size_t i = 0; i < list->count; i++) {
		scoped(rc_str_release) char *clean = rc_text_clean(list->items[i]);

		cJSON_AddItemToArray(array, cJSON_CreateString(clean));
	}
}

static cJSON *
new_document(void)
{
	cJSON *document = cJSON_CreateObject();

	cJSON_AddNumberToObject(document, "schema", SCHEMA);
	return document;
}

static void
print_document(const struct rc_page *page, const cJSON *document)
{
	char *text = cJSON_PrintUnformatted(document);

	if (!text)
		abort();
	fprintf(page->out, "%s\n", text);
	cJSON_free(text);
}

static void
put_limits(cJSON *to, const struct rc_limits *limits)
{
	cJSON *object = cJSON_AddObjectToObject(to, "limits");

	put_number(object, "cpus", limits->cpus);
	cJSON_AddNumberToObject(object, "cpu_cap", limits->cpu_cap / 100.0);
	put_number(object, "cpu_weight", limits->cpu_weight);
	put_bytes(object, "memory", limits->memory);
	put_bytes(object, "disk", limits->disk);
}

static cJSON *
put_runner(cJSON *to, const struct rc_appliance *a)
{
	scoped(rc_strv_release) struct rc_strv tags = { 0 };
	cJSON *object;

	if (a->ownership == RC_RUNNER_NONE)
		return cJSON_AddNullToObject(to, "runner");
	object = cJSON_AddObjectToObject(to, "runner");
	put_time(object, "id", a->runner_id);
	put_text(object, "ownership", rc_ownership_name(a->ownership));
	put_text(object, "url", a->url);
	put_text(object, "system_id", a->system_id);
	rc_strv_split(&tags, a->tags, ',');
	put_list(object, "tags", &tags);
	put_time(object, "token_expires", a->token_expires);
	return object;
}

static void
put_appliance(cJSON *to, const struct rc_appliance *a)
{
	scoped(rc_strv_release) struct rc_strv holes = { 0 };

	put_text(to, "name", a->name);
	put_number(to, "generation", a->generation);
	put_text(to, "uuid", a->uuid);
	put_text(to, "state", rc_state_name(a->state));
	put_text(to, "image", a->image);
	put_text(to, "profile", a->profile);
	put_time(to, "created", a->created);
	put_text(to, "mac", a->mac);
	put_text(to, "ip", a->ip);
	put_text(to, "filter", a->filter);
	rc_strv_split(&holes, a->holes ? a->holes : "", ',');
	put_list(to, "holes", &holes);
	put_limits(to, &a->limits);
}

static void
put_measured(cJSON *to, const struct rc_view *view)
{
	cJSON *object;

	if (!view->measured) {
		cJSON_AddNullToObject(to, "measured");
		return;
	}
	object = cJSON_AddObjectToObject(to, "measured");
	put_bytes(object, "memory", view->memory_host);
	put_bytes(object, "disk", view->disk_host);
	put_bytes(object, "cpu_nanoseconds", view->cpu_time);
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
	put_text(object, "runner", guest->runner);
	put_text(object, "docker", guest->docker);
	put_number(object, "jobs", guest->jobs);
	put_time(object, "time", guest->time);
	cJSON_AddNumberToObject(object, "uptime", guest->uptime);
	put_bytes(object, "disk_size", guest->disk_size);
	put_bytes(object, "disk_used", guest->disk_used);
	put_bytes(object, "inodes", guest->inodes);
	put_bytes(object, "inodes_used", guest->inodes_used);
	put_bytes(object, "memory_total", guest->memory_total);
	put_bytes(object, "memory_available", guest->memory_available);
	cJSON_AddNumberToObject(object, "boot_kernel", guest->boot_kernel);
	cJSON_AddNumberToObject(object, "boot_docker", guest->boot_docker);
	cJSON_AddNumberToObject(object, "boot_polling", guest->boot_polling);
}

static const char *
isolation_name(enum rc_confidence isolation)
{
	static const char *const names[] = { [RC_UNCHECKED] = NULL,
		[RC_ISOLATED] = "in_force",
		[RC_UNREADABLE] = "unknown",
		[RC_OUTDATED] = "outdated",
		[RC_CUT_OFF] = "cut_off",
		[RC_EXPOSED] = "exposed" };

	return names[isolation];
}

static cJSON *
view_object(const struct rc_view *view)
{
	cJSON *object = cJSON_CreateObject(), *runner;

	put_appliance(object, &view->appliance);
	cJSON_AddBoolToObject(object, "running", view->running);
	cJSON_AddBoolToObject(object, "emulated", view->emulated);
	runner = put_runner(object, &view->appliance);
	if (cJSON_IsObject(runner))
		put_time(runner, "contacted", view->contacted);
	put_text(object, "isolation", isolation_name(view->isolation));
	put_measured(object, view);
	put_guest(object, view);
	put_list(object, "problems", &view->problems);
	return object;
}

void
rc_json_views(const struct rc_page *page, const struct rc_views *views)
{
	scoped(json_release) cJSON *document = new_document();
	cJSON *array = cJSON_AddArrayToObject(document, "appliances");

	for (size_t i = 0; i < views->count; i++)
		cJSON_AddItemToArray(array, view_object(&views->items[i]));
	print_document(page, document);
}

void
rc_json_images(const struct rc_page *page, const struct rc_image_views *images)
{
	scoped(json_release) cJSON *document = new_document();
	cJSON *array = cJSON_AddArrayToObject(document, "images");

	for (size_t i = 0; i < images->count; i++) {
		const struct rc_image_view *image = &images->items[i];
		cJSON *object = cJSON_CreateObject();

		put_text(object, "name", image->name);
		put_text(object, "version", image->version);
		put_text(object, "architecture", image->architecture);
		put_time(object, "created", image->created);
		put_bytes(object, "size", image->size);
		put_number(object, "used_by", image->used_by);
		cJSON_AddBoolToObject(object, "outdated", image->outdated);
		put_text(object, "kernel", image->kernel);
		put_text(object, "docker", image->docker);
		put_text(object, "runner", image->runner);
		cJSON_AddItemToArray(array, object);
	}
	print_document(page, document);
}

const char *
rc_code_name(enum rc_code code)
{
	static const char *const names[] = {
		[RC_OK] = "ok",
		[RC_FAILED] = "failed",
		[RC_USAGE] = "usage",
		[RC_NOT_FOUND] = "not_found",
		[RC_PARTLY] = "partly",
		[RC_NO_ROOM] = "no_room",
		[RC_BUSY] = "busy",
		[RC_HOST] = "host",
		[RC_GITLAB] = "gitlab",
		[RC_TIMEOUT] = "timeout",
	};

	return names[code];
}

static void
put_error(cJSON *to, const struct rc_error *error)
{
	cJSON *part = cJSON_AddObjectToObject(to, "error");

	put_text(part, "code", rc_code_name(error->code));
	put_text(part, "text", error->text);
	put_text(part, "hint", error->hint[0] ? error->hint : NULL);
}

static cJSON *
outcome_object(const struct rc_outcome *outcome)
{
	cJSON *object = cJSON_CreateObject(), *part;

	put_text(object, "name", outcome->name);
	cJSON_AddBoolToObject(object, "ok", outcome->ok);
	if (!outcome->ok)
		put_error(object, &outcome->error);
	if (outcome->did) {
		put_text(object, "did", outcome->did);
		put_text(object, "why", outcome->why);
	}
	if (outcome->appliance.name) {
		part = cJSON_AddObjectToObject(object, "appliance");
		put_appliance(part, &outcome->appliance);
		cJSON_AddBoolToObject(part, "emulated", outcome->emulated);
		put_runner(part, &outcome->appliance);
	}
	if (outcome->plan.count)
		put_list(object, "plan", &outcome->plan);
	if (outcome->xml)
		cJSON_AddStringToObject(object, "xml", outcome->xml);
	return object;
}

void
rc_json_outcomes(const struct rc_page *page, const struct rc_outcomes *outcomes)
{
	scoped(json_release) cJSON *document = new_document();
	cJSON *array = cJSON_AddArrayToObject(document, "results");

	for (size_t i = 0; i < outcomes->count; i++)
		cJSON_AddItemToArray(array, outcome_object(&outcomes->items[i]));
	print_document(page, document);
}

void
rc_json_rotation(const struct rc_page *page, const struct rc_rotation *rotation)
{
	scoped(json_release) cJSON *document = new_document();
	cJSON *array;

	put_text(document, "busy", rotation->busy);
	put_number(document, "not_due", (int64_t)rotation->kept);
	array = cJSON_AddArrayToObject(document, "results");
	for (size_t i = 0; i < rotation->outcomes.count; i++)
		cJSON_AddItemToArray(array, outcome_object(&rotation->outcomes.items[i]));
	print_document(page, document);
}

void
rc_json_finds(const struct rc_page *page, const struct rc_finds *finds)
{
	scoped(json_release) cJSON *document = new_document();
	cJSON *array;

	cJSON_AddBoolToObject(document, "gitlab_asked", finds->gitlab_asked);
	array = cJSON_AddArrayToObject(document, "found");
	for (size_t i = 0; i < finds->count; i++) {
		const struct rc_find *find = &finds->items[i];
		cJSON *object = cJSON_CreateObject();

		put_text(object, "kind", find->kind);
		put_text(object, "name", find->name);
		cJSON_AddBoolToObject(object, "removed", find->removed);
		if (!find->removed)
			put_error(object, &find->error);
		cJSON_AddItemToArray(array, object);
	}
	print_document(page, document);
}

void
rc_json_checks(const struct rc_page *page, const struct rc_checks *checks)
{
	static const char *const names[] = { [RC_CHECK_OK] = "ok",
		[RC_CHECK_FIXED] = "fixed",
		[RC_CHECK_NOTE] = "note",
		[RC_CHECK_BAD] = "bad" };
	scoped(json_release) cJSON *document = new_document();
	cJSON *array = cJSON_AddArrayToObject(document, "checks");

	for (size_t i = 0; i < checks->count; i++) {
		const struct rc_check *check = &checks->items[i];
		cJSON *object = cJSON_CreateObject();

		put_text(object, "code", check->code);
		put_text(object, "about", check->about);
		put_text(object, "verdict", names[check->verdict]);
		put_text(object, "text", check->text);
		put_text(object, "hint", check->hint);
		cJSON_AddItemToArray(array, object);
	}
	print_document(page, document);
}

void
rc_json_plan(const struct rc_page *page, const struct rc_strv *plan)
{
	scoped(json_release) cJSON *document = new_document();

	put_list(document, "plan", plan);
	print_document(page, document);
}

void
rc_json_version(const struct rc_page *page)
{
	scoped(json_release) cJSON *document = new_document();

	cJSON_AddStringToObject(document, "version", RC_VERSION);
	print_document(page, document);
}
