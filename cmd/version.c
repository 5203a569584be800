/* version: which one this is. */
#include "cmd/command.h"

static enum rc_code
version_run(const struct rc_app *app, const void *given)
{
	(void)given;
	if (app->globals->json)
		rc_json_version(&app->page);
	else
		fprintf(app->page.out, "runnerctl %s\n", RC_VERSION);
	return RC_OK;
}

const struct rc_command rc_cmd_version = {
	.name = "version",
	.synopsis = "",
	.summary = "print the version",
	.run = version_run,
};
