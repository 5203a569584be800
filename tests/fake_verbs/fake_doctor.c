/* Canned checks: fake:broken-host has a bad one. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "fake.h"

int
fake_doctor(struct rc_session *session, bool fix, struct rc_checks *ret, struct rc_error *err)
{
	bool bad = strcmp(session->connect, "fake:exposed") == 0;

	(void)err;
	fake_record("doctor fix=%d\n", fix);
	ret->items = rc_alloc(3, sizeof(*ret->items));
	ret->items[ret->count++] =
	    (struct rc_check){ .code = "libvirt", .text = rc_strdup("libvirt 9.0") };
	ret->items[ret->count++] = (struct rc_check){ .code = "accel",
		.verdict = RC_CHECK_NOTE,
		.text = rc_strdup("appliances are emulated"),
		.hint = rc_strdup("use KVM") };
	ret->items[ret->count++] = (struct rc_check){ .code = "isolation",
		.about = rc_strdup("ci-1.1"),
		.verdict = !bad  ? RC_CHECK_OK
			   : fix ? RC_CHECK_FIXED
				 : RC_CHECK_BAD,
		.text = rc_strdup(bad ? "EXPOSED: \033[2J" : "behind its filter"),
		.hint = bad && !fix ? rc_strdup("repair it") : NULL };
	return 0;
}

void
fake_checks_release(struct rc_checks *checks)
{
	for (size_t i = 0; i < checks->count; i++) {
		free(checks->items[i].about);
		free(checks->items[i].text);
		free(checks->items[i].hint);
	}
	free(checks->items);
}
