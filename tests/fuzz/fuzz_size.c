/* Sizes and durations: what is taken is in range, and what is shown fits its buffer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/size.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped(rc_str_release) char *text = rc_strndup((const char *)data, size);
	struct rc_error err = { 0 };
	uint64_t bytes = 0;
	int64_t seconds = 0;
	char shown[16];

	if (rc_size_parse(&bytes, text, &err) == 0 && bytes == 0)
		abort();
	if (strlen(rc_size_format(shown, bytes)) < 3)
		abort();
	if (rc_duration_parse(&seconds, text, &err) == 0 &&
	    (seconds < 0 || seconds > 3651 * INT64_C(86400)))
		abort();
	if (size >= sizeof(bytes)) {
		memcpy(&bytes, data, sizeof(bytes));
		rc_size_format(shown, bytes);
		rc_duration_format(shown, (int64_t)bytes);
	}
	if (strlen(rc_duration_format(shown, seconds)) < 2)
		abort();
	return 0;
}
