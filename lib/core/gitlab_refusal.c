/*
 * Error answers, put into words for a person: what was asked, what GitLab said,
 * what to do now.  GitLab has five shapes of error body, and proxies, login
 * portals and load balancers in front of it add web pages and garbage; all of
 * it is hostile text that ends on a terminal.
 */
#include "core/gitlab_refusal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/gitlab_json.h"

#define URL_HINT                                                                                   \
	"is `url` the address of a GitLab, with its relative root if it has one? or does a proxy " \
	"or a login page answer in its place?"

const char *
rc_http_reason(long status)
{
	static const struct {
		long status;
		const char *reason;
	} reasons[] = {
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 204, "No Content" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 410, "Gone" },
		{ 412, "Precondition Failed" },
		{ 413, "Content Too Large" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
	};

	for (size_t i = 0; i < RC_COUNT(reasons); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "";
}

/* One line; blanks stay blanks. */
static void
make_harmless(char *text)
{
	for (char *c = text; *c; c++)
		if (*c == '\n' || *c == '\r' || *c == '\t')
			*c = ' ';
	rc_str_to_line(text);
}

static void RC_PRINTF(3, 4) append(char *buf, size_t size, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf + used, size - used, fmt, args);
	va_end(args);
}

/* {"tags_list": ["is too long", ...]} becomes "tags_list: is too long; ...". */
static void
append_value(char *buf, size_t size, const cJSON *value, unsigned depth)
{
	const cJSON *item;

	if (cJSON_IsString(value))
		append(buf, size, "%s", value->valuestring);
	else if (cJSON_IsNumber(value))
		append(buf, size, "%.0f", value->valuedouble);
	if (depth == 0)
		return;
	cJSON_ArrayForEach(item, value)
	{
		if (item != value->child)
			append(buf, size, "; ");
		if (item->string)
			append(buf, size, "%s: ", item->string);
		append_value(buf, size, item, depth - 1);
	}
}

static bool
words_of_json(char *buf, size_t size, const char *body)
{
	scoped(rc_json_release) cJSON *json = NULL;
	const cJSON *message, *error, *description;
	struct rc_error ignored;

	if (rc_json_object(&json, body, &ignored) < 0)
		return false;
	message = rc_json_get(json, "message");
	error = rc_json_get(json, "error");
	description = rc_json_get(json, "error_description");
	append_value(buf, size, message ? message : error, 3);
	if (!message && description) {
		append(buf, size, ": ");
		append_value(buf, size, description, 0);
	}
	if (!*buf)
		append(buf, size, "JSON without an explanation");
	return true;
}

bool
rc_gitlab_is_page(const struct rc_gitlab_answer *answer)
{
	const char *body = answer->body ? answer->body : "";

	return strncasecmp(answer->content_type, "text/html", 9) == 0 ||
	       body[strspn(body, " \t\r\n")] == '<';
}

/* A web page says most with its title. */
static void
words_of_page(char *buf, size_t size, const char *body)
{
	const char *title = strcasestr(body, "<title>"), *end;

	append(buf, size, "a web page");
	if (!title)
		return;
	title += strlen("<title>");
	title += strspn(title, " \t\r\n");
	end = strchr(title, '<');
	if (end && end > title)
		append(buf, size, " titled \"%.*s\"", (int)(end - title < 80 ? end - title : 80),
		    title);
}

/* Not JSON (of which only known keys are quoted: the rest may be secret), and no control
 * characters. */
static bool
is_text(const char *body)
{
	body += strspn(body, " \t\r\n");
	if (*body && strchr("{[\"", *body))
		return false;
	for (; *body; body++) {
		if (((unsigned char)*body < 0x20 && !strchr("\t\r\n", *body)) || *body == 0x7f)
			return false;
	}
	return true;
}

void
rc_gitlab_error_words(char *buf, size_t size, const struct rc_gitlab_answer *answer)
{
	const char *body = answer->body;

	*buf = '\0';
	if (rc_gitlab_is_page(answer))
		words_of_page(buf, size, body ? body : "");
	else if (body && is_text(body))
		append(buf, size, "%.200s", body + strspn(body, " \t\r\n"));
	else if (!body || !words_of_json(buf, size, body))
		append(buf, size, "something that is neither JSON nor text");
	make_harmless(buf);
	for (size_t n = strlen(buf); n > 0 && buf[n - 1] == ' '; n--)
		buf[n - 1] = '\0';
}

bool
rc_gitlab_error_is(const char *body, const char *name)
{
	scoped(rc_json_release) cJSON *json = NULL;
	const cJSON *error;
	struct rc_error ignored;

	if (!body || rc_json_object(&json, body, &ignored) < 0)
		return false;
	error = rc_json_get(json, "error");
	return cJSON_IsString(error) && strcmp(error->valuestring, name) == 0;
}

/* What to do about a status that means the same on every route. */
static const char *
common_hint(long status)
{
	static const struct {
		long status;
		const char *hint;
	} hints[] = {
		{ 400, "check the group or project id, the tags and the other settings of the "
		       "runner" },
		{ 404, "it does not exist, or this token may not see it; or " URL_HINT },
		{ 409, "something else is changing this runner at GitLab: try again" },
		{ 410, "registration tokens are switched off: create the runner in GitLab "
		       "(Settings, CI/CD,"
		       " Runners) and give its glrt- token, or give an access token with the scope"
		       " create_runner" },
		{ 422, "look at the runner in GitLab: it may have lost its project or its owner" },
	};

	for (size_t i = 0; i < RC_COUNT(hints); i++) {
		if (hints[i].status == status)
			return hints[i].hint;
	}
	return "";
}

/* What to do about a token that GitLab refuses, by its kind. */
static const char *const unauthorized_hints[] = {
	[RC_CREDENTIAL_ACCESS] =
	    "the access token is wrong, expired or revoked: make a new one, with"
	    " the scopes create_runner and manage_runner (or api)",
	[RC_CREDENTIAL_RUNNER] =
	    "the runner's token is wrong or expired, or the runner was deleted at"
	    " GitLab: take the token of a runner that exists, or create a new one",
	[RC_CREDENTIAL_REGISTRATION] =
	    "the registration token is wrong or was reset; GitLab's present"
	    " way is an access token with the scope create_runner",
};

static int
hint_at_rights(const struct rc_gitlab_answer *answer, const struct rc_gitlab_route *route,
    struct rc_error *err)
{
	if (rc_gitlab_error_is(answer->body, "insufficient_scope"))
		return rc_hint(err, "make an access token that has the scope %s", route->scope);
	return rc_hint(err, "the user or bot of the access token needs to be %s", route->role);
}

static int
hint_at(const struct rc_gitlab_answer *answer, const struct rc_gitlab_route *route,
    struct rc_error *err)
{
	if (answer->status >= 500)
		return rc_hint(
		    err, "GitLab, or a proxy in front of it, is in trouble: try again later");
	if (answer->status == 429 && answer->retry_after > 0)
		return rc_hint(err,
		    "GitLab limits the rate of requests: try again in %" PRId64 " s",
		    answer->retry_after);
	if (answer->status == 429)
		return rc_hint(
		    err, "GitLab limits the rate of requests: try again in some minutes");
	if (answer->status < 300 || rc_gitlab_is_page(answer))
		return rc_hint(err, "%s", URL_HINT);
	if (answer->status == 403 && route->credential == RC_CREDENTIAL_ACCESS)
		return hint_at_rights(answer, route, err);
	if (answer->status == 401 || answer->status == 403)
		return rc_hint(err, "%s", unauthorized_hints[route->credential]);
	return rc_hint(err, "%s", common_hint(answer->status));
}

int
rc_gitlab_refused(const struct rc_gitlab_answer *answer, const struct rc_gitlab_route *route,
    struct rc_error *err)
{
	const char *reason = rc_http_reason(answer->status);
	char words[300], status[40], type[40];

	rc_gitlab_error_words(words, sizeof(words), answer);
	snprintf(type, sizeof(type), "%s", answer->content_type);
	make_harmless(type);
	snprintf(status, sizeof(status), "%ld", answer->status);
	if (rc_str_starts(words, status)) {
		rc_fail(err, RC_GITLAB, "GitLab answers %s with %s", route->name, words);
		return hint_at(answer, route, err);
	}
	snprintf(status, sizeof(status), "%ld%s%s", answer->status, *reason ? " " : "", reason);
	if (answer->status < 300 && !rc_gitlab_is_page(answer))
		rc_fail(err, RC_GITLAB, "GitLab answers %s with %s (%s) where it never should",
		    route->name, status, *type ? type : "no content type");
	else
		rc_fail(err, RC_GITLAB, "GitLab answers %s with %s%s%s", route->name, status,
		    *words ? ": " : "", words);
	return hint_at(answer, route, err);
}
