/* What an appliance is. */
#ifndef RC_CORE_APPLIANCE_H
#define RC_CORE_APPLIANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "core/limits.h"

/* Where a generation stands in its life; the order is the order of that life. */
enum rc_state {
	RC_STATE_CREATING,    /* defined; disks and address being made */
	RC_STATE_CREATED,     /* complete, without a runner: waits for register */
	RC_STATE_REGISTERING, /* a runner is being made, its configuration injected */
	RC_STATE_STARTED,     /* registered and started */
	RC_STATE_READY,       /* was seen to ask GitLab for work */
	RC_STATE_DRAINING,    /* finishes its jobs, takes no new ones */
	RC_STATE_DESTROYING,  /* being removed */
};
const char *rc_state_name(enum rc_state state);
bool rc_state_parse(enum rc_state *ret, const char *name);

enum rc_ownership {
	RC_RUNNER_NONE,
	RC_RUNNER_OWNED, /* made by runnerctl, which deletes it */
	RC_RUNNER_LENT,  /* the user's: only our manager is removed from it */
};
const char *rc_ownership_name(enum rc_ownership ownership);
bool rc_ownership_parse(enum rc_ownership *ret, const char *name);

/* Of a lent runner that is to get another token in place. */
enum rc_renewal {
	RC_RENEWAL_NONE,
	RC_RENEWAL_BEGUN, /* GitLab may have made another token that nobody kept */
	RC_RENEWAL_DONE,  /* the secret has another token than the guest, which gets no more jobs */
};
/* "begun", "done", or NULL for none. */
const char *rc_renewal_name(enum rc_renewal renewal);
/* NULL is none, too. */
bool rc_renewal_parse(enum rc_renewal *ret, const char *name);

/* One generation.  Strings are owned, and NULL while not known. */
struct rc_appliance {
	char *name;
	unsigned generation;
	char uuid[37]; /* of the domain and of the secret that holds the runner's token */
	enum rc_state state;
	char *image; /* NAME@VERSION */
	char *profile;
	struct rc_limits limits;
	struct rc_limits own; /* those of them that a person gave; 0: the profile's */
	int64_t created;      /* unix seconds */
	char *mac, *ip;
	char *ip6;           /* NULL: it has no IPv6 */
	char *filter;        /* the network filter it is behind */
	char *allow;         /* holes in it that its creator asked for */
	char *holes;         /* all it has: those, the configuration's, GitLab's */
	char rules[17];      /* hash of the kernel's rules when they were last found right, or "" */
	char *template;      /* hash of the domain's template */
	bool emulated;       /* runs without KVM */
	bool successor;      /* it goes only to be replaced: the next generation is not made yet */
	int64_t drain_begun; /* when it was first asked to finish, unix seconds, 0: not yet */
	int64_t rotation_failed;    /* when its replacement last failed, 0: it did not */
	enum rc_code rotation_code; /* and how */
	bool pumped; /* its balloon is being pumped up: it is to get all its memory back */

	char *url; /* of GitLab */
	enum rc_ownership ownership;
	enum rc_renewal renewal;
	int64_t group, project; /* whose the runner is; 0 and 0: the instance's */
	int64_t runner_id;      /* 0: not registered */
	int64_t token_expires;  /* unix seconds, 0: never */
	char system_id[16];
	char *tags; /* comma separated */
};

void rc_appliance_release(struct rc_appliance *appliance);
void rc_appliance_copy(struct rc_appliance *ret, const struct rc_appliance *from);
/* How and when it was last replaced, or should have been: 0 if that never happened. */
int64_t rc_appliance_rotated(const struct rc_appliance *appliance, enum rc_code *ret);
/* Are both machines of the same lent runner, with the same token? */
bool rc_appliance_shares(const struct rc_appliance *a, const struct rc_appliance *b);
/* "NAME.GENERATION"; the caller frees. */
char *rc_appliance_domain(const struct rc_appliance *appliance);
/* Names of the volumes a generation owns; the caller frees. */
char *rc_appliance_config_volume(const struct rc_appliance *appliance);
char *rc_appliance_data_volume(const struct rc_appliance *appliance);

#endif
