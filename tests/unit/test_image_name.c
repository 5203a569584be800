/* Names of images, their files and volumes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/image_name.h"

static void
test_volumes(void **state)
{
	static const char *const names[] = { "img@1.0.vmlinuz", "img@1.0.initrd",
		"img@1.0.root.squashfs", "img@1.0.root.erofs", "img@1.0.disk.raw",
		"img@1.0.disk.qcow2", "img@1.0.manifest.json" };

	(void)state;
	for (int part = 0; part <= RC_IMAGE_PARTS; part++) {
		scoped(rc_str_release) char *name =
		    rc_image_volume("img", "1.0", (enum rc_image_part)part);

		assert_string_equal(name, names[part]);
	}
	assert_string_equal(rc_image_part_name(RC_IMAGE_ROOT), "root.squashfs");
}

static void
test_references(void **state)
{
	static const struct {
		const char *why, *text, *name, *version, *needle;
	} cases[] = {
		{ "the newest", "appliance", "appliance", NULL, NULL },
		{ "one version", "appliance@20260111.1", "appliance", "20260111.1", NULL },
		{ "all of a version", "a@Az09.-", "a", "Az09.-", NULL },
		{ "a version of 40", "a@0123456789012345678901234567890123456789", "a",
		    "0123456789012345678901234567890123456789", NULL },
		{ "a version of 41", "a@01234567890123456789012345678901234567890", NULL, NULL,
		    "is not the version" },
		{ "nothing", "", NULL, NULL, "'' is not the name of an image" },
		{ "no name", "@1", NULL, NULL, "'' is not the name of an image" },
		{ "no version", "a@", NULL, NULL, "'' is not the version of an image" },
		{ "two versions", "a@1@2", NULL, NULL, "'1@2' is not the version of an image" },
		{ "a path", "../a@1", NULL, NULL, "'../a' is not the name of an image" },
		{ "a path in the version", "a@1/2", NULL, NULL, "'1/2' is not the version" },
		{ "a capital", "A", NULL, NULL, "'A' is not the name" },
		{ "an escape", "a@\x1b[2J", NULL, NULL, "'?[2J' is not the version" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *name = NULL, *version = NULL;
		struct rc_error err = { 0 };
		int result = rc_image_reference(&name, &version, cases[i].text, &err);

		if ((result == 0) != (cases[i].needle == NULL))
			fail_msg("%s: %s", cases[i].why, err.text);
		if (result == 0) {
			assert_string_equal(name, cases[i].name);
			assert_string_equal(
			    version ? version : "-", cases[i].version ? cases[i].version : "-");
			continue;
		}
		assert_int_equal(err.code, RC_USAGE);
		assert_true(err.hint[0] != '\0');
		assert_null(name);
		assert_null(version);
		if (!strstr(err.text, cases[i].needle))
			fail_msg("%s: %s", cases[i].why, err.text);
	}
}

static void
test_volume_references(void **state)
{
	static const struct {
		const char *why, *volume, *reference;
		enum rc_image_part part;
	} cases[] = {
		{ "a part", "img@1.0.root.squashfs", "img@1.0", RC_IMAGE_ROOT },
		{ "the other root", "img@1.0.root.erofs", "img@1.0", RC_IMAGE_ROOT_EROFS },
		{ "the manifest", "img@1.0.manifest.json", "img@1.0", RC_IMAGE_PARTS },
		{ "a version that ends like a part", "a@1.vmlinuz.initrd", "a@1.vmlinuz",
		    RC_IMAGE_INITRD },
		{ "no version", "img.root.squashfs", NULL, RC_IMAGE_PARTS },
		{ "an empty version", "img@.vmlinuz", NULL, RC_IMAGE_PARTS },
		{ "an empty name", "@1.vmlinuz", NULL, RC_IMAGE_PARTS },
		{ "a name that images cannot have", "Img@1.vmlinuz", NULL, RC_IMAGE_PARTS },
		{ "a path", "../img@1.vmlinuz", NULL, RC_IMAGE_PARTS },
		{ "an unknown part", "img@1.qcow2", NULL, RC_IMAGE_PARTS },
		{ "a disk of an appliance", "ci-1.1.data.qcow2", NULL, RC_IMAGE_PARTS },
		{ "the part alone", ".vmlinuz", NULL, RC_IMAGE_PARTS },
		{ "nothing", "", NULL, RC_IMAGE_PARTS },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		enum rc_image_part part = RC_IMAGE_PARTS;
		scoped(rc_str_release) char *reference =
		    rc_image_volume_reference(cases[i].volume, &part);

		if (!reference != !cases[i].reference || part != cases[i].part ||
		    (reference && strcmp(reference, cases[i].reference) != 0))
			fail_msg("%s: %s", cases[i].why, reference ? reference : "NULL");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_volumes),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_volume_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
