/* Results for programs, but for what appliances are like: see print_json_views.c. */
#include <string.h>

#include "cmd/json.h"
#include "cmd/print.h"
#include "cmd/print_limits.h"

cJSON *
rc_json_runner(cJSON *to, const struct rc_appliance *a)
{
	scoped(rc_strv_release) struct rc_strv tags = { 0 };
	cJSON *object;

	if (a->ownership == RC_RUNNER_NONE)
		return cJSON_AddNullToObject(to, "runner");
	object = cJSON_AddObjectToObject(to, "runner");
	rc_json_time(object, "id", a->runner_id);
	rc_json_text(object, "ownership", rc_ownership_name(a->ownership));
	rc_json_text(object, "url", a->url);
	rc_json_text(object, "system_id", a->system_id);
	rc_strv_split(&tags, a->tags, ',');
	rc_json_list(object, "tags", &tags);
	rc_json_time(object, "token_expires", a->token_expires);
	return object;
}

void
rc_json_appliance(cJSON *to, const struct rc_appliance *a)
{
	scoped(rc_strv_release) struct rc_strv holes = { 0 };

	rc_json_text(to, "name", a->name);
	rc_json_number(to, "generation", a->generation);
	rc_json_text(to, "uuid", a->uuid);
	rc_json_text(to, "state", rc_state_name(a->state));
	rc_json_text(to, "image", a->image);
	rc_json_text(to, "profile", a->profile);
	rc_json_time(to, "created", a->created);
	rc_json_text(to, "mac", a->mac);
	rc_json_text(to, "ip", a->ip);
	rc_json_text(to, "ip6", a->ip6);
	rc_json_text(to, "filter", a->filter);
	rc_strv_split(&holes, a->holes ? a->holes : "", ',');
	rc_json_list(to, "holes", &holes);
	rc_json_limits(to, a);
}

void
rc_json_images(const struct rc_page *page, const struct rc_image_views *images)
{
	scoped(rc_json_release) cJSON *document = rc_json_document();
	cJSON *array = cJSON_AddArrayToObject(document, "images");

	for (size_t i = 0; i < images->count; i++) {
		const struct rc_image_view *image = &images->items[i];
		cJSON *object = cJSON_CreateObject();

		rc_json_text(object, "name", image->name);
		rc_json_text(object, "version", image->version);
		rc_json_text(object, "architecture", image->architecture);
		rc_json_text(object, "layout", image->layout);
		rc_json_time(object, "created", image->created);
		rc_json_bytes(object, "size", image->size);
		rc_json_number(object, "used_by", image->used_by);
		cJSON_AddBoolToObject(object, "outdated", image->outdated);
		rc_json_text(object, "kernel", image->kernel);
		rc_json_text(object, "docker", image->docker);
		rc_json_text(object, "runner", image->runner);
		cJSON_AddItemToArray(array, object);
	}
	rc_json_print(page, document);
}

void
rc_json_error(cJSON *to, const struct rc_error *error)
{
	cJSON *part = cJSON_AddObjectToObject(to, "error");

	rc_json_text(part, "code", rc_code_name(error->code));
	rc_json_text(part, "text", error->text);
	rc_json_text(part, "hint", error->hint[0] ? error->hint : NULL);
}

static cJSON *
outcome_object(const struct rc_outcome *outcome)
{
	cJSON *object = cJSON_CreateObject(), *part;

	rc_json_text(object, "name", outcome->name);
	cJSON_AddBoolToObject(object, "ok", outcome->ok);
	if (!outcome->ok)
		rc_json_error(object, &outcome->error);
	if (outcome->did) {
		rc_json_text(object, "did", outcome->did);
		rc_json_text(object, "why", outcome->why);
	}
	if (outcome->did && strcmp(outcome->did, "set") == 0)
		rc_json_changed(object, &outcome->changed);
	if (outcome->appliance.name) {
		part = cJSON_AddObjectToObject(object, "appliance");
		rc_json_appliance(part, &outcome->appliance);
		cJSON_AddBoolToObject(part, "emulated", outcome->emulated);
		rc_json_runner(part, &outcome->appliance);
	}
	if (outcome->plan.count)
		rc_json_list(object, "plan", &outcome->plan);
	if (outcome->xml)
		cJSON_AddStringToObject(object, "xml", outcome->xml);
	return object;
}

void
rc_json_outcomes(const struct rc_page *page, const struct rc_outcomes *outcomes)
{
	scoped(rc_json_release) cJSON *document = rc_json_document();
	cJSON *array = cJSON_AddArrayToObject(document, "results");

	for (size_t i = 0; i < outcomes->count; i++)
		cJSON_AddItemToArray(array, outcome_object(&outcomes->items[i]));
	rc_json_print(page, document);
}

void
rc_json_rotation(const struct rc_page *page, const struct rc_rotation *rotation)
{
	scoped(rc_json_release) cJSON *document = rc_json_document();
	cJSON *array;

	rc_json_text(document, "busy", rotation->busy);
	rc_json_number(document, "not_due", (int64_t)rotation->kept);
	array = cJSON_AddArrayToObject(document, "results");
	for (size_t i = 0; i < rotation->outcomes.count; i++)
		cJSON_AddItemToArray(array, outcome_object(&rotation->outcomes.items[i]));
	rc_json_reclaimed(cJSON_AddArrayToObject(document, "reclaimed"), &rotation->reclaimed);
	rc_json_print(page, document);
}

void
rc_json_finds(const struct rc_page *page, const struct rc_finds *finds)
{
	scoped(rc_json_release) cJSON *document = rc_json_document();
	cJSON *array;

	cJSON_AddBoolToObject(document, "gitlab_asked", finds->gitlab_asked);
	array = cJSON_AddArrayToObject(document, "found");
	for (size_t i = 0; i < finds->count; i++) {
		const struct rc_find *find = &finds->items[i];
		cJSON *object = cJSON_CreateObject();

		rc_json_text(object, "kind", find->kind);
		rc_json_text(object, "name", find->name);
		cJSON_AddBoolToObject(object, "removed", find->removed);
		if (!find->removed)
			rc_json_error(object, &find->error);
		cJSON_AddItemToArray(array, object);
	}
	rc_json_print(page, document);
}

void
rc_json_checks(const struct rc_page *page, const struct rc_checks *checks)
{
	static const char *const names[] = { [RC_CHECK_OK] = "ok",
		[RC_CHECK_FIXED] = "fixed",
		[RC_CHECK_NOTE] = "note",
		[RC_CHECK_BAD] = "bad" };
	scoped(rc_json_release) cJSON *document = rc_json_document();
	cJSON *array = cJSON_AddArrayToObject(document, "checks");

	for (size_t i = 0; i < checks->count; i++) {
		const struct rc_check *check = &checks->items[i];
		cJSON *object = cJSON_CreateObject();

		rc_json_text(object, "code", check->code);
		rc_json_text(object, "about", check->about);
		rc_json_text(object, "verdict", names[check->verdict]);
		rc_json_text(object, "text", check->text);
		rc_json_text(object, "hint", check->hint);
		cJSON_AddItemToArray(array, object);
	}
	rc_json_print(page, document);
}

void
rc_json_plan(const struct rc_page *page, const struct rc_strv *plan)
{
	scoped(rc_json_release) cJSON *document = rc_json_document();

	rc_json_list(document, "plan", plan);
	rc_json_print(page, document);
}

void
rc_json_version(const struct rc_page *page)
{
	scoped(rc_json_release) cJSON *document = rc_json_document();

	cJSON_AddStringToObject(document, "version", RC_VERSION);
	rc_json_print(page, document);
}
