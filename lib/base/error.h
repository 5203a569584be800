/* The error value: owned by the caller, nothing to free, one line of text and what to do next. */
#ifndef RC_BASE_ERROR_H
#define RC_BASE_ERROR_H

/* The exit statuses of the program; runnerctl.1 describes each. */
enum rc_code {
	RC_OK = 0,
	RC_FAILED = 1,    /* something went wrong; the text says what */
	RC_USAGE = 2,     /* the command line or the configuration is wrong */
	RC_NOT_FOUND = 3, /* no such appliance or image */
	RC_PARTLY = 4,    /* some of several failed */
	RC_NO_ROOM = 5,   /* refused: the host has no room */
	RC_BUSY = 6,      /* another run holds the lock */
	RC_HOST = 7,      /* the host is not ready */
	RC_GITLAB = 8,    /* GitLab refused */
	RC_TIMEOUT = 9,   /* timed out waiting */
};

/* "no_room": what programs read. */
const char *rc_code_name(enum rc_code code);

struct rc_error {
	enum rc_code code;
	int sys;        /* errno when the kernel refused, else 0 */
	char text[480]; /* outermost context first, one line */
	char hint[240]; /* what the operator can do next; may be "" */
};

#define RC_MUST_CHECK __attribute__((warn_unused_result))
#define RC_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/*
 * All return -1, so a failing function ends with `return rc_fail(...)`.
 * Control characters in the result become '?': texts from GitLab, a guest or
 * a file may end up in them.
 */
int rc_fail(struct rc_error *err, enum rc_code code, const char *fmt, ...) RC_PRINTF(3, 4);
/* As rc_fail, with ": <strerror(sys)>" appended. */
int rc_fail_sys(struct rc_error *err, int sys, const char *fmt, ...) RC_PRINTF(3, 4);
/* Puts context in front of an error that a callee made. */
int rc_within(struct rc_error *err, const char *fmt, ...) RC_PRINTF(2, 3);
/* Sets what to do next, replacing a callee's hint. */
int rc_hint(struct rc_error *err, const char *fmt, ...) RC_PRINTF(2, 3);

#endif
