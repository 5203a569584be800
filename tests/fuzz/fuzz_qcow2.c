/* Headers of qcow2 images: what is taken names no other file and has a size. */
#include <stdint.h>
#include <stdlib.h>

#include "core/qcow2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rc_error err = { 0 };
	uint64_t capacity = 0;

	if (rc_qcow2_check(&capacity, data, size, &err) < 0) {
		if (!err.text[0])
			abort();
		return 0;
	}
	for (size_t i = 8; i < 20; i++)
		if (data[i])
			abort();
	if (capacity == 0 || capacity % 512 || (data[7] == 3 && (data[79] & 4)))
		abort();
	return 0;
}
