/* manifest.json of a disk that boots by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/manifest.h"
#include "golden.h"

static void
test_read_and_written(void **state)
{
	scoped(rc_manifest_release) struct rc_manifest read = { 0 }, again = { 0 };
	scoped(rc_str_release) char *text = file_text(GOLDEN("manifest-disk.json"));
	scoped(rc_str_release) char *written = NULL;
	struct rc_error err = { 0 };

	(void)state;
	if (rc_manifest_read(&read, text, &err) < 0 ||
	    rc_manifest_write(&written, &read, NULL, &err) < 0 ||
	    rc_manifest_read(&again, written, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(again.layout, RC_LAYOUT_DISK);
	assert_string_equal(again.name, "debian");
	assert_null(again.cmdline);
	assert_int_equal(again.root_partition, 1);
	assert_int_equal(again.virtual_size, UINT64_C(2) << 30);
	assert_int_equal(again.parts[RC_IMAGE_DISK_QCOW2].size, 402653184);
	assert_int_equal(again.parts[RC_IMAGE_DISK_RAW].size, 0);
	assert_int_equal(again.parts[RC_IMAGE_ROOT].size, 0);
}

/* One edit of the good manifest each. */
static const struct {
	const char *why, *from, *to, *needle;
} edits[] = {
	{ "a kernel's arguments", "\"schema\"", "\"cmdline\": \"quiet\", \"schema\"",
	    "member 'cmdline' is not known" },
	{ "a file of the other layout", "disk.qcow2", "root.squashfs",
	    "file 'root.squashfs' is not one of this layout" },
	{ "a format that is not known", "disk.qcow2", "disk.vmdk",
	    "file 'disk.vmdk' is not one of this layout" },
	{ "a path", "disk.qcow2", "/etc/disk.qcow2", "holds a '/'" },
	{ "both formats", "\"files\": {",
	    "\"files\": { \"disk.raw\": { \"size\": 512, \"sha256\": "
	    "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\" },",
	    "there must be either disk.raw or disk.qcow2" },
	{ "no partition", "\"root_partition\": 1,", "", "'root_partition' is missing" },
	{ "partition 0", "\"root_partition\": 1", "\"root_partition\": 0",
	    "not a whole number from 1 to 128" },
	{ "partition 129", "\"root_partition\": 1", "\"root_partition\": 129", "from 1 to 128" },
	{ "a device", "\"root_partition\": 1", "\"root_partition\": \"/dev/sda1\"",
	    "'root_partition' is missing or not a number" },
	{ "no size", "\"virtual_size\": 2147483648,", "", "'virtual_size' is missing" },
	{ "two TiB", "2147483648", "2199023255552", "'virtual_size' is not a whole number" },
	{ "half a byte", "2147483648", "0.5", "'virtual_size' is not a whole number" },
};

static void
test_edits(void **state)
{
	scoped(rc_str_release) char *good = file_text(GOLDEN("manifest-disk.json"));

	(void)state;
	for (size_t i = 0; i < RC_COUNT(edits); i++) {
		scoped(rc_str_release) char *text = replaced(good, edits[i].from, edits[i].to);
		struct rc_manifest read = { 0 };
		struct rc_error err = { 0 };

		if (rc_manifest_read(&read, text, &err) == 0)
			fail_msg("%s: was taken", edits[i].why);
		if (!strstr(err.text, edits[i].needle))
			fail_msg("%s: %s", edits[i].why, err.text);
		assert_null(read.name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_and_written),
		cmocka_unit_test(test_edits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
