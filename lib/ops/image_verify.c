/* image verify: every file of an image against the checksums of its manifest. */
#include "base/str.h"
#include "ops/image_remains.h"
#include "ops/image_verbs.h"
#include "ops/images.h"
#include "ops/outcomes.h"

int
rc_image_verify(struct rc_session *session, const struct rc_strv *references,
    struct rc_outcomes *ret, struct rc_error *err)
{
	scoped(rc_strv_release) struct rc_strv all = { 0 };

	if (references->count == 0 && rc_image_references(session, &all, err) < 0)
		return -1;
	rc_outcomes_init(ret, references->count ? references : &all);
	for (size_t i = 0; i < ret->count; i++) {
		scoped(rc_image_release) struct rc_image image = { 0 };
		struct rc_outcome *outcome = &ret->items[i];

		if (rc_run_check(&session->run, &outcome->error) < 0)
			continue;
		outcome->ok = rc_image_find(session, outcome->name, &image, &outcome->error) == 0;
	}
	rc_run_steps_end(&session->run);
	return 0;
}
