/* Asked of many runners in a row: the connection is kept. */
#include "ops/contact.h"

#include <string.h>

#include "base/str.h"
#include "host/gitlab.h"
#include "ops/registration.h"

static struct rc_gitlab *
reach(struct rc_session *session, const char *url)
{
	struct rc_error ignored;
	bool access = false;

	if (session->gitlab_url && strcmp(session->gitlab_url, url) == 0)
		return session->gitlab;
	rc_gitlab_release(&session->gitlab);
	rc_str_set(&session->gitlab_url, url);
	if (rc_reach_gitlab(session, url, &session->gitlab, &access, &ignored) < 0 || !access)
		rc_gitlab_release(&session->gitlab);
	return session->gitlab;
}

bool
rc_runner_contacted(struct rc_session *session, const struct rc_appliance *a, int64_t *ret)
{
	struct rc_gitlab *gitlab = a->runner_id ? reach(session, a->url) : NULL;
	struct rc_manager manager;
	struct rc_error ignored;

	if (!gitlab ||
	    rc_gitlab_manager(gitlab, a->runner_id, a->system_id, &manager, &ignored) < 0)
		return false;
	*ret = manager.contacted;
	return true;
}
