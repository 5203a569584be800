/*
 * Appliances in Prometheus' text format.  A metric without samples is left out.
 * Labels are names that runnerctl made or checked; no text of a guest, of GitLab
 * or of an error is one.
 */
#include <inttypes.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "cmd/metric.h"
#include "cmd/print.h"
#include "cmd/text.h"

#define PREFIX "runnerctl_"

/* Those that are about more than one generation, or have a label of their own. */
static const struct rc_metric of_state = { "appliances", "gauge",
	"Generations of appliances in each state of their life.", RC_WHOLE, NULL, 0 };
static const struct rc_metric of_info = { "appliance_info", "gauge", "What it is; always 1.",
	RC_WHOLE, NULL, 0 };
static const struct rc_metric of_generation = { "appliance_generation", "gauge",
	"The newest generation of that appliance.", RC_WHOLE, NULL, 0 };
static const struct rc_metric of_isolation = { "appliance_isolation", "gauge",
	"What the kernel says of its network filter; always 1.", RC_WHOLE, NULL, 0 };
static const struct rc_metric of_problem = { "appliance_problem", "gauge",
	"What is wrong with it, by its word; always 1.", RC_WHOLE, NULL, 0 };

static void
head(FILE *out, const struct rc_metric *metric)
{
	fprintf(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", metric->name, metric->help,
	    metric->name, metric->type);
}

/* Quotes, backslashes and newlines are escaped; the rest of what is no text never comes here. */
static void
label(FILE *out, const char *name, const char *value)
{
	scoped(rc_str_release) char *clean = rc_text_clean(value ? value : "");

	fprintf(out, "%s=\"", name);
	for (const char *c = clean; *c; c++) {
		if (*c == '"' || *c == '\\')
			fputc('\\', out);
		fputc(*c, out);
	}
	fputc('"', out);
}

/* A sample up to its labels; more of them may follow before the value. */
static void
begin(FILE *out, const struct rc_metric *metric, const struct rc_view *view)
{
	fprintf(out, PREFIX "%s{", metric->name);
	label(out, "appliance", view->appliance.name);
	fprintf(out, ",generation=\"%u\"", view->appliance.generation);
}

static void
number(FILE *out, uint64_t value, enum rc_metric_scale scale)
{
	switch (scale) {
	case RC_WHOLE:
		fprintf(out, "} %" PRIu64 "\n", value);
		break;
	case RC_HUNDREDTHS:
		fprintf(out, "} %" PRIu64 ".%02u\n", value / 100, (unsigned)(value % 100));
		break;
	case RC_NANOS:
		fprintf(out, "} %" PRIu64 ".%09u\n", value / 1000000000,
		    (unsigned)(value % 1000000000));
		break;
	}
}

static void
write_metric(
    const struct rc_page *page, const struct rc_metric *metric, const struct rc_views *views)
{
	bool begun = false;

	for (size_t i = 0; i < views->count; i++) {
		uint64_t value = rc_metric_value(metric, &views->items[i], page->now);

		if (value == RC_UNKNOWN)
			continue;
		if (!begun)
			head(page->out, metric);
		begun = true;
		begin(page->out, metric, &views->items[i]);
		number(page->out, value, metric->scale);
	}
}

/* All states, so that one that nobody is in is 0. */
static void
write_states(FILE *out, const struct rc_views *views)
{
	head(out, &of_state);
	for (int state = RC_STATE_CREATING; state <= RC_STATE_DESTROYING; state++) {
		size_t count = 0;

		for (size_t i = 0; i < views->count; i++)
			count += views->items[i].appliance.state == (enum rc_state)state;
		fprintf(out, PREFIX "%s{state=\"%s\"} %zu\n", of_state.name,
		    rc_state_name((enum rc_state)state), count);
	}
}

static void
write_infos(FILE *out, const struct rc_views *views)
{
	if (views->count)
		head(out, &of_info);
	for (size_t i = 0; i < views->count; i++) {
		const struct rc_view *view = &views->items[i];
		const struct rc_appliance *a = &view->appliance;

		begin(out, &of_info, view);
		fprintf(out, ",state=\"%s\",", rc_state_name(a->state));
		label(out, "image", a->image);
		fputc(',', out);
		label(out, "profile", a->profile);
		fprintf(out, ",accel=\"%s\",runner=\"", view->emulated ? "tcg" : "kvm");
		if (a->runner_id)
			fprintf(out, "%" PRId64, a->runner_id);
		fputs("\"} 1\n", out);
	}
}

/* Views are in the order of name and generation. */
static void
write_generations(FILE *out, const struct rc_views *views)
{
	if (views->count)
		head(out, &of_generation);
	for (size_t i = 0; i < views->count; i++) {
		const struct rc_appliance *a = &views->items[i].appliance;

		if (i + 1 < views->count &&
		    strcmp(views->items[i + 1].appliance.name, a->name) == 0)
			continue;
		fprintf(out, PREFIX "%s{", of_generation.name);
		label(out, "appliance", a->name);
		fprintf(out, "} %u\n", a->generation);
	}
}

static void
write_isolation(FILE *out, const struct rc_views *views)
{
	bool begun = false;

	for (size_t i = 0; i < views->count; i++) {
		const char *word = rc_isolation_word(views->items[i].isolation);

		if (!word)
			continue;
		if (!begun)
			head(out, &of_isolation);
		begun = true;
		begin(out, &of_isolation, &views->items[i]);
		fprintf(out, ",verdict=\"%s\"} 1\n", word);
	}
}

static bool
has_problem(const struct rc_view *view, enum rc_problem_code code)
{
	for (size_t i = 0; i < view->problems.count; i++)
		if (view->problems.items[i].code == code)
			return true;
	return false;
}

/* By code, so that none comes twice. */
static void
write_problems(FILE *out, const struct rc_views *views)
{
	bool begun = false;

	for (size_t i = 0; i < views->count; i++)
		for (int code = 0; code < RC_PROBLEM_CODES; code++) {
			if (!has_problem(&views->items[i], (enum rc_problem_code)code))
				continue;
			if (!begun)
				head(out, &of_problem);
			begun = true;
			begin(out, &of_problem, &views->items[i]);
			fprintf(
			    out, ",code=\"%s\"} 1\n", rc_problem_word((enum rc_problem_code)code));
		}
}

void
rc_print_metrics(const struct rc_page *page, const struct rc_views *views)
{
	write_states(page->out, views);
	write_infos(page->out, views);
	write_generations(page->out, views);
	for (const struct rc_metric *metric = rc_metrics; metric->name; metric++)
		write_metric(page, metric, views);
	write_isolation(page->out, views);
	write_problems(page->out, views);
}
