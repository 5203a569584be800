/* A domain that names an image's file uses it, wherever it names it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/image_use.h"

#define ROOT "/pool/img@1.root.squashfs"

static void
test_uses(void **state)
{
	static const struct {
		const char *why, *xml, *uses;
	} cases[] = {
		{ "nothing", "<domain/>", "" },
		{ "the kernel, as text",
		    "<domain><os><kernel>/pool/img@1.vmlinuz</kernel></os></domain>", "img@1" },
		{ "a disk", "<domain><disk><source file='" ROOT "'/></disk></domain>", "img@1" },
		{ "by another path",
		    "<domain><source file='/a/../p/img@1.root.squashfs'/></domain>", "img@1" },
		{ "a volume of a pool",
		    "<domain><source pool='p' volume='img@1.root.squashfs'/></domain>", "img@1" },
		{ "a backing file, deep inside",
		    "<domain><a><b><backingStore><source file='" ROOT
		    "'/></backingStore></b></a></domain>",
		    "img@1" },
		{ "our metadata", "<domain><m xmlns='urn:x'><a image='img@2'/></m></domain>",
		    "img@2" },
		{ "several, each once",
		    "<d><k>/p/a@1.vmlinuz</k><i>/p/a@1.initrd</i><s f='/p/b@2.manifest.json'/></d>",
		    "a@1,b@2" },
		{ "after a deep branch", "<d><a><b><c/></b></a><s f='" ROOT "'/></d>", "img@1" },
		{ "an escaped attribute", "<d><s f='/p&amp;q/img@1.initrd'/></d>", "img@1" },
		{ "an attribute in a namespace",
		    "<d xmlns:q='urn:q'><s q:f='/p/img@1.initrd'/></d>", "img@1" },
		{ "blanks around it are of another name", "<d> /p/img@1.initrd </d>", "" },
		{ "the kernel's command line is no path", "<d>quiet runnerctl.image=img@1 x</d>",
		    "" },
		{ "an address whose name no image can have", "<d>Some.One@example.org</d>", "" },
		{ "other files", "<d><s f='/pool/ci-1.1.data.qcow2'/></d>", "" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_strv_release) struct rc_strv uses = { 0 };
		scoped(rc_str_release) char *joined = NULL;
		struct rc_error err;

		assert_int_equal(rc_image_uses(&uses, cases[i].xml, "ci-1.1", &err), 0);
		joined = rc_strv_join(&uses, ",");
		if (strcmp(joined, cases[i].uses) != 0)
			fail_msg("%s: %s", cases[i].why, joined);
	}
}

static void
test_not_xml(void **state)
{
	scoped(rc_strv_release) struct rc_strv uses = { 0 };
	struct rc_error err;

	(void)state;
	assert_int_equal(rc_image_uses(&uses, "<domain>", "ci-1.1", &err), -1);
	assert_non_null(strstr(err.text, "ci-1.1:1:"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uses),
		cmocka_unit_test(test_not_xml),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
