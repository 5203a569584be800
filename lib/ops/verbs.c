/* The table of verbs: the one symbol that leaves the shared object. */
#include "ops/verbs.h"

#include "ops/checks.h"
#include "ops/create.h"
#include "ops/destroy.h"
#include "ops/doctor.h"
#include "ops/gc.h"
#include "ops/image_verbs.h"
#include "ops/logs.h"
#include "ops/reclaim.h"
#include "ops/register.h"
#include "ops/rotate.h"
#include "ops/session.h"
#include "ops/set.h"
#include "ops/status.h"
#include "ops/verify.h"

extern __attribute__((visibility("default"))) const struct rc_verbs rc_verbs;

const struct rc_verbs rc_verbs = {
	.version = RC_VERSION,
	.open = rc_session_open,
	.close = rc_session_close,
	.create = rc_create,
	.enrol = rc_register,
	.set = rc_set,
	.destroy = rc_destroy,
	.rotate = rc_rotate,
	.reclaim = rc_reclaim,
	.doctor = rc_doctor,
	.gc = rc_gc,
	.verify = rc_verify,
	.list = rc_list,
	.status = rc_status,
	.survey = rc_status_survey,
	.logs = rc_logs,
	.image_build = rc_image_build,
	.image_import = rc_image_import,
	.image_list = rc_image_list,
	.image_remove = rc_image_remove,
	.image_verify = rc_image_verify,
	.image_boot = rc_image_boot,
	.release_outcomes = rc_outcomes_release,
	.release_rotation = rc_rotation_release,
	.release_reclaimeds = rc_reclaimeds_release,
	.release_checks = rc_checks_release,
	.release_finds = rc_finds_release,
	.release_verification = rc_verification_release,
	.release_views = rc_views_release,
	.release_image_views = rc_image_views_release,
};
