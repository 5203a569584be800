/*
 * A qcow2 image can make qemu open any other file of the host: as its backing
 * file, or as the file that holds its data.  Whether it does is said by the fixed
 * part of its header alone (docs/interop/qcow2.txt of qemu): extensions only name
 * what a field or a bit of it has switched on, so they need not be read.
 */
#include "core/qcow2.h"

#include <string.h>

#include "base/str.h"

#define SECTOR 512
#define SIZE_MAX_SUPPORTED (UINT64_C(1) << 40)

/* Offsets in the header; numbers are big endian. */
enum {
	AT_VERSION = 4,
	AT_BACKING_OFFSET = 8,
	AT_BACKING_SIZE = 16,
	AT_CLUSTER_BITS = 20,
	AT_SIZE = 24,
	AT_ENCRYPTION = 32,
	END_OF_V2 = 72,
	AT_INCOMPATIBLE = 72,
	AT_HEADER_LENGTH = 100,
	END_OF_V3 = 104
};

static const struct feature {
	uint64_t bit;
	const char *objection;
} features[] = {
	{ 1u << 0, "it was not closed properly: repair it with qemu-img check -r all" },
	{ 1u << 1, "it is marked as corrupt: repair it with qemu-img check -r all" },
	{ 1u << 2, "its data are in an external file" },
	{ 1u << 3, NULL }, /* another compression */
	{ 1u << 4, NULL }, /* subclusters */
};

static uint64_t
number(const unsigned char *bytes, size_t at, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | bytes[at + i];
	return value;
}

static int
check_features(uint64_t found, struct rc_error *err)
{
	for (size_t i = 0; i < RC_COUNT(features); i++) {
		if ((found & features[i].bit) && features[i].objection)
			return rc_fail(err, RC_FAILED, "%s", features[i].objection);
		found &= ~features[i].bit;
	}
	if (found)
		return rc_fail(err, RC_FAILED, "it has features that are not known (%#llx)",
		    (unsigned long long)found);
	return 0;
}

static int
check_version_3(const unsigned char *bytes, size_t size, struct rc_error *err)
{
	uint64_t length;

	if (size < END_OF_V3)
		return rc_fail(err, RC_FAILED, "its header is cut off");
	length = number(bytes, AT_HEADER_LENGTH, 4);
	if (length < END_OF_V3 || length % 8)
		return rc_fail(err, RC_FAILED, "its header cannot have %llu bytes",
		    (unsigned long long)length);
	return check_features(number(bytes, AT_INCOMPATIBLE, 8), err);
}

bool
rc_qcow2_begins(const unsigned char *bytes, size_t size)
{
	return size >= 4 && memcmp(bytes, "QFI\xfb", 4) == 0;
}

int
rc_qcow2_check(uint64_t *ret_size, const unsigned char *bytes, size_t size, struct rc_error *err)
{
	uint64_t version, cluster, capacity;

	if (size < END_OF_V2 || !rc_qcow2_begins(bytes, size))
		return rc_fail(err, RC_FAILED, "it is no qcow2 image");
	version = number(bytes, AT_VERSION, 4);
	cluster = number(bytes, AT_CLUSTER_BITS, 4);
	capacity = number(bytes, AT_SIZE, 8);
	if (version != 2 && version != 3)
		return rc_fail(err, RC_FAILED, "its qcow2 version %llu is not known",
		    (unsigned long long)version);
	if (number(bytes, AT_BACKING_OFFSET, 8) || number(bytes, AT_BACKING_SIZE, 4)) {
		rc_fail(err, RC_FAILED, "it is an overlay of another file");
		return rc_hint(err, "make it whole: qemu-img convert -O qcow2 FILE WHOLE.qcow2");
	}
	if (number(bytes, AT_ENCRYPTION, 4))
		return rc_fail(err, RC_FAILED, "it is encrypted");
	if (version == 3 && check_version_3(bytes, size, err) < 0)
		return -1;
	if (cluster < 9 || cluster > 21)
		return rc_fail(err, RC_FAILED, "its clusters cannot have 2^%llu bytes",
		    (unsigned long long)cluster);
	if (capacity == 0 || capacity % SECTOR || capacity > SIZE_MAX_SUPPORTED)
		return rc_fail(
		    err, RC_FAILED, "a disk cannot have %llu bytes", (unsigned long long)capacity);
	*ret_size = capacity;
	return 0;
}
