/* Results on standard output: for people, and as JSON for programs. */
#ifndef RC_CMD_PRINT_H
#define RC_CMD_PRINT_H

#include <stdint.h>
#include <stdio.h>

#include "cmd/terminal.h"
#include "ops/verbs.h"

/* Where results go, and when they are printed. */
struct rc_page {
	FILE *out;
	struct rc_terminal terminal;
	int64_t now; /* unix seconds */
};

#define RC_EMULATED "(emulated: no security boundary)"

/* One line an appliance: what it is and takes, or (health) how it and its runner are. */
void rc_print_views(const struct rc_page *page, const struct rc_views *views, bool health);
/* Their problems, and which of them are emulated; nothing if there is nothing to say. */
void rc_print_notes(const struct rc_page *page, const struct rc_views *views);
/* All there is to know about one. */
void rc_print_view(const struct rc_page *page, const struct rc_view *view);
void rc_print_images(const struct rc_page *page, const struct rc_image_views *images);
/* One line a probe, and a last one that counts. */
void rc_print_verification(const struct rc_page *page, const struct rc_verification *v);
/* What doctor found. */
void rc_print_checks(const struct rc_page *page, const struct rc_checks *checks);
/* In Prometheus' text format. */
void rc_print_metrics(const struct rc_page *page, const struct rc_views *views);
/* What each gave back; all: also of those that gave nothing, and why. */
void rc_print_reclaimed(
    const struct rc_page *page, const struct rc_reclaimeds *reclaimed, bool all);
/* The steps of a dry run. */
void rc_print_plan(const struct rc_page *page, const struct rc_strv *plan);

void rc_json_views(const struct rc_page *page, const struct rc_views *views);
void rc_json_images(const struct rc_page *page, const struct rc_image_views *images);
void rc_json_verification(const struct rc_page *page, const struct rc_verification *v);
void rc_json_outcomes(const struct rc_page *page, const struct rc_outcomes *outcomes);
void rc_json_rotation(const struct rc_page *page, const struct rc_rotation *rotation);
void rc_json_reclaims(const struct rc_page *page, const struct rc_reclaimeds *reclaimed);
void rc_json_finds(const struct rc_page *page, const struct rc_finds *finds);
void rc_json_checks(const struct rc_page *page, const struct rc_checks *checks);
void rc_json_plan(const struct rc_page *page, const struct rc_strv *plan);
void rc_json_version(const struct rc_page *page);

/* "in_force": in JSON and metrics; NULL if it was not checked. */
const char *rc_isolation_word(enum rc_confidence isolation);
/* "running", "stopped", or where else the appliance stands in its life. */
const char *rc_view_state(const struct rc_view *view);

#endif
