/* metrics: what monitoring wants to know, in Prometheus' text format. */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/size.h"
#include "cmd/command.h"
#include "cmd/guard.h"
#include "cmd/progress.h"
#include "cmd/report.h"

struct metrics_args {
	char *textfile;
	int64_t timeout;
};

static const struct rc_option metrics_options[] = {
	{ "textfile", 0, RC_OPT_TEXT, offsetof(struct metrics_args, textfile), "FILE",
	    "replace this file, for the node exporter" },
	{ "timeout", 0, RC_OPT_DURATION, offsetof(struct metrics_args, timeout), "TIME",
	    "give up after this long (50s)" },
	{ 0 },
};

/*
 * What is waited for ends, guest by guest, but libvirt: with a qemu that is stuck it keeps its
 * callers for ever, the one that opens the session included.  Nothing is to be undone.
 */
static void
set_deadline(int64_t seconds)
{
	static char notice[128];
	char span[16];

	snprintf(notice, sizeof(notice),
	    "runnerctl: gave up after %s\nhint: does libvirt answer? try: runnerctl list\n",
	    rc_duration_format(span, seconds));
	rc_guard_deadline((unsigned)seconds, notice);
}

static int
metrics_check(const struct rc_app *app, void *given, struct rc_error *err)
{
	const struct metrics_args *args = given;

	if (app->globals->json) {
		rc_fail(err, RC_USAGE, "metrics are written in Prometheus' text format alone");
		return rc_hint(err, "for JSON use: runnerctl status --json");
	}
	if (args->timeout < 1 || args->timeout > 3600)
		return rc_fail(err, RC_USAGE, "--timeout is from 1s to 1h");
	set_deadline(args->timeout);
	return 0;
}

/* The exporter reads at any time, and as another user: it must find all or what was there before.
 */
static int
write_textfile(
    const struct rc_app *app, const char *path, const struct rc_views *views, struct rc_error *err)
{
	struct rc_page page = app->page;
	char *text = NULL;
	size_t size = 0;
	int result;

	page.out = open_memstream(&text, &size);
	if (!page.out)
		abort();
	rc_print_metrics(&page, views);
	fclose(page.out);
	result = rc_file_publish(path, text, size, 0644, err);
	free(text);
	return result;
}

static enum rc_code
metrics_run(const struct rc_app *app, const void *given)
{
	const struct metrics_args *args = given;
	struct rc_views views = { 0 };
	struct rc_error err;
	int result = 0;

	if (app->verbs->survey(app->session, &views, &err) < 0)
		return rc_report_failure(app, &err);
	rc_progress_end(app->progress);
	if (args->textfile)
		result = write_textfile(app, args->textfile, &views, &err);
	else
		rc_print_metrics(&app->page, &views);
	app->verbs->release_views(&views);
	return result < 0 ? rc_report_failure(app, &err) : RC_OK;
}

static const struct metrics_args metrics_defaults = { .timeout = 50 };

/* Guest agents answer only a connection that may write. */
const struct rc_command rc_cmd_metrics = {
	.name = "metrics",
	.synopsis = "[options]",
	.summary = "print how appliances are for Prometheus",
	.also = "prometheus export stats top",
	.examples =
	    "  runnerctl metrics --textfile /var/lib/prometheus/node-exporter/runnerctl.prom\n",
	.groups = { { "Options", metrics_options, 0 } },
	.args_size = sizeof(struct metrics_args),
	.defaults = &metrics_defaults,
	.needs = RC_NEED_SESSION | RC_NEED_WRITE,
	.check = metrics_check,
	.run = metrics_run,
};
