/* The options of a runner.  The token has four ways in, and at most one is taken. */
#include "cmd/runner.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "cmd/prompt.h"
#include "cmd/say.h"
#include "core/name.h"

#define FIELD(f) offsetof(struct rc_runner_args, f)
const struct rc_option rc_runner_options[] = {
	{ "token-file", 0, RC_OPT_TEXT, FIELD(token_file), "FILE",
	    "read the token from FILE, or - for standard input" },
	{ "token", 0, RC_OPT_SECRET, FIELD(token), "TOKEN", "the token itself, or - as above" },
	{ "url", 0, RC_OPT_TEXT, FIELD(url), "URL", "address of GitLab" },
	{ "ca-file", 0, RC_OPT_TEXT, FIELD(ca_file), "FILE",
	    "certificates to trust for GitLab (PEM)" },
	{ "group", 0, RC_OPT_ID, FIELD(group), "ID", "make a runner of this group" },
	{ "project", 0, RC_OPT_ID, FIELD(project), "ID", "make a runner of this project" },
	{ "tags", 0, RC_OPT_TEXT, FIELD(tags), "LIST", "tags of the runner, such as docker,linux" },
	{ "wait", 0, RC_OPT_WAIT, FIELD(wait), "TIME",
	    "wait until it asks for work; 10m if no TIME" },
	{ 0 },
};

static int
check_token(struct rc_runner_args *args, struct rc_error *err)
{
	if (args->token && args->token_file)
		return rc_fail(err, RC_USAGE, "--token and --token-file exclude each other");
	if (args->token && strcmp(args->token, "-") == 0) {
		rc_secret_release(&args->token);
		rc_str_set(&args->token_file, "-");
	}
	if (!args->token_file || strcmp(args->token_file, "-") != 0 || !isatty(STDIN_FILENO))
		return 0;
	if (rc_prompt_secret(&args->token, STDIN_FILENO, "token: ", err) < 0)
		return -1;
	rc_str_release(&args->token_file);
	args->typed = true;
	return 0;
}

int
rc_runner_check(const struct rc_app *app, struct rc_runner_args *args, struct rc_error *err)
{
	scoped(rc_str_release) char *tags = NULL;

	if (args->group && args->project)
		return rc_fail(err, RC_USAGE, "--group and --project exclude each other");
	if (args->tags && rc_tags_check(&tags, args->tags, err) < 0)
		return rc_within(err, "--tags");
	if (check_token(args, err) < 0)
		return -1;
	if (args->token && !args->typed)
		rc_say_warning(app->voice,
		    "others can see a token given this way; use --token-file FILE or --token -");
	return 0;
}

struct rc_registration_wish
rc_runner_wish(const struct rc_runner_args *args, bool dry_run)
{
	return (struct rc_registration_wish){
		.token = { .value = args->token, .file = args->token_file },
		.url = args->url,
		.ca_file = args->ca_file,
		.tags = args->tags,
		.group = args->group,
		.project = args->project,
		.wait = args->wait,
		.dry_run = dry_run,
	};
}
