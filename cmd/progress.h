/* The steps of a long run on standard error: a line that lives on a terminal, plain lines
 * elsewhere. */
#ifndef RC_CMD_PROGRESS_H
#define RC_CMD_PROGRESS_H

#include <stdbool.h>

#include "base/run.h"
#include "cmd/say.h"

struct rc_progress;

/* voice is borrowed.  verbose: each step ends with its time. */
struct rc_progress *rc_progress_new(const struct rc_voice *voice, bool verbose);
/* The listener for the verbs, without its stop flag; lives as long as progress. */
struct rc_run rc_progress_listener(struct rc_progress *progress);
/* Ends the step that is shown, so that other words can follow. */
void rc_progress_end(struct rc_progress *progress);
void rc_progress_free(struct rc_progress *progress);

#endif
