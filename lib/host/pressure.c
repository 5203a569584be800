/* What the kernel says about pressure on this machine. */
#include "host/pressure.h"

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"

#define TEXT_MAX 4096

static int
look(const char *root, const char *what)
{
	scoped(rc_str_release) char *path = rc_format("%s/proc/pressure/%s", root, what);
	scoped(rc_str_release) char *text = NULL;
	struct rc_error ignored;

	return rc_file_read(&text, NULL, path, TEXT_MAX, &ignored) < 0
		   ? -1
		   : rc_pressure_read_text(text);
}

struct rc_pressure
rc_pressure_look(const char *root)
{
	return (struct rc_pressure){ look(root, "memory"), look(root, "io") };
}
