/* Tokens that a user hands over: what is taken, what is refused, and that none is ever repeated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/token.h"

static const struct {
	const char *why, *bytes;
	size_t size;       /* 0: strlen */
	const char *token; /* NULL: refused */
	const char *says;
} cleanings[] = {
	{ "as GitLab shows it", "glpat-abc_DEF-1.2=3", 0, "glpat-abc_DEF-1.2=3", NULL },
	{ "a file ends with a newline", "glrt-abc\n", 0, "glrt-abc", NULL },
	{ "a file from Windows", "glrt-abc\r\n", 0, "glrt-abc", NULL },
	{ "an empty file", "", 0, NULL, "empty" },
	{ "an empty line", "\n", 0, NULL, "empty" },
	{ "an empty line from Windows", "\r\n", 0, NULL, "empty" },
	{ "two empty lines", "\n\n", 0, NULL, "more than one line" },
	{ "a second line", "glrt-abc\nmore\n", 0, NULL, "more than one line" },
	{ "a carriage return alone", "glrt-abc\r", 0, NULL, "more than one line" },
	{ "a NUL", "glrt-\0abc", 9, NULL, "a NUL byte" },
	{ "a blank pasted along", "glrt-abc ", 0, NULL, "a blank (byte 9 of 9)" },
	{ "a tab in front", "\tglrt-abc", 0, NULL, "a blank (byte 1 of 9)" },
	{ "gitlab-runner expands it", "glrt-$HOME", 0, NULL, "'$'" },
	{ "quotes from a shell or an INI file", "\"glrt-abc\"", 0, NULL, "quotation mark" },
	{ "quotes from a shell", "'glrt-abc'", 0, NULL, "quotation mark" },
	{ "a byte order mark", "\xef\xbb\xbfglrt-abc", 0, NULL, "printable ASCII" },
	{ "an escape sequence", "glrt-\033[2J", 0, NULL, "printable ASCII" },
	{ "DEL", "glrt-\177", 0, NULL, "printable ASCII" },
};

static void
test_clean(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(cleanings); i++) {
		scoped(rc_secret_release) char *token = NULL;
		struct rc_error err = { 0 };
		size_t size = cleanings[i].size ? cleanings[i].size : strlen(cleanings[i].bytes);
		int result = rc_token_clean(&token, cleanings[i].bytes, size, "the file t", &err);

		if (cleanings[i].token) {
			assert_int_equal(result, 0);
			assert_string_equal(token, cleanings[i].token);
			continue;
		}
		assert_int_equal(result, -1);
		assert_int_equal(err.code, RC_USAGE);
		assert_null(token);
		assert_non_null(strstr(err.text, cleanings[i].says));
		assert_non_null(strstr(err.text, "the file t"));
		assert_null(strstr(err.text, "abc"));
		assert_null(strstr(err.hint, "abc"));
	}
}

static void
test_clean_long(void **state)
{
	char bytes[2000];
	struct rc_error err = { 0 };
	char *token = NULL;

	(void)state;
	memset(bytes, 'a', sizeof(bytes));
	assert_int_equal(rc_token_clean(&token, bytes, 1001, "--token", &err), -1);
	assert_non_null(strstr(err.text, "too long"));
	assert_int_equal(rc_token_clean(&token, bytes, 1000, "--token", &err), 0);
	assert_int_equal(strlen(token), 1000);
	rc_secret_release(&token);
}

static const struct {
	const char *why, *token;
	enum rc_token_kind kind;
} kinds[] = {
	{ "personal, project or group access token", "glpat-abc", RC_TOKEN_ACCESS },
	{ "with a prefix of the instance", "acme-glpat-abc", RC_TOKEN_ACCESS },
	{ "runner made in the UI", "glrt-abc", RC_TOKEN_RUNNER },
	{ "runner token with its type", "glrt-t1_abc", RC_TOKEN_RUNNER },
	{ "routable runner token", "glrt-bzoxCnA6Mgp0OjIKdToz.01.0w1a2b3c4", RC_TOKEN_RUNNER },
	{ "runner token with a prefix of the instance", "mycompanyname-glrt-abc", RC_TOKEN_RUNNER },
	{ "runner made with a registration token", "glrtr-abc", RC_TOKEN_RUNNER },
	{ "the same from 2024", "t2_AbCdEfGhIjKlMnOpQrSt", RC_TOKEN_RUNNER },
	{ "a registration token that begins so", "t2_AbCdEfGhIjKlMnOpQ", RC_TOKEN_REGISTRATION },
	{ "no such type of runner", "t4_AbCdEfGhIjKlMnOpQrSt", RC_TOKEN_REGISTRATION },
	{ "registration token of a project", "GR1348941abc", RC_TOKEN_REGISTRATION },
	{ "registration token of an instance", "AbCdEfGhIjKlMnOpQrSt", RC_TOKEN_REGISTRATION },
	{ "the earlier prefix counts", "glrt-xglpat-y", RC_TOKEN_RUNNER },
	{ "the earlier prefix counts", "glpat-xglrt-y", RC_TOKEN_ACCESS },
	{ "nothing", "", RC_TOKEN_REGISTRATION },
};

static void
test_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(kinds); i++) {
		if (rc_token_kind(kinds[i].token) != kinds[i].kind)
			fail_msg("%s: %s", kinds[i].why, kinds[i].token);
	}
}

static const struct {
	const char *token, *says; /* NULL: no objection */
} objections[] = {
	{ "glcbt-abc", "CI job" },
	{ "acme-gldt-abc", "deploy token" },
	{ "glft-abc", "feed token" },
	{ "glptt-abc", "trigger" },
	{ "glsoat-abc", "SCIM" },
	{ "gloas-abc", "OAuth" },
	{ "glffct-abc", "feature flags" },
	{ "glagent-abc", "Kubernetes" },
	{ "glimt-abc", "mail" },
	{ "glwt-abc", "workspace" },
	{ "glpat-abc", NULL },
	{ "glrt-abc", NULL },
	{ "glrt-abcgldt-def", NULL },
	{ "GR1348941abc", NULL },
	{ "AbCdEfGhIjKlMnOpQrSt", NULL },
};

static void
test_objection(void **state)
{
	(void)state;
	for (size_t i = 0; i < RC_COUNT(objections); i++) {
		const char *objection = rc_token_objection(objections[i].token);

		if (!objections[i].says) {
			assert_null(objection);
			continue;
		}
		assert_non_null(objection);
		assert_non_null(strstr(objection, objections[i].says));
		assert_null(strstr(objection, "abc"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_clean_long),
		cmocka_unit_test(test_kind),
		cmocka_unit_test(test_objection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
