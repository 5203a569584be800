/* The status document of a guest, the most hostile input of all. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/guest_status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rc_guest_status status = { 0 };
	struct rc_error err = { 0 };

	if (rc_guest_status_read(&status, (const char *)data, size, &err) < 0)
		return 0;
	if (!memchr(status.runner, '\0', sizeof(status.runner)) ||
	    !memchr(status.docker, '\0', sizeof(status.docker)))
		abort();
	if (!isfinite(status.uptime) || !isfinite(status.boot_polling))
		abort();
	return 0;
}
