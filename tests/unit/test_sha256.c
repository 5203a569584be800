/* SHA-256 against NIST's vectors, in one piece and in many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/sha256.h"
#include "base/str.h"

static void
test_vectors(void **state)
{
	static const struct {
		const char *why, *text, *hex;
	} cases[] = {
		{ "nothing", "",
		    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "FIPS 180-4, B.1", "abc",
		    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "FIPS 180-4, B.2", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		char hex[RC_SHA256_HEX];

		rc_sha256_of(hex, cases[i].text, strlen(cases[i].text));
		if (strcmp(hex, cases[i].hex) != 0)
			fail_msg("%s: %s", cases[i].why, hex);
	}
}

static void
test_pieces(void **state)
{
	scoped(rc_str_release) char *bytes = rc_alloc(1000000, 1);
	char whole[RC_SHA256_HEX];

	(void)state;
	memset(bytes, 'a', 1000000);
	rc_sha256_of(whole, bytes, 1000000);
	assert_string_equal(
	    whole, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	for (size_t piece = 1; piece < 1000000; piece = piece * 7 + 1) {
		struct rc_sha256 *sum = rc_sha256_new();
		char hex[RC_SHA256_HEX];

		for (size_t at = 0; at < 1000000; at += piece)
			rc_sha256_add(sum, bytes + at, at + piece > 1000000 ? 1000000 - at : piece);
		rc_sha256_finish(sum, hex);
		assert_string_equal(hex, whole);
	}
}

static void
test_given_up(void **state)
{
	struct rc_sha256 *sum = rc_sha256_new();

	(void)state;
	rc_sha256_add(sum, "abc", 3);
	rc_sha256_free(sum);
	rc_sha256_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
