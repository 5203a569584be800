/*
 * A secret, typed at the terminal.  Nothing returns between switching the echo
 * off and on again; a ^C ends the read (signals do not restart it) and takes
 * the same way out.
 */
#include "cmd/prompt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

#define SECRET_MAX 4096 /* what a terminal hands over as one line */

/* Asks and reads a line.  A ^C between the two is kept for the wait, which it ends. */
static ssize_t
ask(int fd, const char *question, char *line)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	sigset_t stops, kept;
	ssize_t size;

	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGHUP);
	sigprocmask(SIG_BLOCK, &stops, &kept);
	fputs(question, stderr);
	size = ppoll(&wait, 1, NULL, &kept);
	if (size > 0)
		size = read(fd, line, SECRET_MAX);
	sigprocmask(SIG_SETMASK, &kept, NULL);
	return size;
}

int
rc_prompt_secret(char **ret, int fd, const char *question, struct rc_error *err)
{
	char line[SECRET_MAX + 1];
	struct termios before, silent;
	ssize_t size;
	int sys;

	if (tcgetattr(fd, &before) < 0)
		return rc_fail_sys(err, errno, "cannot ask for the token");
	silent = before;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
	silent.c_lflag |= ECHONL | ICANON;
	if (tcsetattr(fd, TCSAFLUSH, &silent) < 0)
		return rc_fail_sys(err, errno, "cannot stop the terminal from showing the token");
	/* Not before: an answer that comes at once would be flushed, or seen. */
	size = ask(fd, question, line);
	sys = errno;
	tcsetattr(fd, TCSAFLUSH, &before);
	if (size < 0) {
		fputc('\n', stderr);
		return sys == EINTR ? rc_fail(err, RC_FAILED, "interrupted")
				    : rc_fail_sys(err, sys, "cannot read the token");
	}
	line[size] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (line[0])
		*ret = rc_strdup(line);
	rc_wipe(line, sizeof(line));
	return size > 1 ? 0 : rc_fail(err, RC_USAGE, "no token was given");
}
