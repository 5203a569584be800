/* What every verb needs: configuration, connection, and the run. */
#ifndef RC_OPS_SESSION_H
#define RC_OPS_SESSION_H

#include "core/config.h"
#include "host/virt.h"
#include "ops/verbs.h"

struct rc_session {
	struct rc_config config;
	struct rc_virt *virt;
	struct rc_run run; /* undoing clears its stop: what was begun must be taken back */
	char *host;        /* the run's */
	enum rc_accel accel;
	/* The access token that this run was given (secret, or NULL), and for which GitLab. */
	char *access_token, *access_url;
	const char *ca_file; /* borrowed: the command line's, or NULL */
	/* Of ops/contact.c: the GitLab that was reached last, NULL for one that cannot be asked. */
	struct rc_gitlab *gitlab;
	char *gitlab_url;
};

RC_MUST_CHECK int rc_session_open(
    struct rc_session **ret, const struct rc_session_wish *wish, struct rc_error *err);
void rc_session_close(struct rc_session *session);

/*
 * Shall domains be emulated?  accel = auto asks for a KVM that really runs;
 * where it does not, emulation has to be chosen by name, as it is no security
 * boundary: RC_HOST.
 */
RC_MUST_CHECK int rc_session_emulate(struct rc_session *session, bool *ret, struct rc_error *err);

/*
 * A template's text and where it is from: the operator's directory first, then
 * the shipped one.  The caller frees both.
 */
RC_MUST_CHECK int rc_session_template(struct rc_session *session, const char *name, char **ret_text,
    char **ret_origin, struct rc_error *err);

#endif
