/* What became of each name: printed, and summed up as one exit status. */
#ifndef RC_CMD_REPORT_H
#define RC_CMD_REPORT_H

#include "cmd/command.h"

/* An error that kept everything from being tried; returns its code. */
enum rc_code rc_report_failure(const struct rc_app *app, const struct rc_error *err);
/*
 * Prints the outcomes and releases them.  did ("created") is what happened to
 * those that are ok, or would have on a dry run.
 */
enum rc_code rc_report_outcomes(
    const struct rc_app *app, struct rc_outcomes *outcomes, const char *did, bool dry_run);
/* Prints the checks and releases them; bad is the code if any of them is bad. */
enum rc_code rc_report_checks(const struct rc_app *app, struct rc_checks *checks, enum rc_code bad);
/* All ok: RC_OK; some: RC_PARTLY; none: the code they share, else RC_FAILED. */
enum rc_code rc_outcomes_code(const struct rc_outcomes *outcomes);

#endif
