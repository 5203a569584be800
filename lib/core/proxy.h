/* The HTTP proxy of a guest: its docker, its runner and its jobs. */
#ifndef RC_CORE_PROXY_H
#define RC_CORE_PROXY_H

#include "core/injection.h"

/* http:// or https://, perhaps a user and a password, a host, perhaps a port.  No error repeats it.
 */
RC_MUST_CHECK int rc_proxy_check(const char *url, struct rc_error *err);
/* Hosts, domains, addresses and blocks that are reached without it, separated by commas. */
RC_MUST_CHECK int rc_no_proxy_check(const char *list, struct rc_error *err);
bool rc_proxy_has_password(const char *url); /* url may be NULL */

/*
 * Adds "HTTP_PROXY=..." and the like, in capitals and in small letters: not all
 * programs know both.  Nothing if there is no proxy.
 */
void rc_proxy_variables(struct rc_strv *to, const struct rc_guest_wish *wish);

#endif
