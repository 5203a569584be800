/* Tokens that a user hands over: cleaned, and recognised by their prefix. */
#ifndef RC_CORE_TOKEN_H
#define RC_CORE_TOKEN_H

#include <stddef.h>

#include "base/error.h"

enum rc_token_kind {
	RC_TOKEN_ACCESS,       /* glpat-: creates runners */
	RC_TOKEN_RUNNER,       /* glrt-, glrtr-: an existing runner's own, lent to us */
	RC_TOKEN_REGISTRATION, /* anything else: a legacy registration token */
};

/*
 * Checks size bytes read from a file, standard input or the command line and
 * returns the token alone: one trailing newline (or CRLF) is taken off; an
 * empty text, a second line, a NUL, blanks, '$' (gitlab-runner expands it) and
 * bytes outside printable ASCII are errors that never repeat the token.
 * `where` names the source in messages.  The caller releases with rc_secret_release.
 */
RC_MUST_CHECK int rc_token_clean(
    char **ret, const char *bytes, size_t size, const char *where, struct rc_error *err);

/* Custom instance prefixes stand in front of GitLab's own, so it is looked for anywhere. */
enum rc_token_kind rc_token_kind(const char *token);

/*
 * What a person should be told of a token that cannot work here although it is
 * one of GitLab's (a job token, a deploy token, a feed token...), or NULL.
 */
const char *rc_token_objection(const char *token);

#endif
