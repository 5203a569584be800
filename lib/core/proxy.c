#include "core/proxy.h"

#include <string.h>

#include "base/scope.h"
#include "base/str.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
/* In none of the places where it ends up have these a meaning of their own: quotes, '$' and '\'
 * would. */
#define PLAIN LETTERS DIGITS "-._~%!*+,;=:@[]/"
/* Reached without a proxy by everybody; "docker" is the service of docker-in-docker. */
#define ALWAYS "localhost,127.0.0.1,docker"

/* What stands behind the scheme, or NULL. */
static const char *
after_scheme(const char *url)
{
	return rc_str_starts(url, "http://")    ? url + strlen("http://")
	       : rc_str_starts(url, "https://") ? url + strlen("https://")
						: NULL;
}

/* HOST:PORT, perhaps with a user before it and a slash behind. */
static bool
is_server(const char *rest)
{
	const char *at = strrchr(rest, '@'), *host = at ? at + 1 : rest;
	size_t length = strspn(host, LETTERS DIGITS ".-:[]");

	if (at && memchr(rest, '/', (size_t)(at - rest)))
		return false;
	return length > 0 && (!host[length] || strcmp(host + length, "/") == 0);
}

int
rc_proxy_check(const char *url, struct rc_error *err)
{
	const char *rest = after_scheme(url);

	if (url[strspn(url, PLAIN)]) {
		rc_fail(err, RC_USAGE, "the proxy's URL holds a character that it must not");
		return rc_hint(err, "write special characters of a password as %%24 and the like");
	}
	if (rest && is_server(rest))
		return 0;
	rc_fail(err, RC_USAGE, "the proxy's URL is not of the form http://HOST:PORT");
	return rc_hint(err, "a user is written as http://USER:PASSWORD@HOST:PORT");
}

int
rc_no_proxy_check(const char *list, struct rc_error *err)
{
	if (!list[strspn(list, LETTERS DIGITS "-._*:/[], ")])
		return 0;
	return rc_fail(err, RC_USAGE,
	    "'%s' is not a list of hosts, domains and addresses, separated by commas", list);
}

bool
rc_proxy_has_password(const char *url)
{
	return url && strchr(url, '@');
}

static void
add(struct rc_strv *to, const char *upper, const char *lower, const char *value)
{
	const char *const names[] = { upper, lower };

	for (size_t i = 0; i < RC_COUNT(names); i++) {
		scoped(rc_secret_release) char *variable = rc_format("%s=%s", names[i], value);

		rc_strv_add(to, variable);
	}
}

void
rc_proxy_variables(struct rc_strv *to, const struct rc_guest_wish *wish)
{
	scoped(rc_strv_release) struct rc_strv without = { 0 };
	scoped(rc_str_release) char *list = NULL;

	if (!wish->http_proxy && !wish->https_proxy)
		return;
	if (wish->http_proxy)
		add(to, "HTTP_PROXY", "http_proxy", wish->http_proxy);
	if (wish->https_proxy)
		add(to, "HTTPS_PROXY", "https_proxy", wish->https_proxy);
	rc_strv_split(&without, ALWAYS, ',');
	rc_strv_split(&without, wish->no_proxy ? wish->no_proxy : "", ',');
	list = rc_strv_join(&without, ",");
	add(to, "NO_PROXY", "no_proxy", list);
}
