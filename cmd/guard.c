/*
 * What protects the process.  Not the umask: files with secrets are made with
 * their mode, and the umask would be inherited by the tools that build an
 * image, whose files must be readable inside it.
 */
#include "cmd/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/error.h"

static volatile sig_atomic_t stopped;
static const char *volatile stop_notice = "";
static const char *volatile last_words = "";
static volatile sig_atomic_t patience; /* seconds; 0: the alarm is not put off */
static bool has_deadline;
static pid_t
    program; /* libguestfs forks a watcher that inherits our handlers: it is to be silent */

/*
 * A descriptor that the caller closed would be given to the next file opened,
 * and results be written into it.  These two fail on use instead.
 */
static void
open_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(1);
}

static void
on_broken_pipe(int signal)
{
	(void)signal;
}

void
rc_guard_process(void)
{
	/* A handler, not SIG_IGN: programs started later get the default back. */
	struct sigaction action = { .sa_handler = on_broken_pipe, .sa_flags = SA_RESTART };
	struct rlimit none = { 0 };

	open_standard_descriptors();
	sigaction(SIGPIPE, &action, NULL);
	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &none);
}

static void
on_stop(int signal)
{
	const char *notice = stop_notice;
	int saved = errno;

	(void)signal;
	if (!stopped && getpid() == program && write(STDERR_FILENO, notice, strlen(notice)) < 0)
		errno = saved;
	stopped = 1;
	errno = saved;
}

void
rc_guard_signals(const char *notice)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_stop }, before;

	stop_notice = notice;
	program = getpid();
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&action.sa_mask, signals[i]);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
}

const volatile sig_atomic_t *
rc_guard_stopped(void)
{
	return &stopped;
}

static void
on_alarm(int signal)
{
	const char *words = last_words;

	(void)signal;
	if (getpid() == program && write(STDERR_FILENO, words, strlen(words)) < 0)
		_exit(RC_FAILED);
	_exit(RC_TIMEOUT);
}

static void
set_alarm(unsigned seconds, const char *words)
{
	struct sigaction action = { .sa_handler = on_alarm };

	last_words = words;
	program = getpid();
	sigaction(SIGALRM, &action, NULL);
	alarm(seconds);
}

void
rc_guard_deadline(unsigned seconds, const char *notice)
{
	has_deadline = true;
	set_alarm(seconds, notice);
}

void
rc_guard_patience(unsigned seconds, const char *notice)
{
	if (has_deadline)
		return;
	patience = (sig_atomic_t)seconds;
	set_alarm(seconds, notice);
}

void
rc_guard_alive(void *context)
{
	(void)context;
	if (patience)
		alarm((unsigned)patience);
}
