/* Addresses of a GitLab: which are taken, and which two are the same server. */
#ifndef RC_HOST_GITLAB_URL_H
#define RC_HOST_GITLAB_URL_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Checks the address of a GitLab as a person gave it (http or https, a host, a
 * path if it has a relative root; nothing else) and returns it without a
 * trailing slash.  The caller frees.
 */
RC_MUST_CHECK int rc_gitlab_url_clean(char **ret, const char *url, struct rc_error *err);

/* Tokens sent there can be read on the way: http to a host that is not this one. */
bool rc_gitlab_url_in_clear(const char *url);

/* "https://gitlab.example.com" or "http://localhost:8080" of any URL, or NULL; the caller frees. */
char *rc_url_origin(const char *url);
/* Host and port (the scheme's own, if it names none) that a URL leads to; the caller frees. */
RC_MUST_CHECK int rc_url_server(
    char **ret_host, unsigned *ret_port, const char *url, struct rc_error *err);

#endif
