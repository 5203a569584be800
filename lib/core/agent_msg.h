/* The guest agent's JSON: commands for reading a file and what it can do, and their hostile
 * answers. */
#ifndef RC_CORE_AGENT_MSG_H
#define RC_CORE_AGENT_MSG_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

/* Each returns a JSON text that the caller frees. */
char *rc_agent_open(const char *path);
char *rc_agent_read(int64_t handle, size_t max);
char *rc_agent_close(int64_t handle);

RC_MUST_CHECK int rc_agent_read_handle(int64_t *ret, const char *answer, struct rc_error *err);
/* The bytes of a guest-file-read, decoded; at most max.  The caller frees. */
RC_MUST_CHECK int rc_agent_read_bytes(
    char **ret, size_t *ret_size, size_t max, const char *answer, struct rc_error *err);

char *rc_agent_info(void);
/* The calls that are enabled and should not be, as the agent names them; the worst first. */
RC_MUST_CHECK int rc_agent_read_harmful(
    struct rc_strv *ret, const char *answer, struct rc_error *err);

#endif
