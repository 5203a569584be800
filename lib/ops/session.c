/* Opening a session: configuration first, because it names the connection. */
#include "ops/session.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "host/gitlab.h"
#include "host/kvm.h"

#define DEFAULT_CONFIG RC_SYSCONFDIR "/runnerctl/runnerctl.conf"
#define SHIPPED_TEMPLATES RC_DATADIR "/templates"
#define TEXT_MAX (256 * 1024) /* bytes of a configuration or a template */

/* Only the default file may be missing. */
static int
load_config(struct rc_config *ret, const char *path, const struct rc_run *run, struct rc_error *err)
{
	scoped(rc_secret_release) char *text = NULL;
	struct stat about;
	const char *file = path ? path : DEFAULT_CONFIG;

	if (rc_file_read(&text, NULL, file, TEXT_MAX, err) < 0) {
		if (!path && err->sys == ENOENT) {
			rc_config_init(ret);
			return 0;
		}
		err->code = RC_USAGE;
		return -1;
	}
	if (rc_config_parse(ret, text, file, err) < 0)
		return -1;
	if (rc_config_is_secret(ret) && stat(file, &about) == 0 && (about.st_mode & 077))
		rc_run_warn(run,
		    "%s holds a password and can be read by others; protect it: chmod 600 %s", file,
		    file);
	return 0;
}

int
rc_session_open(struct rc_session **ret, const struct rc_session_wish *wish, struct rc_error *err)
{
	struct rc_session *session = rc_alloc(1, sizeof(*session));

	if (load_config(&session->config, wish->config, wish->run, err) < 0) {
		free(session);
		return -1;
	}
	session->run = *wish->run;
	session->accel = session->config.accel;
	if ((wish->accel && rc_accel_parse(&session->accel, wish->accel, err) < 0) ||
	    rc_virt_open(&session->virt, wish->connect ? wish->connect : session->config.connect,
		!wish->writes, err) < 0 ||
	    (!rc_virt_is_local(session->virt) &&
		rc_virt_hostname(session->virt, &session->host, err) < 0)) {
		rc_session_close(session);
		return -1;
	}
	session->run.host = session->host;
	*ret = session;
	return 0;
}

void
rc_session_close(struct rc_session *session)
{
	if (!session)
		return;
	rc_virt_close(session->virt);
	rc_gitlab_release(&session->gitlab);
	rc_str_release(&session->gitlab_url);
	rc_str_release(&session->host);
	rc_secret_release(&session->access_token);
	rc_str_release(&session->access_url);
	rc_config_release(&session->config);
	free(session);
}

int
rc_session_emulate(struct rc_session *session, bool *ret, struct rc_error *err)
{
	char why[128];

	*ret = session->accel == RC_ACCEL_TCG;
	if (session->accel != RC_ACCEL_AUTO)
		return 0;
	if (!rc_virt_is_local(session->virt)) {
		rc_fail(
		    err, RC_HOST, "whether KVM works on another host cannot be tried from here");
		return rc_hint(err, "set accel = kvm (or tcg) in [host], or give --accel");
	}
	if (rc_kvm_works(why))
		return 0;
	rc_fail(err, RC_HOST, "KVM does not run here: %s", why);
	return rc_hint(err, "emulation works too, but it is slow and no security boundary: choose "
			    "it with accel = tcg in [host] or --accel tcg");
}

int
rc_session_template(struct rc_session *session, const char *name, char **ret_text,
    char **ret_origin, struct rc_error *err)
{
	scoped(rc_str_release) char *own =
	    session->config.templates ? rc_format("%s/%s", session->config.templates, name) : NULL;
	scoped(rc_str_release) char *shipped = rc_format(SHIPPED_TEMPLATES "/%s", name);
	const char *path = own && access(own, F_OK) == 0 ? own : shipped;

	if (rc_file_read(ret_text, NULL, path, TEXT_MAX, err) < 0) {
		err->code = RC_HOST;
		return rc_within(err, "template %s", name);
	}
	*ret_origin = rc_strdup(path);
	return 0;
}
