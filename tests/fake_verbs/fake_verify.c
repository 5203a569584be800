/* Canned verdicts for verify. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "fake.h"

static void
add_line(struct rc_verification *to, const char *code, const char *target, bool works,
    enum rc_verdict verdict)
{
	to->lines = rc_grow(to->lines, to->count + 1, sizeof(*to->lines));
	to->lines[to->count++] = (struct rc_verify_line){ rc_strdup(code), rc_strdup(target), works,
		verdict, verdict == RC_VERDICT_LEAK ? rc_strdup("seen on eth0\033[2J") : NULL };
}

int
fake_verify(struct rc_session *session, const struct rc_verify_wish *wish,
    struct rc_verification *ret, struct rc_error *err)
{
	bool leaks = strcmp(session->connect, "fake:leaks") == 0;

	fake_record(
	    "verify name=%s internet=%s\n", fake_or_none(wish->name), fake_or_none(wish->internet));
	if (wish->name && rc_str_starts(wish->name, "lost"))
		return rc_fail(err, RC_NOT_FOUND, "there is no appliance '%s'", wish->name);
	rc_run_step(session->run, "211 probes from inside");
	rc_run_steps_end(session->run);
	ret->filter = rc_strdup("runnerctl-3fd1a60c5b2e");
	ret->image = rc_strdup("appliance@20260115");
	ret->watched = strcmp(session->connect, "fake:far") != 0;
	add_line(ret, "dns-udp", "gitlab.example.com at 192.168.231.1", true,
	    leaks ? RC_VERDICT_FAILED : RC_VERDICT_OK);
	add_line(ret, "host-tcp", "192.168.1.2:22", false, leaks ? RC_VERDICT_LEAK : RC_VERDICT_OK);
	return 0;
}

void
fake_verification_release(struct rc_verification *v)
{
	for (size_t i = 0; i < v->count; i++) {
		free(v->lines[i].code);
		free(v->lines[i].target);
		free(v->lines[i].detail);
	}
	free(v->lines);
	free(v->filter);
	free(v->image);
}
