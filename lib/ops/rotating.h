/* One appliance on its way through a rotation. */
#ifndef RC_OPS_ROTATING_H
#define RC_OPS_ROTATING_H

#include "core/room.h"
#include "ops/draining.h"
#include "ops/generation.h"
#include "ops/survey.h"

/* What a run's rotations share. */
struct rc_wheel {
	struct rc_session *session;
	struct rc_policy policy;
	enum rc_strategy strategy;
	int64_t drain_timeout, lock_wait;
	int64_t power_off; /* seconds that whoever should have no job is waited for */
	struct rc_ground ground;
	struct rc_room room; /* if known; the successors that are to be made are in it */
	bool room_known;
	struct rc_image *images; /* checked once each */
	size_t image_count;
};

/* What it waits for: its elder to be off, its successor to ask for work, or that to be off. */
enum rc_stage { RC_STAGE_DRAIN, RC_STAGE_TRIAL, RC_STAGE_WITHDRAWAL };

/* Start from { .wheel = ..., .outcome = ..., .lock = -1 }. */
struct rc_spoke {
	struct rc_wheel *wheel;
	struct rc_outcome *outcome;
	int lock;
	struct rc_survey survey; /* under the lock */
	const struct rc_turn *turn;
	struct rc_appliance elder; /* what is replaced; its name is NULL if nothing is */
	bool dead, surge;
	enum rc_stage stage;
	struct rc_drain_watch drain; /* of one of the two */
	struct rc_creation creation;
	struct rc_registration registration;
	bool over; /* nothing more is to be done, or can be */
};

/* Takes the lock, looks again, removes what is half-made and drains what has a successor. */
void rc_spoke_open(struct rc_spoke *spoke);
/* For the rest, step by step; each does nothing for a spoke that is over. */
void rc_spoke_prepare(struct rc_spoke *spoke);
void rc_spoke_drain_begin(struct rc_spoke *spoke);
/* Is there nothing (more) to wait for? */
bool rc_spoke_look(struct rc_spoke *spoke);
/* Its successor was not made, or the waiting for it is over: its outcome says how that went. */
void rc_spoke_judge_successor(struct rc_spoke *spoke);
void rc_spoke_remove_elder(struct rc_spoke *spoke);
void rc_spoke_release(struct rc_spoke *spoke);

#endif
