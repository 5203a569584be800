/*
 * Who is replaced, and why: policy as a function of facts.  No clock, no
 * libvirt, no GitLab; the caller brings what it found, so that tests can bring
 * anything.
 */
#ifndef RC_CORE_ROTATION_H
#define RC_CORE_ROTATION_H

#include <stddef.h>

#include "base/str.h"
#include "core/appliance.h"
#include "core/guest_status.h"

enum rc_strategy {
	RC_STRATEGY_AUTO,    /* surge where there is room, else replace */
	RC_STRATEGY_SURGE,   /* the new generation first, then the old one goes */
	RC_STRATEGY_REPLACE, /* the old one goes first */
};
RC_MUST_CHECK int rc_strategy_parse(enum rc_strategy *ret, const char *text, struct rc_error *err);

/* What shall hold for all. */
struct rc_policy {
	int64_t now;                 /* unix seconds */
	int64_t max_age;             /* seconds; 0: age is no reason */
	int64_t patience;            /* seconds without a sign of life that are no reason yet */
	int64_t awake;               /* unix seconds: the host's start, 0: not known */
	bool all;                    /* whether due or not */
	bool renew;                  /* a lent runner that is due gets another token */
	const struct rc_strv *names; /* those that are asked for; NULL or none: all */
	const char *template;        /* the present one's hash */
};

#define RC_JOB_SILENCE 3600 /* seconds after which GitLab itself gives a silent job up */

/* How the domain stands, besides on or off. */
enum rc_halt {
	RC_HALT_NONE,
	RC_HALT_PAUSED, /* by a person or a program: theirs to resume */
	RC_HALT_SAVED,  /* off, with its memory on disk: its jobs go on when it starts */
	RC_HALT_IO,     /* on an I/O error, mostly of a full disk: its jobs go on when it does */
	RC_HALT_CRASH,
};

/* One generation as it was found; strings are borrowed. */
struct rc_found {
	const struct rc_appliance *appliance;
	bool active;
	enum rc_halt halt;
	bool guest_known; /* its agent answered */
	struct rc_guest_status guest;
	bool heard;              /* GitLab told when it last heard of it */
	int64_t contacted;       /* that time, 0: never, or not known */
	const char *image;       /* what its image's name stands for now; NULL: nothing */
	struct rc_limits limits; /* what it would get now; cpus 0: not known */
};

enum rc_act {
	RC_ACT_LEAVE,   /* nothing is to be done, or nothing may be */
	RC_ACT_REMOVE,  /* half-made or half-removed, and no job can be in it */
	RC_ACT_DRAIN,   /* its jobs finish, then it is removed: it has a successor, or goes for good
			 */
	RC_ACT_REPLACE, /* a successor is made, and it is drained and removed */
};

struct rc_turn {
	const struct rc_found *found;
	enum rc_act act;
	bool dead;     /* nothing can run in it any more: there is nothing to drain */
	bool sick;     /* it does not do its work */
	bool wanted;   /* one of those that are asked for, or shares a token with one */
	bool renews;   /* first, its lent runner gets another token */
	char why[240]; /* "" for what is left because nothing is to be done */
};

/*
 * One turn for each of found, which is in the order of name and generation, in
 * the order in which they are to be taken: removals, replacements of what is dead,
 * drains, other replacements (sick ones first, then the oldest), the rest.  ret has
 * room for count.
 */
void rc_rotation_plan(struct rc_turn *ret, const struct rc_found *found, size_t count,
    const struct rc_policy *policy);

/*
 * Is there nothing to wait for: it is off, has crashed, or answers nobody, and GitLab has not heard
 * of it for so long that it has given its jobs up?
 */
bool rc_rotation_is_dead(const struct rc_found *found, const struct rc_policy *policy);
/* Has somebody paused or saved it?  Then it is theirs to let it go on. */
bool rc_rotation_is_held(const struct rc_found *found);
/* The age at which this generation is due: a part of the last fifth is taken off, its own for each.
 */
int64_t rc_rotation_age(const char *uuid, int64_t max_age);

#endif
