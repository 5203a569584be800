/* What a guest wrote to its serial line. */
#include "ops/serial.h"

#include "base/file.h"
#include "base/str.h"
#include "core/serial_log.h"

#define TAIL 4096 /* bytes in which the last line is looked for */

char *
rc_serial_last(struct rc_session *session, const struct rc_appliance *appliance)
{
	scoped(rc_str_release) char *path = rc_serial_log_path(appliance), *bytes = NULL;
	struct rc_error ignored;
	size_t size = 0;

	if (!rc_virt_is_local(session->virt) ||
	    rc_file_tail(&bytes, &size, path, TAIL, &ignored) < 0)
		size = 0;
	return rc_serial_last_line(bytes, size);
}
