/* Running another program: posix_spawn, one pipe, no shell. */
#include "host/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "host/clock.h"

#define READ_SECONDS 20

struct lines {
	char text[400];
	size_t used;
	char last[400]; /* the last line that was whole */
};

/*
 * from: the program's standard output or error, whichever goes into the pipe.
 * Whoever is read to the end of its output is out of a terminal's reach: a ^C
 * would end it half-way, as if it had failed.
 */
static int
spawn(pid_t *ret, int *ret_pipe, const struct rc_strv *arguments, int from, struct rc_error *err)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	char **argv = rc_alloc(arguments->count + 1, sizeof(*argv));
	int ends[2], sys;

	memcpy(argv, arguments->items, arguments->count * sizeof(*argv));
	if (pipe2(ends, O_CLOEXEC) < 0) {
		free(argv);
		return rc_fail_sys(err, errno, "cannot make a pipe");
	}
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&files, ends[1], from);
	posix_spawnattr_init(&attributes);
	if (from == STDOUT_FILENO)
		posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	sys = posix_spawn(ret, argv[0], &files, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	close(ends[1]);
	free(argv);
	if (sys) {
		close(ends[0]);
		return rc_fail_sys(err, sys, "cannot run %s", arguments->items[0]);
	}
	*ret_pipe = ends[0];
	return 0;
}

static void
take(struct lines *lines, const char *bytes, size_t size, const struct rc_run *run)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != '\n') {
			if (lines->used < sizeof(lines->text) - 1)
				lines->text[lines->used++] = bytes[i];
			continue;
		}
		lines->text[lines->used] = '\0';
		if (lines->used) {
			memcpy(lines->last, lines->text, lines->used + 1);
			rc_run_step(run, "%s", lines->text);
		}
		lines->used = 0;
	}
}

/* Until the program closes its standard error, which is when it ends. */
static void
listen_to(int from, pid_t program, struct lines *lines, const struct rc_run *run)
{
	bool told = false;

	for (;;) {
		struct pollfd wait = { .fd = from, .events = POLLIN };
		char bytes[4096];
		ssize_t n;

		if (!told && rc_run_stopped(run)) {
			kill(program, SIGTERM);
			told = true;
		}
		if (poll(&wait, 1, 200) <= 0)
			continue;
		n = read(from, bytes, sizeof(bytes));
		if (n == 0 || (n < 0 && errno != EINTR))
			return;
		if (n > 0)
			take(lines, bytes, (size_t)n, run);
	}
}

int
rc_program_run(const struct rc_strv *arguments, const struct rc_run *run, struct rc_error *err)
{
	scoped(rc_fd_release) int from = -1;
	struct lines lines = { 0 };
	pid_t program = -1;
	int status;

	if (spawn(&program, &from, arguments, STDERR_FILENO, err) < 0)
		return -1;
	listen_to(from, program, &lines, run);
	while (waitpid(program, &status, 0) < 0 && errno == EINTR)
		;
	if (rc_run_check(run, err) < 0)
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return rc_fail(
	    err, RC_FAILED, "%s", lines.last[0] ? lines.last : "it ended without a word");
}

/* All that comes from the pipe; stops at max bytes and at the deadline. */
static bool
read_all(int from, FILE *out, size_t max)
{
	int64_t end = rc_clock_monotonic() + READ_SECONDS;
	size_t size = 0;

	while (size <= max && rc_clock_monotonic() < end) {
		struct pollfd wait = { .fd = from, .events = POLLIN };
		char bytes[4096];
		ssize_t n;

		if (poll(&wait, 1, 1000) <= 0)
			continue;
		n = read(from, bytes, sizeof(bytes));
		if (n == 0)
			return true;
		if (n > 0)
			size += fwrite(bytes, 1, (size_t)n, out);
		else if (errno != EINTR)
			return false;
	}
	return false;
}

int
rc_program_read(char **ret, const struct rc_strv *arguments, size_t max, struct rc_error *err)
{
	scoped(rc_fd_release) int from = -1;
	scoped(rc_str_release) char *text = NULL;
	size_t size;
	FILE *out;
	pid_t program = -1;
	bool whole;
	int status;

	if (spawn(&program, &from, arguments, STDOUT_FILENO, err) < 0)
		return -1;
	out = open_memstream(&text, &size);
	whole = read_all(from, out, max);
	fclose(out);
	if (!whole)
		kill(program, SIGKILL);
	while (waitpid(program, &status, 0) < 0 && errno == EINTR)
		;
	if (!whole || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		rc_fail(err, RC_FAILED, "%s failed", arguments->items[0]);
		return rc_hint(err, "run it by hand: its own words say why");
	}
	*ret = text;
	text = NULL;
	return 0;
}
