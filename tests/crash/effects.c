/*
 * Preloaded into runnerctl by the crash tests: numbers every effect on the
 * outside world, and at one of them kills the process, lets the call fail, loses
 * its success, or stops the process so that the test can change the world meanwhile.
 *
 *	RC_EFFECTS_LOG  a file that gets a line for each effect, before it begins
 *	RC_EFFECT_AT    the number of the one to interfere with, from 1
 *	RC_EFFECT_OF    only calls of this name are counted for that
 *	RC_EFFECT_DO    kill-before, kill-after, fail, lose, stop
 *	RC_EFFECT_CODE  the libvirt error of a call that fails (default: internal error)
 */
#include "effects.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <guestfs.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum deed { NOTHING, KILL_BEFORE, KILL_AFTER, FAIL, LOSE, STOP };

static enum deed deed;
static const char *only;
static long at, count, counted;
static _Thread_local bool chosen; /* the present call is the one */
static int code = VIR_ERR_INTERNAL_ERROR;
static int log_fd = -1;
static virError forged; /* what libvirt would have said; no code: nothing forged */
static char forged_text[120];

/* Programs that runnerctl starts shall be themselves. */
__attribute__((constructor)) static void
begin(void)
{
	static const char *const deeds[] = { "", "kill-before", "kill-after", "fail", "lose",
		"stop" };
	const char *wanted = getenv("RC_EFFECT_DO"), *number = getenv("RC_EFFECT_AT"),
		   *file = getenv("RC_EFFECTS_LOG"), *error = getenv("RC_EFFECT_CODE");

	unsetenv("LD_PRELOAD");
	for (enum deed i = NOTHING; wanted && i <= STOP; i++)
		if (strcmp(wanted, deeds[i]) == 0)
			deed = i;
	only = getenv("RC_EFFECT_OF");
	at = number ? strtol(number, NULL, 10) : 0;
	code = error ? (int)strtol(error, NULL, 10) : code;
	log_fd = file ? open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
}

static void *
next(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (!found) {
		fprintf(stderr, "effects: no %s\n", name);
		abort();
	}
	return found;
}

/* false: the call shall fail without being made. */
static bool
before(const char *name)
{
	char line[80];
	int length = snprintf(line, sizeof(line), "%ld %s\n", ++count, name);

	if (log_fd >= 0 && write(log_fd, line, (size_t)length) != length)
		abort();
	chosen = (!only || strcmp(name, only) == 0) && ++counted == at;
	if (!chosen)
		return true;
	if (deed == KILL_BEFORE)
		raise(SIGKILL);
	if (deed == STOP)
		raise(SIGSTOP);
	return deed != FAIL;
}

/* false: the call shall seem to have failed. */
static bool
after(void)
{
	if (chosen && deed == KILL_AFTER)
		raise(SIGKILL);
	return !chosen || deed != LOSE;
}

static void
forge(const char *name)
{
	virResetLastError();
	snprintf(forged_text, sizeof(forged_text), "%s fails because the test wants it", name);
	forged = (virError){ .code = code, .message = forged_text, .level = VIR_ERR_ERROR };
	errno = EIO;
}

/* A real error is always newer than the forged one, which began with a clean slate. */
virErrorPtr
virGetLastError(void)
{
	virErrorPtr (*real)(void);
	virErrorPtr error;

	*(void **)&real = next("virGetLastError");
	error = real();
	if (error || !forged.code)
		return error;
	return &forged;
}

int
virGetLastErrorCode(void)
{
	virErrorPtr error = virGetLastError();

	return error ? error->code : VIR_ERR_OK;
}

#define EFFECT(type, failure, name, parameters, arguments)                                         \
	type name parameters                                                                       \
	{                                                                                          \
		static type(*real) parameters;                                                     \
		type result;                                                                       \
                                                                                                   \
		if (!real)                                                                         \
			*(void **)&real = next(#name);                                             \
		if (before(#name)) {                                                               \
			result = real arguments;                                                   \
			if (after())                                                               \
				return result;                                                     \
		}                                                                                  \
		forge(#name);                                                                      \
		return failure;                                                                    \
	}

RC_VIRT_EFFECTS(EFFECT)
RC_OTHER_EFFECTS(EFFECT)

static bool
is_ours(void *caller)
{
	Dl_info info;

	return dladdr(caller, &info) && strstr(info.dli_fname, "/librunnerctl.so");
}

#define FILE_EFFECT(type, failure, name, parameters, arguments)                                    \
	type name parameters                                                                       \
	{                                                                                          \
		static type(*real) parameters;                                                     \
		type result;                                                                       \
                                                                                                   \
		if (!real)                                                                         \
			*(void **)&real = next(#name);                                             \
		if (!is_ours(__builtin_return_address(0)))                                         \
			return real arguments;                                                     \
		if (before(#name)) {                                                               \
			result = real arguments;                                                   \
			if (after())                                                               \
				return result;                                                     \
		}                                                                                  \
		errno = EIO;                                                                       \
		return failure;                                                                    \
	}

RC_FILE_EFFECTS(FILE_EFFECT)

/* An effect where it makes a file. */
int
open(const char *path, int flags, ...)
{
	static int (*real)(const char *, int, ...);
	mode_t mode = 0;
	va_list args;
	int result;

	va_start(args, flags);
	if (flags & (O_CREAT | __O_TMPFILE))
		mode = va_arg(args, mode_t);
	va_end(args);
	if (!real)
		*(void **)&real = next("open");
	if (!(flags & O_CREAT) || !is_ours(__builtin_return_address(0)))
		return real(path, flags, mode);
	if (before("open")) {
		result = real(path, flags, mode);
		if (after())
			return result;
		close(result);
	}
	errno = EIO;
	return -1;
}
