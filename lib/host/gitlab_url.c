/*
 * Addresses of a GitLab.  One ends in config.toml too, where gitlab-runner
 * expands '$', and in messages: so the characters are checked first, and only
 * then libcurl is asked what the address means.
 */
#include "host/gitlab_url.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/scope.h"
#include "base/str.h"

RC_RELEASER(url_release, CURLU *, curl_url_cleanup)
RC_RELEASER(part_release, char *, curl_free)

/* NULL if there is no such part; a port that is the scheme's own is none. */
static char *
part_of(CURLU *url, CURLUPart what)
{
	char *part = NULL;

	return curl_url_get(url, what, &part, CURLU_NO_DEFAULT_PORT) == CURLUE_OK ? part : NULL;
}

static CURLU *
parse(const char *text)
{
	CURLU *url = curl_url();

	if (url && curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK) {
		curl_url_cleanup(url);
		return NULL;
	}
	return url;
}

/* What no address of a GitLab holds, in words, or NULL. */
static const char *
fault_of(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c <= 0x20 || *c >= 0x7f)
			return "a blank or a character that is not ASCII";
		if (*c == '$')
			return "a '$', which gitlab-runner would expand";
		if (*c == '@')
			return "a user name or a password";
		if (*c == '?' || *c == '#')
			return "a query or a fragment";
		if (strchr("\"'`\\<>{}|^*%", *c))
			return "a character that does not belong into an address";
	}
	return NULL;
}

int
rc_gitlab_url_clean(char **ret, const char *url, struct rc_error *err)
{
	const char *fault = fault_of(url), *authority;
	scoped(url_release) CURLU *parsed = NULL;
	scoped(part_release) char *scheme = NULL;
	size_t size = strlen(url);

	/* The address is not repeated here: it may hold a password. */
	if (fault) {
		rc_fail(err, RC_USAGE, "the URL of GitLab holds %s", fault);
		return rc_hint(err, "give it like this: https://gitlab.example.com");
	}
	while (size > 0 && url[size - 1] == '/')
		size--;
	if (size >= 7 && memmem(url, size, "/api/v", 6))
		return rc_fail(err, RC_USAGE,
		    "%s is an address of the API: give the one that people use, without /api", url);
	/* libcurl forgives "https:/host" and "https:///host"; gitlab-runner, which gets it too,
	 * does not. */
	authority = strstr(url, "://");
	parsed = parse(url);
	scheme = parsed ? part_of(parsed, CURLUPART_SCHEME) : NULL;
	if (!scheme || !authority || authority[3] == '/' || strstr(url, "/../")) {
		rc_fail(err, RC_USAGE, "\"%s\" is not a URL", url);
		return rc_hint(err, "give it like this: https://gitlab.example.com");
	}
	if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
		return rc_fail(err, RC_USAGE, "%s: GitLab is reached by https or http, not by %s",
		    url, scheme);
	*ret = rc_strndup(url, size);
	return 0;
}

static bool
is_loopback(const char *host)
{
	return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
	       (rc_str_starts(host, "127.") && host[strspn(host, "0123456789.")] == '\0');
}

bool
rc_gitlab_url_in_clear(const char *url)
{
	scoped(url_release) CURLU *parsed = parse(url);
	scoped(part_release) char *scheme = parsed ? part_of(parsed, CURLUPART_SCHEME) : NULL;
	scoped(part_release) char *host = parsed ? part_of(parsed, CURLUPART_HOST) : NULL;

	return scheme && host && strcmp(scheme, "http") == 0 && !is_loopback(host);
}

char *
rc_url_origin(const char *url)
{
	scoped(url_release) CURLU *parsed = parse(url);
	scoped(part_release) char *scheme = parsed ? part_of(parsed, CURLUPART_SCHEME) : NULL;
	scoped(part_release) char *host = parsed ? part_of(parsed, CURLUPART_HOST) : NULL;
	scoped(part_release) char *port = parsed ? part_of(parsed, CURLUPART_PORT) : NULL;
	char *origin;

	if (!scheme || !host)
		return NULL;
	origin = rc_format("%s://%s%s%s", scheme, host, port ? ":" : "", port ? port : "");
	for (char *c = origin; *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
	return origin;
}

int
rc_url_server(char **ret_host, unsigned *ret_port, const char *url, struct rc_error *err)
{
	scoped(url_release) CURLU *parsed = parse(url);
	scoped(part_release) char *host = parsed ? part_of(parsed, CURLUPART_HOST) : NULL;
	char *port = NULL;

	if (!host || curl_url_get(parsed, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK)
		return rc_fail(err, RC_USAGE, "it is not a URL"); /* it may hold a password */
	*ret_host = rc_strdup(host);
	*ret_port = (unsigned)strtoul(port, NULL, 10);
	curl_free(port);
	return 0;
}
