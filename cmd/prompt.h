/* A secret, typed at the terminal without being shown. */
#ifndef RC_CMD_PROMPT_H
#define RC_CMD_PROMPT_H

#include "base/error.h"

/* Asks on the terminal that fd is, which shows as before afterwards; rc_secret_release *ret. */
RC_MUST_CHECK int rc_prompt_secret(char **ret, int fd, const char *question, struct rc_error *err);

#endif
