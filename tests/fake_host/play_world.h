/* The world that play.c plays in: configuration, GitLab's stand-in, and what is there at first. */
#ifndef TESTS_FAKE_HOST_PLAY_WORLD_H
#define TESTS_FAKE_HOST_PLAY_WORLD_H

#include "ops/session.h"
#include "play.h"

/* Files; the second has the token of a lent runner. */
extern char play_config[80], play_lent_file[80];

/* The stand-in's whole state, as a text that the caller frees. */
char *play_get_gitlab(void);
void play_put_gitlab(const char *state);
/* Ends the test with what the last run said. */
void play_give_up(const char *why) __attribute__((noreturn));

/* What is wrong, as a text that stays until the next. */
const char *play_wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The present state is the one before that verb. */
void play_keep(enum play_verb verb);
void play_forget(void);
const struct fake_host *play_before(enum play_verb verb, const char **ret_gitlab);

/* In a process of its own; its exit status, or -1 if it was killed. */
int play_apart(
    int (*what)(struct rc_session *, enum play_verb, struct rc_error *), enum play_verb verb);
int play_create(struct rc_session *session, const char *name, bool lent, struct rc_error *err);
int play_destroy_one(struct rc_session *session, const char *name, bool now, struct rc_error *err);
int play_gc(struct rc_session *session, struct rc_error *err);

#endif
