/* Headers of qcow2 images: what qemu would follow to other files is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "core/qcow2.h"

/* A header as qemu-img 7.2 writes it: version 3, clusters of 64 KiB, a disk of 1 GiB. */
static const unsigned char good[] = {
	'Q', 'F', 'I', 0xfb, 0, 0, 0, 3, /* magic, version */
	0, 0, 0, 0, 0, 0, 0, 0,          /* where a backing file's name is */
	0, 0, 0, 0, 0, 0, 0, 16,         /* its length; bits of a cluster */
	0, 0, 0, 0, 0x40, 0, 0, 0,       /* size */
	0, 0, 0, 0, 0, 0, 0, 2,          /* encryption; L1 entries */
	0, 0, 0, 0, 0, 3, 0, 0,          /* L1 table */
	0, 0, 0, 0, 0, 1, 0, 0,          /* refcount table */
	0, 0, 0, 1, 0, 0, 0, 0,          /* its clusters; snapshots */
	0, 0, 0, 0, 0, 0, 0, 0,          /* snapshot table */
	0, 0, 0, 0, 0, 0, 0, 0,          /* incompatible features */
	0, 0, 0, 0, 0, 0, 0, 0,          /* compatible */
	0, 0, 0, 0, 0, 0, 0, 0,          /* autoclear */
	0, 0, 0, 4, 0, 0, 0, 112,        /* refcount order, length of the header */
	0, 0, 0, 0, 0, 0, 0, 0,          /* compression */
};

/* One byte changed each; needle NULL: taken. */
static const struct {
	const char *why;
	size_t at;
	unsigned char value;
	const char *needle;
} cases[] = {
	{ "as it is", 7, 3, NULL },
	{ "version 2", 7, 2, NULL },
	{ "no magic", 3, 0xfa, "no qcow2" },
	{ "version 1", 7, 1, "version 1 is not known" },
	{ "version 4", 7, 4, "version 4 is not known" },
	{ "a huge version", 4, 1, "is not known" },
	{ "backing file", 15, 112, "overlay of another file" },
	{ "backing file far away", 8, 0x80, "overlay of another file" },
	{ "length of a backing file's name only", 19, 11, "overlay of another file" },
	{ "AES", 35, 1, "encrypted" },
	{ "LUKS", 35, 2, "encrypted" },
	{ "dirty", 79, 1, "not closed properly" },
	{ "corrupt", 79, 2, "corrupt" },
	{ "external data file", 79, 4, "external file" },
	{ "external data file among others", 79, 0x1c, "external file" },
	{ "zstd", 79, 8, NULL },
	{ "subclusters", 79, 16, NULL },
	{ "unknown feature", 79, 32, "not known (0x20)" },
	{ "unknown feature, the highest", 72, 0x80, "not known (0x8000000000000000)" },
	{ "compatible features are nobody's harm", 87, 0xff, NULL },
	{ "short header", 103, 96, "cannot have 96 bytes" },
	{ "crooked header", 103, 105, "cannot have 105 bytes" },
	{ "clusters of 256", 23, 8, "2^8" },
	{ "clusters of 512", 23, 9, NULL },
	{ "clusters of 2 MiB", 23, 21, NULL },
	{ "clusters of 4 MiB", 23, 22, "2^22" },
	{ "clusters that overflow", 20, 0xff, "clusters cannot" },
	{ "no size", 28, 0, "a disk cannot have 0 bytes" },
	{ "half a sector", 31, 1, "a disk cannot have" },
	{ "a TiB and more", 26, 2, "a disk cannot have" },
	{ "a negative size", 24, 0x80, "a disk cannot have" },
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		unsigned char bytes[sizeof(good)];
		struct rc_error err = { 0 };
		uint64_t size = 0;
		int result;

		memcpy(bytes, good, sizeof(good));
		bytes[cases[i].at] = cases[i].value;
		result = rc_qcow2_check(&size, bytes, sizeof(bytes), &err);
		if (result != (cases[i].needle ? -1 : 0))
			fail_msg("%s: %d %s", cases[i].why, result, err.text);
		if (!cases[i].needle)
			assert_int_equal(size, 1 << 30);
		else if (!strstr(err.text, cases[i].needle) || size)
			fail_msg("%s: %s", cases[i].why, err.text);
	}
}

/* Of version 3, nothing of the fixed part may be missing; version 2 ends earlier. */
static void
test_cut_off(void **state)
{
	unsigned char bytes[sizeof(good)];
	struct rc_error err;
	uint64_t got = 0;

	(void)state;
	memcpy(bytes, good, sizeof(good));
	for (size_t size = 0; size <= sizeof(bytes); size++)
		assert_int_equal(rc_qcow2_check(&got, bytes, size, &err), size < 104 ? -1 : 0);
	bytes[7] = 2;
	for (size_t size = 0; size <= sizeof(bytes); size++)
		assert_int_equal(rc_qcow2_check(&got, bytes, size, &err), size < 72 ? -1 : 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
