/* A token turned into a runner at GitLab, and back. */
#ifndef RC_OPS_REGISTRATION_H
#define RC_OPS_REGISTRATION_H

#include "core/token.h"
#include "host/gitlab.h"
#include "ops/steps.h"

/* Everything a run of create or register knows about GitLab. */
struct rc_registration {
	char *token; /* as given, secret */
	enum rc_token_kind kind;
	char *url;
	char *ca_pem;
	size_t ca_size;
	char *more_ca_pem; /* what the guest trusts besides */
	size_t more_ca_size;
	const char *tags; /* borrowed; may be NULL: the appliance's own */
	int64_t group, project;
	int64_t wait; /* seconds, 0: do not wait */
	struct rc_gitlab *gitlab;
};

/*
 * Reads and judges the token, asks GitLab for its scopes (an access token), and
 * makes nothing.  false in *ret_given: no token, neither in the wish nor in
 * the configuration.
 */
RC_MUST_CHECK int rc_registration_open(struct rc_registration *ret, bool *ret_given,
    struct rc_session *session, const struct rc_registration_wish *wish, struct rc_error *err);
void rc_registration_release(struct rc_registration *registration);

/* The steps; see the lists in create.c and register.c. */
RC_MUST_CHECK int rc_register_run(struct rc_work *work, struct rc_error *err);
RC_MUST_CHECK int rc_register_undo(struct rc_work *work, struct rc_error *err);

/*
 * Takes the appliance's runner (or our manager, of a lent one) away from
 * GitLab and its token out of libvirt.  Needs no registration: the runner's
 * own token is enough, and the configuration's access token helps.  forget: a
 * GitLab that refuses or is away is only a warning.
 */
RC_MUST_CHECK int rc_unregister(
    struct rc_session *session, struct rc_appliance *appliance, bool forget, struct rc_error *err);
/* The way to the GitLab at url, with the access token of this run or the configuration if that is
 * for it. */
RC_MUST_CHECK int rc_reach_gitlab(struct rc_session *session, const char *url,
    struct rc_gitlab **ret, bool *ret_access, struct rc_error *err);
/* Stops an owned runner from taking jobs, where an access token is at hand. */
void rc_pause_runner(struct rc_session *session, const struct rc_appliance *appliance);

#endif
