/* Tables for people.  What is unknown is "-", never 0. */
#include "cmd/print.h"

#include <inttypes.h>
#include <string.h>

#include "base/scope.h"
#include "base/size.h"
#include "base/str.h"
#include "cmd/table.h"
#include "cmd/text.h"

const char *
rc_view_state(const struct rc_view *view)
{
	enum rc_state state = view->appliance.state;

	if (state == RC_STATE_STARTED || state == RC_STATE_READY)
		return view->running ? "running" : "stopped";
	return rc_state_name(state);
}

static enum rc_hue
state_hue(const struct rc_view *view)
{
	switch (view->appliance.state) {
	case RC_STATE_STARTED:
	case RC_STATE_READY:
		return view->running ? RC_HUE_GOOD : RC_HUE_BAD;
	case RC_STATE_CREATED:
		return RC_HUE_NONE;
	case RC_STATE_CREATING:
	case RC_STATE_REGISTERING:
	case RC_STATE_DRAINING:
	case RC_STATE_DESTROYING:
		return RC_HUE_BUSY;
	}
	return RC_HUE_NONE;
}

/* "4.5G": "4.5 GiB" for where there is little room. */
static char *
short_size(uint64_t bytes)
{
	char long_form[16];
	size_t digits;

	if (bytes == RC_UNKNOWN)
		return rc_strdup("-");
	digits = strcspn(rc_size_format(long_form, bytes), " ");
	return rc_format("%.*s%c", (int)digits, long_form, long_form[digits + 1]);
}

/* "3d": the largest unit alone; NULL if the time is not known. */
static char *
short_age(int64_t since, int64_t now)
{
	char age[16];

	if (since <= 0)
		return NULL;
	rc_duration_format(age, now - since);
	return rc_strndup(age, strcspn(age, " "));
}

/* "412M/4G": what is taken on the host, of what may be. */
static char *
share(const struct rc_view *view, uint64_t taken, uint64_t limit)
{
	scoped(rc_str_release) char *whole = short_size(limit), *part = NULL;

	part = view->running ? short_size(taken) : rc_strdup("-");
	return rc_format("%s/%s", part, whole);
}

/* "0.42": CPUs of the host, over the interval between two readings. */
static char *
pace(const struct rc_view *view)
{
	if (view->pace.seconds <= 0 || view->pace.cpus < 0)
		return NULL;
	return rc_format("%.2f", view->pace.cpus);
}

static char *
runner(const struct rc_appliance *a)
{
	const char *ownership = rc_ownership_name(a->ownership);

	if (a->ownership == RC_RUNNER_NONE)
		return NULL;
	return a->runner_id ? rc_format("#%" PRId64 " %s", a->runner_id, ownership)
			    : rc_strdup(ownership);
}

/* "2", or "1.5/2" when they are capped. */
static char *
cpus(const struct rc_limits *limits)
{
	if (limits->cpu_cap == 0 || limits->cpu_cap >= limits->cpus * 100)
		return rc_format("%u", limits->cpus);
	return rc_format("%.4g/%u", limits->cpu_cap / 100.0, limits->cpus);
}

enum what { NAME, STATE, RUNNER, IMAGE, CPUS, MEMORY, DISK, AGE, JOBS, CONTACT, PACE, INSIDE };

/* NULL for what is not known. */
static char *
cell(const struct rc_page *page, const struct rc_view *view, enum what what)
{
	const struct rc_appliance *a = &view->appliance;

	switch (what) {
	case NAME:
		return rc_strdup(a->name);
	case STATE:
		return rc_strdup(rc_view_state(view));
	case RUNNER:
		return runner(a);
	case IMAGE:
		return rc_strdup(a->image);
	case CPUS:
		return cpus(&a->limits);
	case MEMORY:
		return share(view, view->usage.memory, a->limits.memory);
	case DISK:
		return share(view, view->usage.disk, a->limits.disk);
	case AGE:
		return short_age(a->created, page->now);
	case JOBS:
		return view->guest_known ? rc_format("%u", view->guest.jobs) : NULL;
	case CONTACT:
		return short_age(view->contacted, page->now);
	case PACE:
		return pace(view);
	case INSIDE:
		return view->running ? short_size(rc_usage_guest_used(&view->usage)) : NULL;
	}
	return NULL;
}

/* A table's column, and what stands in it. */
struct view_column {
	struct rc_column column;
	enum what what;
};

static const struct view_column list_columns[] = {
	{ { "NAME", .drop = 0 }, NAME },
	{ { "STATE", .drop = 0 }, STATE },
	{ { "RUNNER", .drop = 5 }, RUNNER },
	{ { "IMAGE", .cut = true, .drop = 2 }, IMAGE },
	{ { "CPUS", .drop = 1 }, CPUS },
	{ { "MEMORY", .drop = 4 }, MEMORY },
	{ { "DISK", .drop = 6 }, DISK },
	{ { "AGE", .drop = 3 }, AGE },
};
static const struct view_column health_columns[] = {
	{ { "NAME", .drop = 0 }, NAME },
	{ { "STATE", .drop = 0 }, STATE },
	{ { "JOBS", .drop = 0 }, JOBS },
	{ { "CPU", .drop = 6 }, PACE },
	{ { "MEMORY", .drop = 7 }, MEMORY },
	{ { "INSIDE", .drop = 3 }, INSIDE },
	{ { "DISK", .drop = 5 }, DISK },
	{ { "CONTACT", .drop = 4 }, CONTACT },
	{ { "RUNNER", .drop = 2 }, RUNNER },
	{ { "AGE", .drop = 1 }, AGE },
};

#define VIEW_COLUMNS_MAX RC_COUNT(health_columns)

void
rc_print_views(const struct rc_page *page, const struct rc_views *views, bool health)
{
	const struct view_column *from = health ? health_columns : list_columns;
	size_t count = health ? RC_COUNT(health_columns) : RC_COUNT(list_columns);
	struct rc_column columns[VIEW_COLUMNS_MAX + 1] = { { 0 } };
	scoped(rc_table_release) struct rc_table table = { .columns = columns };

	for (size_t i = 0; i < count; i++)
		columns[i] = from[i].column;
	for (size_t i = 0; i < views->count; i++) {
		const struct rc_view *view = &views->items[i];

		for (size_t j = 0; j < count; j++)
			rc_table_add(&table, from[j].what == STATE ? state_hue(view) : RC_HUE_NONE,
			    cell(page, view, from[j].what));
	}
	rc_table_print(&table, page->out, &page->terminal);
}

/* The first note is parted from the table before it. */
static void
print_note(
    const struct rc_page *page, bool *begun, enum rc_hue hue, const char *name, const char *note)
{
	scoped(rc_str_release) char *clean = rc_text_clean(note);

	fprintf(page->out, "%s%s%s%s %s\n", *begun ? "" : "\n", rc_hue_on(&page->terminal, hue),
	    name, rc_hue_off(&page->terminal, hue), clean);
	*begun = true;
}

void
rc_print_notes(const struct rc_page *page, const struct rc_views *views)
{
	bool begun = false;

	for (size_t i = 0; i < views->count; i++) {
		const struct rc_view *view = &views->items[i];
		scoped(rc_str_release) char *label = rc_format("%s:", view->appliance.name);

		for (size_t j = 0; j < view->problems.count; j++)
			print_note(page, &begun, RC_HUE_BAD, label, view->problems.items[j].text);
	}
	for (size_t i = 0; i < views->count; i++)
		if (views->items[i].emulated)
			print_note(
			    page, &begun, RC_HUE_BUSY, views->items[i].appliance.name, RC_EMULATED);
}

/* "27.4.1" of "27.4.1+dfsg1-2", and of a checksum its begin; the whole is in the JSON. */
static char *
short_version(const char *version)
{
	size_t length = version ? strcspn(version, "+-~") : 0;

	return version ? rc_strndup(version, length < 14 ? length : 14) : NULL;
}

void
rc_print_images(const struct rc_page *page, const struct rc_image_views *images)
{
	static const struct rc_column columns[] = {
		{ "IMAGE", .drop = 0 },
		{ "SIZE", .drop = 6 },
		{ "AGE", .drop = 7 },
		{ "USED", .drop = 8 },
		{ "OUTDATED", .drop = 5 },
		{ "ARCH", .drop = 1 },
		{ "KERNEL", .drop = 2 },
		{ "DOCKER", .drop = 4 },
		{ "RUNNER", .drop = 3 },
		{ .title = NULL },
	};
	scoped(rc_table_release) struct rc_table table = { .columns = columns, .width = 79 };

	for (size_t i = 0; i < images->count; i++) {
		const struct rc_image_view *image = &images->items[i];

		rc_table_add(&table, RC_HUE_NONE, rc_format("%s@%s", image->name, image->version));
		rc_table_add(&table, RC_HUE_NONE, short_size(image->size));
		rc_table_add(&table, RC_HUE_NONE, short_age(image->created, page->now));
		rc_table_add(&table, RC_HUE_NONE, rc_format("%u", image->used_by));
		rc_table_add(&table, image->outdated ? RC_HUE_BUSY : RC_HUE_NONE,
		    rc_strdup(image->outdated ? "yes" : "no"));
		rc_table_add(&table, RC_HUE_NONE, rc_strdup(image->architecture));
		rc_table_add(&table, RC_HUE_NONE, short_version(image->kernel));
		rc_table_add(&table, RC_HUE_NONE, short_version(image->docker));
		rc_table_add(&table, RC_HUE_NONE, short_version(image->runner));
	}
	rc_table_print(&table, page->out, &page->terminal);
}

void
rc_print_plan(const struct rc_page *page, const struct rc_strv *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		scoped(rc_str_release) char *line = rc_text_clean(plan->items[i]);

		fprintf(page->out, "  %s\n", line);
	}
}
