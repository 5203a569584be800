/* Results of verbs. */
#include "ops/outcomes.h"

#include <stdlib.h>
#include <string.h>

void
rc_outcomes_init(struct rc_outcomes *ret, const struct rc_strv *names)
{
	*ret = (struct rc_outcomes){ .items = rc_alloc(names->count, sizeof(*ret->items)) };
	for (size_t i = 0; i < names->count; i++) {
		bool seen = false;

		for (size_t k = 0; k < ret->count; k++)
			seen = seen || strcmp(ret->items[k].name, names->items[i]) == 0;
		if (!seen)
			ret->items[ret->count++].name = rc_strdup(names->items[i]);
	}
}

struct rc_outcome *
rc_outcomes_find(struct rc_outcomes *outcomes, const char *name)
{
	for (size_t i = 0; i < outcomes->count; i++)
		if (strcmp(outcomes->items[i].name, name) == 0)
			return &outcomes->items[i];
	return NULL;
}

struct rc_outcome *
rc_outcomes_add(struct rc_outcomes *outcomes, const char *name)
{
	struct rc_outcome *outcome;

	outcomes->items = rc_grow(outcomes->items, outcomes->count + 1, sizeof(*outcomes->items));
	outcome = &outcomes->items[outcomes->count++];
	*outcome = (struct rc_outcome){ .name = rc_strdup(name) };
	return outcome;
}

void
rc_outcome_plan(struct rc_outcome *outcome, const char *what, const struct rc_appliance *appliance)
{
	char *line = rc_format("%s %s.%u", what, appliance->name, appliance->generation);

	rc_strv_add(&outcome->plan, line);
	free(line);
}

void
rc_outcomes_release(struct rc_outcomes *outcomes)
{
	for (size_t i = 0; i < outcomes->count; i++) {
		struct rc_outcome *o = &outcomes->items[i];

		free(o->name);
		free(o->xml);
		rc_appliance_release(&o->appliance);
		rc_strv_release(&o->plan);
	}
	free(outcomes->items);
	*outcomes = (struct rc_outcomes){ 0 };
}

void
rc_views_release(struct rc_views *views)
{
	for (size_t i = 0; i < views->count; i++) {
		rc_appliance_release(&views->items[i].appliance);
		rc_problems_release(&views->items[i].problems);
		free(views->items[i].image_now);
	}
	free(views->items);
	*views = (struct rc_views){ 0 };
}

static void
view_release(struct rc_image_view *view)
{
	free(view->name);
	free(view->version);
	free(view->architecture);
	free(view->kernel);
	free(view->docker);
	free(view->runner);
}

void
rc_image_views_release(struct rc_image_views *views)
{
	for (size_t i = 0; i < views->count; i++)
		view_release(&views->items[i]);
	free(views->items);
	*views = (struct rc_image_views){ 0 };
}
