/*
 * The rows the command line is made of.  Parser, --help and the check of the
 * man pages read them; nothing about a verb or an option is said twice.
 */
#ifndef RC_CMD_COMMAND_H
#define RC_CMD_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "cmd/print.h"
#include "ops/verbs.h"

/* What an option takes, and the type of the field that it sets. */
enum rc_option_type {
	RC_OPT_FLAG,     /* bool */
	RC_OPT_TEXT,     /* char *, a copy; never empty */
	RC_OPT_CHOICE,   /* as TEXT: one of the words that '|' separates in `value` */
	RC_OPT_COUNT,    /* unsigned, 1 to 9999 */
	RC_OPT_ID,       /* int64_t, from 1 */
	RC_OPT_SIZE,     /* uint64_t, bytes */
	RC_OPT_LIMIT,    /* struct rc_limits: the limit of the option's name in it */
	RC_OPT_DURATION, /* int64_t, seconds */
	RC_OPT_WAIT,     /* int64_t, seconds; the value is optional and needs its '=' */
	RC_OPT_LIST,     /* struct rc_strv; each use adds an item */
	RC_OPT_SECRET,   /* char *, a copy: the argument's own bytes are wiped at once */
};

struct rc_option {
	const char *name;
	char letter; /* 0: none */
	enum rc_option_type type;
	size_t field;
	const char *value; /* what --help calls it; NULL for a flag */
	const char *help;  /* at most 50 characters; NULL: hidden */
};

/* Rows that share a title, and where their struct is inside the verb's own. */
struct rc_option_group {
	const char *title;
	const struct rc_option *options;
	size_t at;
};

/* What main provides before a verb runs. */
enum rc_need {
	RC_NEED_SESSION = 1, /* the verbs' shared object, loaded, and a session */
	RC_NEED_WRITE = 2,   /* a session that may change things */
};

/* The global options. */
struct rc_globals {
	char *connect, *config, *accel, *color;
	bool json, quiet, verbose, help, version, dump_options;
};

/* What a verb is given when it runs. */
struct rc_app {
	const struct rc_globals *globals;
	const struct rc_strv *names;  /* the arguments that are no options */
	struct rc_page page;          /* standard output */
	const struct rc_voice *voice; /* standard error */
	struct rc_progress *progress;
	const struct rc_verbs *verbs; /* NULL without RC_NEED_SESSION, as are the next two */
	struct rc_session *session;
};

#define RC_NAMES_ANY 10000

struct rc_command {
	const char *name;     /* "create", or two words: "image build" */
	const char *synopsis; /* what follows the name */
	const char *summary;  /* at most 60 characters, no full stop */
	const char *also;     /* words of other programs for it, for "did you mean"; or NULL */
	const char *examples; /* whole lines for --help, or NULL */
	struct rc_option_group groups[4]; /* the last one is empty */
	size_t args_size;
	const void *defaults; /* a struct of args_size, or NULL: all zero */
	unsigned names_min, names_max;
	unsigned needs;
	const char *stopping; /* said on ^C, which then only asks; NULL: ^C kills */
	/* What the types cannot say about the arguments; before anything is loaded.  May be NULL.
	 */
	int (*check)(const struct rc_app *app, void *args, struct rc_error *err);
	enum rc_code (*run)(const struct rc_app *app, const void *args);
};

extern const struct rc_command rc_cmd_create, rc_cmd_register, rc_cmd_set, rc_cmd_destroy,
    rc_cmd_rotate, rc_cmd_reclaim, rc_cmd_doctor, rc_cmd_gc, rc_cmd_list, rc_cmd_logs,
    rc_cmd_status, rc_cmd_metrics, rc_cmd_verify, rc_cmd_image_build, rc_cmd_image_import,
    rc_cmd_image_list, rc_cmd_image_remove, rc_cmd_image_verify, rc_cmd_help, rc_cmd_version;

/* The one list, in the order of --help; ends with NULL. */
extern const struct rc_command *const rc_commands[];
extern const struct rc_option rc_global_options[];

#endif
