/* Where a running domain is plugged in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/live_link.h"

#define DOMAIN(inside)                                                                             \
	"<domain><devices><disk/><interface type='network'>" inside                                \
	"</interface></devices></domain>"

static void
test_found(void **state)
{
	scoped(rc_str_release) char *device = NULL, *bridge = NULL;
	struct rc_error err;

	(void)state;
	assert_int_equal(rc_live_link(&device, &bridge,
			     DOMAIN("<source network='runnerctl' bridge='virbr-runner'/>"
				    "<target dev='vnet7'/>"),
			     &err),
	    0);
	assert_string_equal(device, "vnet7");
	assert_string_equal(bridge, "virbr-runner");
}

static void
test_missing(void **state)
{
	static const char *const documents[] = {
		DOMAIN("<source network='runnerctl'/><target dev='vnet7'/>"),
		DOMAIN("<source network='runnerctl' bridge='virbr-runner'/>"),
		DOMAIN(""),
		"<domain/>",
		"not XML",
	};
	char *device = NULL, *bridge = NULL;
	struct rc_error err;

	(void)state;
	for (size_t i = 0; i < RC_COUNT(documents); i++) {
		assert_int_equal(rc_live_link(&device, &bridge, documents[i], &err), -1);
		assert_null(device);
		assert_null(bridge);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
