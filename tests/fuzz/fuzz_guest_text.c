/* What a guest writes and tells as plain text: its serial line, and its mounts. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/mounts.h"
#include "core/serial_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped(rc_str_release) char *text = rc_strndup((const char *)data, size);
	scoped(rc_str_release) char *line = rc_serial_last_line((const char *)data, size);
	scoped(rc_str_release) char *clean = rc_strdup(line);

	rc_str_to_line(clean);
	if (strlen(line) > 160 || strcmp(line, clean) != 0)
		abort();
	(void)rc_serial_is_end(line);
	if (rc_mounts_writable(text, "/dev/vda") && !strstr(text, "rw"))
		abort();
	return 0;
}
