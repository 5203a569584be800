/* What a guest wrote to its serial line, which is hostile. */
#ifndef RC_CORE_SERIAL_LOG_H
#define RC_CORE_SERIAL_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "core/appliance.h"

/* Where the libvirt host keeps it; the caller frees. */
char *rc_serial_log_path(const struct rc_appliance *appliance);

/*
 * The last line with anything in it but the kernel's goodbye at power-off, as one harmless line
 * without terminal sequences, at most 160 bytes; "" if there is none.  The caller frees.
 */
char *rc_serial_last_line(const char *bytes, size_t size);

/* Does the line say that nothing will come after it? */
bool rc_serial_is_end(const char *line);

#endif
