/* The steps that create and register share: from a defined domain to a runner that asks for work.
 */
#ifndef RC_OPS_MAKING_H
#define RC_OPS_MAKING_H

#include "ops/ready.h"
#include "ops/registration.h"

/* Where the appliance's config disk is put together; a run that was killed may have left one. */
char *rc_config_disk_path(const struct rc_appliance *appliance);

/* Config disks of all works in one launch of libguestfs, then into the pool. */
RC_MUST_CHECK int rc_inject_run_all(struct rc_work **works, size_t count, struct rc_error *err);
RC_MUST_CHECK int rc_inject_undo(struct rc_work *work, struct rc_error *err);
/* Starts the domain and makes sure that its interface is behind the filter. */
RC_MUST_CHECK int rc_start_run(struct rc_work *work, struct rc_error *err);
RC_MUST_CHECK int rc_start_undo(struct rc_work *work, struct rc_error *err);
/* The steps from a complete appliance to one that runs. */
#define RC_START_STEPS                                                                             \
	{ "register the runner of", rc_register_run, NULL, rc_register_undo },                     \
	    { "inject the configuration of", NULL, rc_inject_run_all, rc_inject_undo },            \
	{                                                                                          \
		"start", rc_start_run, NULL, rc_start_undo                                         \
	}

/* And to one that asks for work. */
#define RC_REGISTER_STEPS                                                                          \
	RC_START_STEPS,                                                                            \
	{                                                                                          \
		"wait for", NULL, rc_ready_run_all, NULL                                           \
	}

#endif
