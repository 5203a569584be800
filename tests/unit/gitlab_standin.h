/* Starting and steering the GitLab stand-in from a test in C.  Whatever fails here ends the
 * program. */
#ifndef TESTS_GITLAB_STANDIN_H
#define TESTS_GITLAB_STANDIN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/run.h"
#include "host/gitlab.h"

/* Tokens of the stand-in's built-in seed. */
#define ADMIN "glpat-standin-admin-0000001"
#define CREATE_ONLY "glpat-standin-admin-create-01"
#define CREATE_MANAGE "glpat-standin-admin-least-01"
#define CREATE_MANAGE_READ "glpat-standin-admin-runner-01"
#define READ_ONLY "glpat-standin-admin-read-001"
#define DEVELOPER "glpat-standin-developer-001"
#define EXPIRED "glpat-standin-expired-00001"
#define REVOKED "glpat-standin-revoked-00001"
#define REGISTRATION "GR1348941standin-group-tools"
#define GROUP 10

#define UUID "0f7a3c1e-1111-4222-8333-444455556666"
#define MARKER "runnerctl:" UUID
#define SYSTEM_ID "s_0123456789ab"

struct standin {
	pid_t pid;
	char folder[64];
	char url[128];
};

/* cert and key are files for TLS, or NULL. */
void standin_start(struct standin *where, const char *cert, const char *key);
void standin_stop(struct standin *where);

/* A request under /-/standin; its body, which the caller frees. */
char *standin_control(
    const struct standin *where, const char *method, const char *path, const char *body);
/* Orders one fault, a JSON object in which ' stands for ". */
void standin_fault(const struct standin *where, const char *fault);
/* No faults, no runners, no log of requests that counts. */
void standin_reset(struct standin *where);
/* How many requests of that method came for a path since the last reset. */
int standin_requests(const struct standin *where, const char *method, const char *path);
int standin_runners(const struct standin *where);

/* What a run tells its caller, noted down. */
struct notes {
	struct rc_run run;
	char warnings[1000];
	int warned;
	bool stop_at_warning;
	volatile sig_atomic_t stop;
};
void notes_init(struct notes *to);

/* An open door; deadline in seconds. */
struct rc_gitlab *door_to(
    const struct standin *where, const char *token, int64_t deadline, struct notes *to);

/* True if text holds no token of the seed, nor one that the stand-in made. */
bool holds_no_token(const char *text);

int64_t now_ms(void);

/* For groups of cmocka tests: one stand-in for all, and a clean one with clean notes for each. */
extern struct standin standin;
extern struct notes notes;
int standin_setup(void **state);
int standin_teardown(void **state);
int standin_clean(void **state);

/* Every error that a test meets goes through here: it holds these parts, and no token. */
void assert_error(
    const struct rc_error *err, enum rc_code code, const char *text, const char *hint);
/* Asks for the scopes, or for a runner, which must fail; the time in ms that it takes. */
int64_t ask_in_vain(struct rc_gitlab *gitlab, struct rc_error *err);
int64_t create_in_vain(
    struct rc_gitlab *gitlab, const struct rc_runner_wish *wish, struct rc_error *err);
/* A socket on a free port of the loopback, and its port. */
int bind_somewhere(int *ret_port);

#endif
