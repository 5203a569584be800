/*
 * The program: understands the command line, provides what the verb's row
 * says that it needs, runs it, and turns what became of it into the exit status.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/scope.h"
#include "cmd/command.h"
#include "cmd/guard.h"
#include "cmd/help.h"
#include "cmd/load.h"
#include "cmd/options.h"
#include "cmd/progress.h"
#include "cmd/say.h"

/* A verb may take hours, for jobs do; but something always moves. */
#define PATIENCE_OPEN 60
#define PATIENCE 300

static void
arm(const struct rc_app *app, unsigned seconds, const char *words)
{
	static char lines[2][320]; /* the one in use must not change */
	static unsigned next;
	char *line = lines[next++ % 2];

	snprintf(line, sizeof(lines[0]), "%srunnerctl: %s\n",
	    app->voice->terminal.live ? "\r\033[K" : "", words);
	rc_guard_patience(seconds, line);
}

/* Loads the verbs and opens a session for one of them. */
static enum rc_code
run_in_session(struct rc_app *app, const struct rc_parsed *parsed)
{
	struct rc_run run = rc_progress_listener(app->progress);
	const struct rc_globals *globals = app->globals;
	struct rc_session_wish wish = {
		.connect = globals->connect,
		.config = globals->config,
		.accel = globals->accel,
		.run = &run,
		.writes = parsed->command->needs & RC_NEED_WRITE,
	};
	struct rc_error err;
	enum rc_code code;

	run.verb = parsed->command->name;
	run.stop = rc_guard_stopped();
	run.alive = rc_guard_alive;
	arm(app, PATIENCE_OPEN,
	    "libvirt has not answered for 60 s\n"
	    "hint: it hangs, or the way to it does; restarting libvirtd hurts no appliance");
	if (rc_load(&app->verbs, &err) < 0 || app->verbs->open(&app->session, &wish, &err) < 0) {
		rc_progress_end(app->progress);
		return rc_say_error(app->voice, &err);
	}
	arm(app, PATIENCE,
	    "nothing has moved for 5 min: libvirt hangs, or what it waits for\n"
	    "hint: what was begun is finished or taken back by the next run; see libvirtd's log");
	code = parsed->command->run(app, parsed->args);
	app->verbs->close(app->session);
	return code;
}

/* From here on ^C asks the verb to stop; a verb with nothing to undo just dies of it. */
static void
guard_signals(const struct rc_app *app, const struct rc_command *command)
{
	static char notice[160];

	snprintf(notice, sizeof(notice), "%srunnerctl: %s\n",
	    app->voice->terminal.live ? "\r\033[K" : "", command->stopping);
	rc_guard_signals(notice);
}

static enum rc_code
run_command(const struct rc_parsed *parsed, const struct rc_voice *voice)
{
	const struct rc_command *command = parsed->command;
	struct rc_app app = {
		.globals = &parsed->globals,
		.names = &parsed->names,
		.page = { .out = stdout, .now = time(NULL) },
		.voice = voice,
	};
	struct rc_error err;
	enum rc_code code;

	rc_terminal_probe(&app.page.terminal, STDOUT_FILENO, parsed->globals.color);
	if (command->stopping)
		rc_guard_signals("");
	if (command->check && command->check(&app, parsed->args, &err) < 0) {
		if (!err.hint[0] && err.code == RC_USAGE)
			rc_hint(&err, "try 'runnerctl %s --help'", command->name);
		return rc_say_error(voice, &err);
	}
	if (!(command->needs & RC_NEED_SESSION))
		return command->run(&app, parsed->args);
	if (command->stopping)
		guard_signals(&app, command);
	app.progress = rc_progress_new(voice, parsed->globals.verbose);
	code = run_in_session(&app, parsed);
	rc_progress_free(app.progress);
	return code;
}

static enum rc_code
dispatch(const struct rc_parsed *parsed, const struct rc_voice *voice)
{
	const struct rc_globals *globals = &parsed->globals;

	if (globals->dump_options)
		rc_help_dump(stdout);
	else if (globals->version)
		printf("runnerctl %s\n", RC_VERSION);
	else if (globals->help && parsed->family)
		rc_help_family(stdout, parsed->family);
	else if (globals->help && parsed->command)
		rc_help_command(stdout, parsed->command);
	else if (globals->help)
		rc_help_overview(stdout);
	else if (parsed->command)
		return run_command(parsed, voice);
	else {
		rc_help_short(stderr);
		return RC_USAGE;
	}
	return RC_OK;
}

/* A result that could not be written is no success, whatever the verb said. */
static enum rc_code
finish_output(const struct rc_voice *voice, enum rc_code code)
{
	bool failed = ferror(stdout);
	struct rc_error err;

	errno = 0;
	failed = fclose(stdout) != 0 || failed;
	if (!failed)
		return code;
	if (errno)
		rc_fail_sys(&err, errno, "cannot write the result");
	else
		rc_fail(&err, RC_FAILED, "cannot write the result");
	rc_say_error(voice, &err);
	return code == RC_OK ? RC_FAILED : code;
}

int
main(int argc, char **argv)
{
	struct rc_voice voice = { .out = stderr };
	struct rc_parsed parsed;
	struct rc_error err;
	enum rc_code code;
	int result;

	rc_guard_process();
	result = rc_parse(&parsed, argc, argv, &err);
	rc_terminal_probe(&voice.terminal, STDERR_FILENO, parsed.globals.color);
	voice.quiet = parsed.globals.quiet;
	code = result < 0 ? rc_say_error(&voice, &err) : dispatch(&parsed, &voice);
	code = finish_output(&voice, code);
	rc_parsed_release(&parsed);
	return (int)code;
}
