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
	static const struct rc_limits limits = { .memory = 1 << 30, .disk = 1 << 30 };
	struct rc_guest_status status = { 0 };
	struct rc_error err = { 0 };

	if (rc_guest_status_read(&status, (const char *)data, size, &err) < 0)
		return 0;
	if (!memchr(status.runner, '\0', sizeof(status.runner)) ||
	    !memchr(status.docker, '\0', sizeof(status.docker)))
		abort();
	rc_guest_status_check(&status, &limits);
	if (status.disk_used > status.disk_size || status.disk_size > limits.disk ||
	    status.memory_available > status.memory_total)
		abort();
	if (!isfinite(status.uptime) || !isfinite(status.boot_polling))
		abort();
	return 0;
}
