/*
 * Transactions as lists of steps.  Several appliances go through a list side
 * by side; one that fails has its own steps undone and leaves the others alone.
 */
#ifndef RC_OPS_STEPS_H
#define RC_OPS_STEPS_H

#include "core/manifest.h"
#include "ops/session.h"

struct rc_registration;
struct rc_image;

/* One that was started is waited for: ops/ready.h. */
struct rc_ready_wait {
	int64_t begin;   /* by the monotonic clock */
	int64_t since;   /* contact with GitLab from then on counts */
	int64_t contact; /* what GitLab said of it at first, if known */
	bool contact_known;
};

/* One appliance on its way through a transaction. */
struct rc_work {
	struct rc_session *session;
	struct rc_appliance appliance;
	struct rc_outcome *outcome;                 /* borrowed */
	const struct rc_registration *registration; /* borrowed, or NULL */
	char *token;                                /* of the runner, secret; once there is one */
	char *config_disk;                          /* local file of the config disk, or NULL */
	struct rc_manifest *manifest;               /* of its image, once that was read */
	struct rc_appliance unregistered;           /* what it is again when its runner is gone */
	struct rc_ready_wait wait;
	bool cut_short; /* whether GitLab made a runner is not known */
	bool stays;     /* the steps change a whole appliance; taken back, it is whole as well */
	bool failed;
};
void rc_work_release(struct rc_work *work);

struct rc_step {
	const char *what; /* "define the domain" */
	int (*run)(struct rc_work *work, struct rc_error *err);
	/*
	 * Instead of run: all at once; a failure is everybody's.  A work that the
	 * step marks as failed itself, with its outcome's error, is not undone.
	 */
	int (*run_all)(struct rc_work **works, size_t count, struct rc_error *err);
	/* Also called for a step that failed half-way; NULL: nothing to take back. */
	int (*undo)(struct rc_work *work, struct rc_error *err);
};

/* Steps end with a NULL what.  Each work's outcome tells how it went. */
void rc_steps_run(const struct rc_step *steps, struct rc_work **works, size_t count);
/* Only says what would be done, into the outcomes' plans. */
void rc_steps_plan(const struct rc_step *steps, struct rc_work **works, size_t count);

#endif
