/* The only printer of help: everything in it comes from the tables. */
#ifndef RC_CMD_HELP_H
#define RC_CMD_HELP_H

#include <stdio.h>

#include "cmd/command.h"

void rc_help_short(FILE *out);
void rc_help_overview(FILE *out);
void rc_help_family(FILE *out, const char *word);
void rc_help_command(FILE *out, const struct rc_command *command);
/* "create -n --dry-run", one line an option: the tables, for the check of the man pages. */
void rc_help_dump(FILE *out);

#endif
