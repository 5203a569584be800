/* The values of options: text into the typed field that a row points at. */
#ifndef RC_CMD_VALUE_H
#define RC_CMD_VALUE_H

#include "cmd/command.h"

/*
 * Sets the field.  Errors do not name the option: the caller knows how it was
 * spelled.  text is writable because a secret is wiped from it.
 */
RC_MUST_CHECK int rc_value_set(
    const struct rc_option *option, void *field, char *text, struct rc_error *err);
void rc_value_release(const struct rc_option *option, void *field);
/* Bytes of the field, for the check of the tables. */
size_t rc_value_size(enum rc_option_type type);

#endif
