/* The only parser of the command line. */
#ifndef RC_CMD_OPTIONS_H
#define RC_CMD_OPTIONS_H

#include "cmd/command.h"

#define RC_WAIT_DEFAULT 600 /* seconds that --wait alone means */

struct rc_parsed {
	const struct rc_command *command; /* NULL: no verb was given */
	char *family;                     /* the first word of a verb of two, alone */
	struct rc_globals globals;
	void *args; /* of command->args_size bytes; NULL without a command */
	struct rc_strv names;
};

/*
 * Takes argv apart, with options and names in any order.  A secret is copied
 * and its bytes in argv are wiped at once; on an error all of argv is, because
 * the secret may be where none was expected.  *parsed holds what was understood
 * so far, and is the caller's to release either way.
 */
RC_MUST_CHECK int rc_parse(struct rc_parsed *parsed, int argc, char **argv, struct rc_error *err);
void rc_parsed_release(struct rc_parsed *parsed);

/* The verb of that name ("image build"), or NULL with an error that says what may be meant. */
const struct rc_command *rc_command_find(const char *name, struct rc_error *err);
/* Is word the first one of verbs with two? */
bool rc_command_family(const char *word);

#endif
