/* The options that say what the runner shall be: create and register share them. */
#ifndef RC_CMD_RUNNER_H
#define RC_CMD_RUNNER_H

#include "cmd/command.h"

struct rc_runner_args {
	char *token; /* secret */
	char *token_file, *url, *ca_file, *tags;
	int64_t group, project, wait;
	bool typed; /* no option: the token was typed at the terminal */
};

extern const struct rc_option rc_runner_options[];

/* Settles where the token comes from: `-` becomes a file, and at a terminal a prompt. */
RC_MUST_CHECK int rc_runner_check(
    const struct rc_app *app, struct rc_runner_args *args, struct rc_error *err);
/* Everything in the wish is borrowed from args. */
struct rc_registration_wish rc_runner_wish(const struct rc_runner_args *args, bool dry_run);

#endif
