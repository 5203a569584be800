/*
 * A token turned into a runner at GitLab; back is in deregistration.c.  The order is what makes
 * it safe: the domain says "registering" before GitLab is asked, and the
 * runner's token is a libvirt secret before the runner's id is recorded: a lent
 * one even before GitLab is asked.
 */
#include "ops/registration.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "core/injection.h"
#include "core/litter.h"
#include "ops/fleet.h"

#define TOKEN_MAX 4096
#define CA_MAX (1024 * 1024)

void
rc_registration_release(struct rc_registration *registration)
{
	rc_gitlab_close(registration->gitlab);
	rc_secret_release(&registration->token);
	free(registration->url);
	free(registration->ca_pem);
	free(registration->more_ca_pem);
	*registration = (struct rc_registration){ 0 };
}

static int
read_token_file(char **ret, struct rc_session *session, const char *file, struct rc_error *err)
{
	const struct rc_source standard_input = { STDIN_FILENO, "standard input", TOKEN_MAX };
	bool from_stdin = strcmp(file, "-") == 0;
	struct stat about;
	char *bytes = NULL;
	size_t size = 0;
	int result = from_stdin ? rc_fd_read(&bytes, &size, &standard_input, err)
				: rc_file_read(&bytes, &size, file, TOKEN_MAX, err);

	if (result < 0) {
		err->code = RC_USAGE;
		return rc_within(err, "token");
	}
	if (!from_stdin && stat(file, &about) == 0 && (about.st_mode & 077))
		rc_run_warn(&session->run, "%s can be read by others; protect it: chmod 600 %s",
		    file, file);
	result = rc_token_clean(ret, bytes, size, from_stdin ? standard_input.name : file, err);
	rc_wipe(bytes, size);
	free(bytes);
	return result;
}

static int
read_token(char **ret, struct rc_session *session, const struct rc_token_source *source,
    struct rc_error *err)
{
	if (source->value)
		return rc_token_clean(
		    ret, source->value, strlen(source->value), "the command line", err);
	if (source->file)
		return read_token_file(ret, session, source->file, err);
	if (session->config.token_file)
		return read_token_file(ret, session, session->config.token_file, err);
	return 0;
}

/* What the access token may do; a GitLab that cannot tell is asked no further. */
static int
preflight(struct rc_registration *r, struct rc_session *session, struct rc_error *err)
{
	struct rc_token_scopes scopes;
	const char *words;

	rc_run_step(&session->run, "ask %s what the token may do", r->url);
	if (rc_gitlab_scopes(r->gitlab, &scopes, err) < 0)
		return err->code == RC_NOT_FOUND ? 0 : -1;
	words = rc_scopes_objection(&scopes);
	if (words) {
		rc_fail(err, RC_GITLAB, "the access token cannot be used: %s", words);
		return rc_hint(err, "it has the scopes: %s", scopes.names);
	}
	words = rc_scopes_advice(&scopes);
	if (words)
		rc_run_warn(&session->run, "%s", words);
	return 0;
}

static int
open_gitlab(struct rc_registration *r, struct rc_session *session, const char *ca_file,
    struct rc_error *err)
{
	const char *more = session->config.more_ca_file;
	const struct rc_gitlab_settings settings = {
		.url = r->url,
		.ca_file = ca_file,
		.access_token = r->kind == RC_TOKEN_ACCESS ? r->token : NULL,
	};

	if (ca_file && rc_file_read(&r->ca_pem, &r->ca_size, ca_file, CA_MAX, err) < 0) {
		err->code = RC_USAGE;
		return rc_within(err, "ca-file");
	}
	if (more && rc_file_read(&r->more_ca_pem, &r->more_ca_size, more, CA_MAX, err) < 0) {
		err->code = RC_USAGE;
		return rc_within(err, "[runner] ca-file");
	}
	if (rc_gitlab_open(&r->gitlab, &settings, &session->run, err) < 0)
		return -1;
	return r->kind == RC_TOKEN_ACCESS ? preflight(r, session, err) : 0;
}

int
rc_registration_open(struct rc_registration *ret, bool *ret_given, struct rc_session *session,
    const struct rc_registration_wish *wish, struct rc_error *err)
{
	const struct rc_config *config = &session->config;
	scoped(rc_registration_release) struct rc_registration r = {
		.tags = wish->tags,
		.wait = wish->wait,
		.url = rc_strdup(wish->url ? wish->url : config->url),
	};
	const char *objection;

	*ret_given = false;
	/* A group or project on the command line replaces both of the configuration. */
	r.group = wish->group || wish->project ? wish->group : config->group;
	r.project = wish->group || wish->project ? wish->project : config->project;
	if (r.group && r.project)
		return rc_fail(
		    err, RC_USAGE, "a runner belongs to a group or a project, not to both");
	if (read_token(&r.token, session, &wish->token, err) < 0)
		return -1;
	if (!r.token)
		return 0;
	objection = rc_token_objection(r.token);
	if (objection)
		return rc_fail(err, RC_USAGE, "%s", objection);
	r.kind = rc_token_kind(r.token);
	if (r.kind == RC_TOKEN_ACCESS) {
		rc_secret_release(&session->access_token);
		session->access_token = rc_strdup(r.token);
		rc_str_set(&session->access_url, r.url);
	}
	session->ca_file = wish->ca_file;
	if (open_gitlab(&r, session, wish->ca_file ? wish->ca_file : config->ca_file, err) < 0)
		return -1;
	*ret_given = true;
	*ret = r;
	r = (struct rc_registration){ 0 };
	return 0;
}

static int
obtain_runner(struct rc_work *work, struct rc_runner_grant *grant, struct rc_error *err)
{
	const struct rc_registration *r = work->registration;
	struct rc_appliance *a = &work->appliance;
	const struct rc_config *config = &work->session->config;
	scoped(rc_str_release) char *description = NULL;
	char marker[48];
	struct rc_runner_wish wish = {
		.group_id = r->group,
		.project_id = r->project,
		.tags = a->tags,
		.run_untagged = config->run_untagged || !a->tags || !*a->tags,
		.maximum_timeout = config->maximum_timeout,
	};

	description = rc_format("%s (%s)", a->name, rc_runner_marker(marker, a->uuid));
	wish.description = description;
	switch (r->kind) {
	case RC_TOKEN_ACCESS:
		return rc_gitlab_create_runner(r->gitlab, grant, &wish, err);
	case RC_TOKEN_REGISTRATION:
		return rc_gitlab_register_legacy(r->gitlab, grant, &wish, r->token, err);
	case RC_TOKEN_RUNNER:
		return rc_gitlab_verify(r->gitlab, grant, r->token, a->system_id, err);
	}
	return -1;
}

int
rc_register_run(struct rc_work *work, struct rc_error *err)
{
	const struct rc_registration *r = work->registration;
	struct rc_appliance *a = &work->appliance;
	scoped(rc_runner_grant_release) struct rc_runner_grant grant = { 0 };
	scoped(rc_str_release) char *description = NULL;

	rc_appliance_copy(&work->unregistered, a);
	a->state = RC_STATE_REGISTERING;
	a->ownership = r->kind == RC_TOKEN_RUNNER ? RC_RUNNER_LENT : RC_RUNNER_OWNED;
	rc_str_set(&a->url, r->url);
	a->group = a->ownership == RC_RUNNER_OWNED ? r->group : 0;
	a->project = a->ownership == RC_RUNNER_OWNED ? r->project : 0;
	if (r->tags)
		rc_str_set(&a->tags, r->tags);
	rc_system_id(a->system_id, a->uuid);
	if (rc_fleet_record(work->session, a, err) < 0)
		return -1;
	description = rc_secret_description(a);
	/* A lent token is kept before it is used: it alone can remove the manager that it makes. */
	if (a->ownership == RC_RUNNER_LENT &&
	    rc_virt_secret_set(work->session->virt, a->uuid, description, r->token, err) < 0)
		return -1;
	if (obtain_runner(work, &grant, err) < 0) {
		work->cut_short = grant.maybe || rc_run_stopped(&work->session->run);
		/* A machine may be there: the undo removes it before the token goes. */
		if (a->ownership == RC_RUNNER_LENT && (grant.token || work->cut_short))
			work->token = rc_strdup(r->token);
		return -1;
	}
	/* From here on the undo finds the runner by this token, whatever fails. */
	work->token = rc_strdup(grant.token);
	a->runner_id = grant.id;
	a->token_expires = grant.expires;
	if (a->ownership == RC_RUNNER_OWNED &&
	    rc_virt_secret_set(work->session->virt, a->uuid, description, grant.token, err) < 0)
		return -1;
	return rc_fleet_record(work->session, a, err);
}

/* The access token of this run or of the configuration, if it is for that GitLab; the caller
 * releases. */
static char *
access_token_for(struct rc_session *session, const char *url)
{
	const struct rc_config *config = &session->config;
	scoped(rc_secret_release) char *token = NULL;
	struct rc_error ignored;

	if (session->access_token && strcmp(session->access_url, url) == 0)
		return rc_strdup(session->access_token);
	if (config->token_file && strcmp(config->url, url) == 0 &&
	    read_token(&token, session, &(struct rc_token_source){ 0 }, &ignored) == 0 &&
	    rc_token_kind(token) == RC_TOKEN_ACCESS)
		return rc_strdup(token);
	return NULL;
}

int
rc_reach_gitlab(struct rc_session *session, const char *url, struct rc_gitlab **ret,
    bool *ret_access, struct rc_error *err)
{
	scoped(rc_secret_release) char *token = access_token_for(session, url);
	const struct rc_gitlab_settings settings = {
		.url = url,
		.ca_file = session->ca_file ? session->ca_file : session->config.ca_file,
		.access_token = token,
		.known = true,
	};

	*ret_access = token != NULL;
	return rc_gitlab_open(ret, &settings, &session->run, err);
}
