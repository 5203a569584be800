/* An orderly power-off: inside, the runner takes no new jobs and finishes those it has. */
#ifndef RC_OPS_DRAINING_H
#define RC_OPS_DRAINING_H

#include "ops/session.h"

/* It does not run, and is not saved, or is gone; false also where libvirt does not tell. */
bool rc_is_off(struct rc_session *session, const struct rc_appliance *appliance);
/* Somebody saved it: -1, and what to do. */
int rc_saved(const struct rc_appliance *appliance, struct rc_error *err);
/* Asks the guest to power off: its agent, which may not be up yet, or never; then the power button.
 */
RC_MUST_CHECK int rc_drain_ask(
    struct rc_session *session, const struct rc_appliance *appliance, struct rc_error *err);
/*
 * Records it, pauses an owned runner, asks the guest to power off; returns at once.  From then on
 * it does not start with the host, unless nothing else is there in its place.
 */
RC_MUST_CHECK int rc_drain_begin(
    struct rc_session *session, struct rc_appliance *appliance, struct rc_error *err);
#define RC_DRAIN_PAUSE 0.5 /* seconds between two looks */
#define RC_POWER_OFF 60    /* seconds that an idle guest takes at most, on a busy host */
/* A drain that is waited for; rc_clock_monotonic(). */
struct rc_drain_watch {
	int64_t begin, asked;
};
struct rc_drain_watch rc_drain_watch_begin(void);
/*
 * One look: *ret is whether it is off.  RC_TIMEOUT once `timeout` seconds have passed since the
 * watch began: a job may still run, and nothing is done about it.  Asks again from time to time.
 */
RC_MUST_CHECK int rc_drain_look(struct rc_session *session, const struct rc_appliance *appliance,
    struct rc_drain_watch *watch, int64_t timeout, bool *ret, struct rc_error *err);
/* The same until it is off. */
RC_MUST_CHECK int rc_drain_wait(struct rc_session *session, const struct rc_appliance *appliance,
    struct rc_drain_watch *watch, int64_t timeout, struct rc_error *err);
/* Both, as long as it runs at all. */
RC_MUST_CHECK int rc_drain(struct rc_session *session, struct rc_appliance *appliance,
    int64_t timeout, struct rc_error *err);

#endif
