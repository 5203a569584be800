/* Runs of the real verbs on the fake host, each in a process of its own, and what must hold after
 * them. */
#ifndef TESTS_FAKE_HOST_PLAY_H
#define TESTS_FAKE_HOST_PLAY_H

#include "fake_host.h"

/* A verb with the appliance it is about, and what there is before it. */
enum play_verb {
	PLAY_CREATE,
	PLAY_CREATE_LENT,
	PLAY_REGISTER,
	PLAY_REGISTER_LENT,
	PLAY_DESTROY,
	PLAY_DESTROY_LENT,
	PLAY_SURGE,
	PLAY_SURGE_LENT,
	PLAY_REPLACE,
	PLAY_REPLACE_LENT,
	PLAY_RESET, /* two appliances with one lent runner */
	PLAY_GC,
	PLAY_SET, /* not in random sequences, which would all become others */
	PLAY_VERBS
};
const char *play_name(enum play_verb verb);

/* A world with a bystander and foreign objects, and the state before each verb; ends with an exit.
 */
void play_begin(void);
void play_end(void);

/* Back to the state before the verb, with these orders and no others. */
void play_prepare(enum play_verb verb, const struct fake_order *orders, size_t count);
/* Runs it; its exit status, or -1 if it was killed. */
int play_run(enum play_verb verb);
/* What cron does, until there is nothing more to do: rotate, and gc at the end. */
void play_recover(void);
/* The same verb again, until there is nothing to recover. */
void play_again(enum play_verb verb);
/* Time passes; whoever runs with a configuration has a job. */
void play_let_jobs_begin(void);
/* destroy of what the verb is about. */
void play_destroy(void);

/* So many appliances besides, like the bystander and as well as it is. */
void play_multiply(unsigned count);

/* Does somebody of that name take jobs? */
bool play_serves(const char *name);
/*
 * NULL, or what is not as it must be: whatever there is belongs to an appliance that is whole,
 * its token is GitLab's, no job was killed, foreign things and the bystander are as they were.
 * gone: nothing of the appliance may be there.
 */
const char *play_judge(bool gone);
/* NULL, or what differs from the state before a verb that failed and told of nothing that is left.
 */
const char *play_judge_undone(enum play_verb verb);
/* What goes wrong in stories of several runs; says which, and how many. */
unsigned play_known(void);
/* Times that something was left at GitLab that nobody can find, and the person was told so. */
extern unsigned play_told;

#endif
