/* The one list of all verbs, and the options that go with each of them. */
#include "cmd/command.h"

const struct rc_command *const rc_commands[] = {
	&rc_cmd_create,
	&rc_cmd_register,
	&rc_cmd_set,
	&rc_cmd_destroy,
	&rc_cmd_rotate,
	&rc_cmd_reclaim,
	&rc_cmd_doctor,
	&rc_cmd_gc,
	&rc_cmd_list,
	&rc_cmd_status,
	&rc_cmd_metrics,
	&rc_cmd_logs,
	&rc_cmd_verify,
	&rc_cmd_image_build,
	&rc_cmd_image_import,
	&rc_cmd_image_list,
	&rc_cmd_image_remove,
	&rc_cmd_image_verify,
	&rc_cmd_help,
	&rc_cmd_version,
	NULL,
};

#define FIELD(f) offsetof(struct rc_globals, f)
const struct rc_option rc_global_options[] = {
	{ "connect", 'c', RC_OPT_TEXT, FIELD(connect), "URI",
	    "the libvirt host, such as qemu:///system" },
	{ "config", 0, RC_OPT_TEXT, FIELD(config), "FILE", "read this configuration file" },
	{ "accel", 0, RC_OPT_CHOICE, FIELD(accel), "auto|kvm|tcg", "what runs the appliances" },
	{ "json", 0, RC_OPT_FLAG, FIELD(json), NULL, "print results as JSON" },
	{ "quiet", 'q', RC_OPT_FLAG, FIELD(quiet), NULL, "no progress: only errors and warnings" },
	{ "verbose", 'v', RC_OPT_FLAG, FIELD(verbose), NULL, "show how long each step took" },
	{ "color", 0, RC_OPT_CHOICE, FIELD(color), "auto|always|never", "when to use colors" },
	{ "help", 'h', RC_OPT_FLAG, FIELD(help), NULL, "explain the program, or the verb given" },
	{ "version", 0, RC_OPT_FLAG, FIELD(version), NULL, "print the version" },
	{ "dump-options", 0, RC_OPT_FLAG, FIELD(dump_options), NULL, NULL },
	{ 0 },
};
