/* gitlab-runner's config.toml, written so that no value can escape its quotes. */
#ifndef RC_CORE_RUNNER_TOML_H
#define RC_CORE_RUNNER_TOML_H

#include <stdio.h>

#include "core/injection.h"

/*
 * Refuses '$' in url and token (gitlab-runner expands environment variables
 * there) and NUL nowhere possible.  Keys are checked against gitlab-runner's
 * own by a test, as it ignores a misspelt one silently.
 */
RC_MUST_CHECK int rc_runner_toml_write(
    FILE *out, const struct rc_guest_wish *wish, struct rc_error *err);

#endif
