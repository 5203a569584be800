/* The guest agent's JSON: what is asked, and answers that a guest has made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/agent_msg.h"

#define NONSENSE "the guest agent's answer makes no sense"

static void
test_commands(void **state)
{
	scoped(rc_str_release) char *opened = rc_agent_open("/run/runner-status/status.json");
	scoped(rc_str_release) char *odd = rc_agent_open("/a\"b\\c\n");
	scoped(rc_str_release) char *read = rc_agent_read(1000, 65536);
	scoped(rc_str_release) char *closed = rc_agent_close(1000);

	(void)state;
	assert_string_equal(opened,
	    "{\"execute\":\"guest-file-open\",\"arguments\":{\"path\":\"/run/"
	    "runner-status/status.json\",\"mode\":\"r\"}}");
	assert_string_equal(odd,
	    "{\"execute\":\"guest-file-open\",\"arguments\":{\"path\":\"/a\\\"b"
	    "\\\\c\\n\",\"mode\":\"r\"}}");
	assert_string_equal(read, "{\"execute\":\"guest-file-read\",\"arguments\":{\"handle\":1000,"
				  "\"count\":65536}}");
	assert_string_equal(
	    closed, "{\"execute\":\"guest-file-close\",\"arguments\":{\"handle\":1000}}");
}

static void
test_handles(void **state)
{
	static const struct {
		const char *why, *answer;
		int64_t handle; /* -1: refused */
	} cases[] = {
		{ "the agent's first", "{\"return\":1000}", 1000 },
		{ "zero", "{\"return\":0}", 0 },
		{ "minus zero", "{\"return\":-0}", 0 },
		{ "more beside it", "{\"id\":1,\"return\":1000,\"x\":[]}", 1000 },
		{ "a newline behind it", "{\"return\":1000}\n", 1000 },
		{ "beyond 32 bits", "{\"return\":4294967296}", INT64_C(4294967296) },
		{ "an exponent", "{\"return\":1e15}", INT64_C(1000000000000000) },
		{ "the largest that is exact", "{\"return\":9007199254740992}",
		    INT64_C(9007199254740992) },
		{ "beyond 2^53", "{\"return\":9007199254740994}", -1 },
		{ "beyond 64 bits", "{\"return\":18446744073709551616}", -1 },
		{ "infinite", "{\"return\":1e999}", -1 },
		{ "negative", "{\"return\":-1}", -1 },
		{ "negative and huge", "{\"return\":-1e300}", -1 },
		{ "a fraction", "{\"return\":1000.5}", -1 },
		{ "a small fraction", "{\"return\":1e-300}", -1 },
		{ "NaN", "{\"return\":NaN}", -1 },
		{ "a text", "{\"return\":\"1000\"}", -1 },
		{ "a list", "{\"return\":[1000]}", -1 },
		{ "an object", "{\"return\":{\"handle\":1000}}", -1 },
		{ "true", "{\"return\":true}", -1 },
		{ "null", "{\"return\":null}", -1 },
		{ "in capitals", "{\"Return\":1000}", -1 },
		{ "an error", "{\"error\":{\"class\":\"GenericError\",\"desc\":\"\\u001b[2J\"}}",
		    -1 },
		{ "nothing in it", "{}", -1 },
		{ "a list around it", "[{\"return\":1000}]", -1 },
		{ "cut off", "{\"return\":10", -1 },
		{ "no JSON", "return: 1000", -1 },
		{ "nothing", "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *answer = rc_strdup(cases[i].answer), *again = NULL;
		scoped(rc_str_release) char *digits = NULL;
		struct rc_error err = { 0 };
		int64_t handle = -1;
		int result = rc_agent_read_handle(&handle, answer, &err);

		if (handle != cases[i].handle || result != (handle < 0 ? -1 : 0))
			fail_msg("%s: %d, %lld", cases[i].why, result, (long long)handle);
		if (result < 0) {
			assert_string_equal(err.text, NONSENSE);
			continue;
		}
		/* The agent takes a handle back only as a whole number in digits. */
		again = rc_agent_close(handle);
		digits = rc_format("{\"handle\":%lld}", (long long)handle);
		if (!strstr(again, digits))
			fail_msg("%s: %s", cases[i].why, again);
	}
}

static void
test_bytes(void **state)
{
	static const struct {
		const char *why, *base64, *bytes; /* NULL: refused */
		size_t size;
	} cases[] = {
		{ "nothing", "", "", 0 },
		{ "one byte", "QQ==", "A", 1 },
		{ "two bytes", "QUI=", "AB", 2 },
		{ "three bytes", "QUJD", "ABC", 3 },
		{ "four bytes", "QUJDRA==", "ABCD", 4 },
		{ "zeros at the end stay", "AAAA", "\0\0\0", 3 },
		{ "a zero in front of the padding stays", "QQA=", "A\0", 2 },
		{ "control characters are bytes like others", "G1sySg==", "\x1b[2J", 4 },
		{ "both odd digits", "+/+/", "\xfb\xff\xbf", 3 },
		{ "bits that are left over are dropped", "QR==", "A", 1 },
		{ "padding missing", "QUI", NULL, 0 },
		{ "one digit", "Q===", NULL, 0 },
		{ "only padding", "====", NULL, 0 },
		{ "padding too long", "QUJD====", NULL, 0 },
		{ "padding inside", "QQ==QUJD", NULL, 0 },
		{ "padding alone", "=", NULL, 0 },
		{ "padding first", "=QUJ", NULL, 0 },
		{ "a digit behind the padding", "QQ=Q", NULL, 0 },
		{ "blanks in front", "    QUJD", NULL, 0 },
		{ "blanks behind", "QUJD    ", NULL, 0 },
		{ "blanks inside", "QU JD   ", NULL, 0 },
		{ "newlines behind", "QUI=\\n\\n\\n\\n", NULL, 0 },
		{ "an end mark", "QUI=----", NULL, 0 },
		{ "digits of URLs", "-_-_", NULL, 0 },
		{ "an escape", "\\u001b[2J", NULL, 0 },
		{ "not ASCII", "QUJ\xc3\xbc", NULL, 0 },
		{ "a NUL ends the text", "QUJD\\u0000QUJD", "ABC", 3 },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *answer = rc_format(
		    "{\"return\":{\"count\":3,\"buf-b64\":\"%s\",\"eof\":true}}", cases[i].base64);
		scoped(rc_str_release) char *bytes = NULL;
		struct rc_error err = { 0 };
		size_t size = 99;
		int result = rc_agent_read_bytes(&bytes, &size, 100, answer, &err);

		if ((result == 0) != (cases[i].bytes != NULL))
			fail_msg("%s: %d, %zu bytes", cases[i].why, result, size);
		if (result < 0) {
			assert_string_equal(err.text, NONSENSE);
			assert_null(bytes);
			assert_int_equal(size, 99);
			continue;
		}
		assert_int_equal(size, cases[i].size);
		assert_memory_equal(bytes, cases[i].bytes, size);
	}
}

static void
test_answers(void **state)
{
	static const struct {
		const char *why, *answer;
	} cases[] = {
		{ "nothing", "" },
		{ "no JSON", "QUJD" },
		{ "no return", "{\"buf-b64\":\"QUJD\"}" },
		{ "no bytes", "{\"return\":{\"count\":3}}" },
		{ "bytes in capitals", "{\"return\":{\"BUF-B64\":\"QUJD\"}}" },
		{ "bytes as a number", "{\"return\":{\"buf-b64\":1}}" },
		{ "bytes as a list", "{\"return\":{\"buf-b64\":[\"QUJD\"]}}" },
		{ "bytes null", "{\"return\":{\"buf-b64\":null}}" },
		{ "return a text", "{\"return\":\"QUJD\"}" },
		{ "return null", "{\"return\":null}" },
		{ "return a list", "{\"return\":[{\"buf-b64\":\"QUJD\"}]}" },
		{ "cut off", "{\"return\":{\"buf-b64\":\"QUJD" },
		{ "an error", "{\"error\":{\"class\":\"GenericError\",\"desc\":\"no\"}}" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *answer = rc_strdup(cases[i].answer), *bytes = NULL;
		struct rc_error err = { 0 };
		size_t size;

		if (rc_agent_read_bytes(&bytes, &size, 100, answer, &err) == 0)
			fail_msg("%s: was taken", cases[i].why);
		assert_int_equal(err.code, RC_FAILED);
		assert_string_equal(err.text, NONSENSE);
	}
}

/* An answer with count bytes of base64. */
static char *
large(size_t count)
{
	scoped(rc_str_release) char *digits = rc_alloc(count + 1, 1);

	memset(digits, 'A', count);
	return rc_format("{\"return\":{\"buf-b64\":\"%s\"}}", digits);
}

/* max counts decoded bytes, whatever the guest was asked for. */
static void
test_size(void **state)
{
	static const struct {
		size_t digits, max;
		bool taken;
	} cases[] = {
		{ 4, 3, true },
		{ 4, 2, false },
		{ 8, 6, true },
		{ 8, 5, false },
		{ 4, 0, false },
		{ 0, 0, true },
		{ 87380, 65536, true },
		{ 87384, 65536, false },
		{ 10 << 20, 65536, false },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *answer = large(cases[i].digits), *bytes = NULL;
		struct rc_error err = { 0 };
		size_t size;
		int result = rc_agent_read_bytes(&bytes, &size, cases[i].max, answer, &err);

		if ((result == 0) != cases[i].taken)
			fail_msg("%zu digits, at most %zu bytes: %d", cases[i].digits, cases[i].max,
			    result);
		if (result == 0)
			assert_int_equal(size, cases[i].digits / 4 * 3);
	}
}

/* A whole document of the largest size, with padding. */
static void
test_largest(void **state)
{
	scoped(rc_str_release) char *answer = large(87384), *bytes = NULL;
	struct rc_error err = { 0 };
	size_t size;

	(void)state;
	memcpy(strrchr(answer, 'A') - 1, "==", 2);
	if (rc_agent_read_bytes(&bytes, &size, 65536, answer, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(size, 65536);
}

static void
test_deep(void **state)
{
	scoped(rc_str_release) char *answer = rc_alloc(1 << 20, 1), *bytes = NULL;
	struct rc_error err = { 0 };
	int64_t handle;
	size_t size;

	(void)state;
	memset(answer, '[', (1 << 20) - 1);
	memcpy(answer, "{\"return\":", 10);
	assert_int_equal(rc_agent_read_handle(&handle, answer, &err), -1);
	assert_int_equal(rc_agent_read_bytes(&bytes, &size, 100, answer, &err), -1);
}

/* What an agent can do, as it says; one that does not say makes no sense. */
static void
test_harmful(void **state)
{
	static const struct {
		const char *why, *answer, *names; /* NULL: refused */
	} cases[] = {
		{ "nothing", "{\"return\":{\"supported_commands\":[]}}", "" },
		{ "harmless",
		    "{\"return\":{\"version\":\"7.2\",\"supported_commands\":["
		    "{\"name\":\"guest-ping\",\"enabled\":true,\"success-response\":true},"
		    "{\"name\":\"guest-exec\",\"enabled\":false}]}}",
		    "" },
		{ "harmful",
		    "{\"return\":{\"supported_commands\":["
		    "{\"name\":\"guest-exec\",\"enabled\":true},"
		    "{\"name\":\"guest-file-write\",\"enabled\":true}]}}",
		    "guest-exec,guest-file-write" },
		{ "the worst first",
		    "{\"return\":{\"supported_commands\":[{\"name\":\"guest-get-users\"},"
		    "{\"name\":\"guest-exec\"},{\"name\":\"guest-get-osinfo\"}]}}",
		    "guest-exec,guest-get-users,guest-get-osinfo" },
		{ "not said to be off",
		    "{\"return\":{\"supported_commands\":[{\"name\":\"guest-exec\"}]}}",
		    "guest-exec" },
		{ "off as a text",
		    "{\"return\":{\"supported_commands\":["
		    "{\"name\":\"guest-exec\",\"enabled\":\"false\"}]}}",
		    "guest-exec" },
		{ "no name", "{\"return\":{\"supported_commands\":[{}]}}", NULL },
		{ "a number for a name",
		    "{\"return\":{\"supported_commands\":[{\"name\":1,\"enabled\":false}]}}",
		    NULL },
		{ "no list", "{\"return\":{\"supported_commands\":{}}}", NULL },
		{ "an error", "{\"error\":{\"class\":\"CommandNotFound\"}}", NULL },
		{ "no JSON", "hello", NULL },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_strv_release) struct rc_strv found = { 0 };
		scoped(rc_str_release) char *names = NULL;
		struct rc_error err = { 0 };

		if (rc_agent_read_harmful(&found, cases[i].answer, &err) < 0) {
			if (cases[i].names)
				fail_msg("%s: %s", cases[i].why, err.text);
			continue;
		}
		names = rc_strv_join(&found, ",");
		if (!cases[i].names || strcmp(names, cases[i].names) != 0)
			fail_msg("%s: '%s'", cases[i].why, names);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_handles),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_harmful),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
