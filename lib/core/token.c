/*
 * Tokens that a user hands over.  They arrive pasted, from files with a newline
 * or with quotes around them; what is wrong with one is said exactly, because
 * it cannot be shown: no message here ever repeats a byte of a token.
 */
#include "core/token.h"

#include <stdbool.h>
#include <string.h>

#include "base/str.h"

/* Longer than any token of GitLab's (routable ones reach about 300). */
#define TOKEN_MAX 1000

/* What is wrong with one byte of a token, or NULL. */
static const char *
fault_of(unsigned char byte)
{
	switch (byte) {
	case '\0':
		return "a NUL byte";
	case '\n':
	case '\r':
		return "more than one line";
	case ' ':
	case '\t':
		return "a blank";
	case '$':
		return "a '$', which gitlab-runner would expand";
	case '"':
	case '\'':
	case '`':
		return "a quotation mark";
	default:
		return byte < 0x20 || byte > 0x7e ? "a byte that is not printable ASCII" : NULL;
	}
}

int
rc_token_clean(char **ret, const char *bytes, size_t size, const char *where, struct rc_error *err)
{
	if (size > 0 && bytes[size - 1] == '\n') {
		size--;
		if (size > 0 && bytes[size - 1] == '\r')
			size--;
	}
	if (size == 0)
		return rc_fail(err, RC_USAGE, "%s: the token is empty", where);
	if (size > TOKEN_MAX)
		return rc_fail(
		    err, RC_USAGE, "%s: this is too long for a token (%zu bytes)", where, size);
	for (size_t i = 0; i < size; i++) {
		const char *fault = fault_of((unsigned char)bytes[i]);

		if (fault) {
			rc_fail(err, RC_USAGE, "%s: the token holds %s (byte %zu of %zu)", where,
			    fault, i + 1, size);
			return rc_hint(err, "give the token alone, as GitLab shows it");
		}
	}
	*ret = rc_strndup(bytes, size);
	return 0;
}

/*
 * Runner tokens made through a registration token between 16.10 and 17.10 carry
 * only "t1_" to "t3_".  The legacy registration token of an instance is 20
 * random characters, so a longer text that begins like this is not one.
 */
static bool
is_typed_runner_token(const char *token)
{
	return token[0] == 't' && token[1] >= '1' && token[1] <= '3' && token[2] == '_' &&
	       strlen(token) > 20;
}

enum rc_token_kind
rc_token_kind(const char *token)
{
	static const struct {
		const char *prefix;
		enum rc_token_kind kind;
	} prefixes[] = {
		{ "glpat-", RC_TOKEN_ACCESS },
		{ "glrt-", RC_TOKEN_RUNNER },
		{ "glrtr-", RC_TOKEN_RUNNER },
	};
	enum rc_token_kind kind = RC_TOKEN_REGISTRATION;
	const char *first = NULL;

	if (is_typed_runner_token(token))
		return RC_TOKEN_RUNNER;
	/* The earliest wins: a prefix is at the front, the rest of a token is random. */
	for (size_t i = 0; i < RC_COUNT(prefixes); i++) {
		const char *at = strstr(token, prefixes[i].prefix);

		if (at && (!first || at < first)) {
			first = at;
			kind = prefixes[i].kind;
		}
	}
	return kind;
}

const char *
rc_token_objection(const char *token)
{
	static const struct {
		const char *prefix, *objection;
	} foreign[] = {
		{ "glcbt-", "this is the token of a CI job; it cannot create or run runners" },
		{ "gldt-", "this is a deploy token; it reads code and packages, not runners" },
		{ "glft-", "this is a feed token; it reads calendars and RSS feeds only" },
		{ "glptt-", "this is a pipeline trigger token; it can only start pipelines" },
		{ "glsoat-", "this is a SCIM token; it manages users only" },
		{ "gloas-", "this is the secret of an OAuth application, not an access token" },
		{ "glffct-", "this is a feature flags client token; it cannot create runners" },
		{ "glagent-", "this is the token of an agent for Kubernetes, not of a runner" },
		{ "glimt-", "this is an incoming mail token; it cannot create runners" },
		{ "glwt-", "this is a workspace token; it cannot create runners" },
	};

	if (rc_token_kind(token) != RC_TOKEN_REGISTRATION)
		return NULL;
	for (size_t i = 0; i < RC_COUNT(foreign); i++) {
		if (strstr(token, foreign[i].prefix))
			return foreign[i].objection;
	}
	return NULL;
}
