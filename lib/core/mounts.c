/* A guest's /proc/mounts, which is hostile. */
#include "core/mounts.h"

#include <string.h>

#include "base/str.h"

/* The options of a line: "rw" or "rw,..." */
static bool
is_writable(const char *options)
{
	return rc_str_starts(options, "rw") && (options[2] == ',' || options[2] == ' ');
}

/* device mountpoint type options 0 0 */
bool
rc_mounts_writable(const char *mounts, const char *device)
{
	size_t length = strlen(device);

	for (const char *line = mounts; *line; line += strcspn(line, "\n"), line += *line != 0) {
		const char *field = line;

		if (!rc_str_starts(line, device) ||
		    line[length + strspn(line + length, "0123456789")] != ' ')
			continue;
		for (int i = 0; i < 3; i++) {
			field += strcspn(field, " \n");
			field += *field == ' ';
		}
		if (is_writable(field))
			return true;
	}
	return false;
}
