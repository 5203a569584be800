/* The guest's status document: hostile input, of which only numbers and known words come through.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "core/guest_status.h"
#include "golden.h"

#define HOSTILE RC_TESTS "/hostile/status"
#define NONSENSE "the guest's status document makes no sense"

static int
read_text(struct rc_guest_status *ret, const char *text, struct rc_error *err)
{
	/* A buffer of exactly that size, so that a reader that goes on is caught. */
	size_t size = strlen(text);
	scoped(rc_str_release) char *bytes = rc_alloc(size, 1);
	int result;

	memcpy(bytes, text, size);
	result = rc_guest_status_read(ret, bytes, size, err);
	return result;
}

static void
test_good(void **state)
{
	static const char text[] =
	    "{\"schema\":1,\"time\":1768142364,\"uptime\":99.5,\"runner\":\"polling\",\"jobs\":2,"
	    "\"docker\":\"ok\",\"data\":{\"size\":21474836480,\"used\":1000,\"inodes\":2000,"
	    "\"inodes_used\":3},\"memory\":{\"total\":2147483648,\"available\":5},\"guard\":"
	    "{\"last\":1768142300,\"freed\":4096},\"boot\":"
	    "{\"kernel\":1.25,\"docker\":2.5,\"runner_polling\":3.75}}";
	struct rc_guest_status status;
	struct rc_error err = { 0 };

	(void)state;
	if (read_text(&status, text, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(status.runner, "polling");
	assert_string_equal(status.docker, "ok");
	assert_int_equal(status.time, 1768142364);
	assert_true(status.uptime > 99.4 && status.uptime < 99.6);
	assert_int_equal(status.jobs, 2);
	assert_int_equal(status.disk_size, 21474836480);
	assert_int_equal(status.disk_used, 1000);
	assert_int_equal(status.inodes, 2000);
	assert_int_equal(status.inodes_used, 3);
	assert_int_equal(status.memory_total, 2147483648);
	assert_int_equal(status.memory_available, 5);
	assert_int_equal(status.guard_last, 1768142300);
	assert_int_equal(status.guard_freed, 4096);
	assert_true(status.boot_kernel > 1.2 && status.boot_kernel < 1.3);
	assert_true(status.boot_docker > 2.4 && status.boot_docker < 2.6);
	assert_true(status.boot_polling > 3.7 && status.boot_polling < 3.8);
}

/* All that is not said, or said wrongly, is 0 and "?". */
static void
assert_unknown(const char *why, const struct rc_guest_status *s)
{
	if (strcmp(s->runner, "?") != 0 || strcmp(s->docker, "?") != 0)
		fail_msg("%s: runner '%s', docker '%s'", why, s->runner, s->docker);
	if (s->time || s->uptime > 0 || s->jobs || s->disk_size || s->disk_used || s->inodes ||
	    s->inodes_used || s->memory_total || s->memory_available || s->guard_last ||
	    s->guard_freed || s->boot_kernel > 0 || s->boot_docker > 0 || s->boot_polling > 0)
		fail_msg("%s: a number came through", why);
}

static void
test_unknown(void **state)
{
	static const struct {
		const char *why, *members;
	} cases[] = {
		{ "nothing else", "\"x\":1" },
		{ "numbers as texts", "\"time\":\"1\",\"jobs\":\"2\",\"uptime\":\"3\"" },
		{ "negative", "\"time\":-1,\"jobs\":-1,\"uptime\":-0.5,\"data\":{\"size\":-1}" },
		{ "infinite", "\"time\":1e999,\"jobs\":1e999,\"memory\":{\"total\":-1e999}" },
		{ "beyond 2^53", "\"time\":9007199254740994,\"data\":{\"size\":1e300}" },
		{ "lists", "\"time\":[1],\"jobs\":[2],\"runner\":[\"polling\"]" },
		{ "null, true, false", "\"time\":null,\"jobs\":true,\"docker\":false" },
		{ "objects that are lists",
		    "\"data\":[{\"size\":1}],\"memory\":[1],\"boot\":\"x\",\"guard\":[7]" },
		{ "objects that are null",
		    "\"data\":null,\"memory\":null,\"boot\":null,\"guard\":null" },
		{ "a guard of texts", "\"guard\":{\"last\":\"1\",\"freed\":\"2\"}" },
		{ "a guard below zero", "\"guard\":{\"last\":-1,\"freed\":-2}" },
		{ "words that are numbers", "\"runner\":1,\"docker\":0" },
		{ "words that are not known", "\"runner\":\"fine\",\"docker\":\"Ok\"" },
		{ "words with more behind them", "\"runner\":\"polling \",\"docker\":\"ok\\n\"" },
		{ "words with an escape",
		    "\"runner\":\"\\u001b[2Jpolling\",\"docker\":\"\\u009b\"" },
		{ "words cut off by a NUL in front", "\"runner\":\"\\u0000polling\"" },
		{ "empty words", "\"runner\":\"\",\"docker\":\"\"" },
		{ "names in capitals", "\"Time\":1,\"JOBS\":2,\"Runner\":\"polling\"" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *text =
		    rc_format("{\"schema\":1,%s}", cases[i].members);
		struct rc_guest_status status;
		struct rc_error err = { 0 };

		memset(&status, 0x55, sizeof(status));
		if (read_text(&status, text, &err) < 0)
			fail_msg("%s: %s", cases[i].why, err.text);
		assert_unknown(cases[i].why, &status);
	}
}

static void
test_edges(void **state)
{
	static const struct {
		const char *why, *members;
		unsigned jobs;
		uint64_t size;
	} cases[] = {
		{ "the largest that is exact", "\"data\":{\"size\":9007199254740992}", 0,
		    UINT64_C(9007199254740992) },
		{ "fractions are cut off", "\"jobs\":1.9,\"data\":{\"size\":0.9}", 1, 0 },
		{ "more jobs than anybody runs", "\"jobs\":100001", 100000, 0 },
		{ "more jobs than 32 bits", "\"jobs\":4294967297", 100000, 0 },
		{ "a member twice: the first", "\"jobs\":1,\"jobs\":2", 1, 0 },
		{ "an exponent", "\"jobs\":1e1", 10, 0 },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *text =
		    rc_format("{\"schema\":1,%s}", cases[i].members);
		struct rc_guest_status status;
		struct rc_error err = { 0 };

		if (read_text(&status, text, &err) < 0)
			fail_msg("%s: %s", cases[i].why, err.text);
		if (status.jobs != cases[i].jobs || status.disk_size != cases[i].size)
			fail_msg("%s: %u, %llu", cases[i].why, status.jobs,
			    (unsigned long long)status.disk_size);
	}
}

static void
test_words(void **state)
{
	static const char *const runner[] = { "starting", "polling", "draining", "stopped",
		"failed" };
	static const char *const docker[] = { "ok", "starting", "failed" };

	(void)state;
	for (size_t i = 0; i < RC_COUNT(runner); i++) {
		scoped(rc_str_release) char *text =
		    rc_format("{\"schema\":1,\"runner\":\"%s\",\"docker\":\"%s\"}", runner[i],
			docker[i % RC_COUNT(docker)]);
		struct rc_guest_status status;
		struct rc_error err = { 0 };

		assert_int_equal(read_text(&status, text, &err), 0);
		assert_string_equal(status.runner, runner[i]);
		assert_string_equal(status.docker, docker[i % RC_COUNT(docker)]);
	}
}

static void
test_refusals(void **state)
{
	static const struct {
		const char *why, *text;
	} cases[] = {
		{ "nothing", "" },
		{ "a blank", " " },
		{ "a list", "[{\"schema\":1}]" },
		{ "a number", "1" },
		{ "a text", "\"schema\"" },
		{ "null", "null" },
		{ "no schema", "{}" },
		{ "a schema of the future", "{\"schema\":2}" },
		{ "almost a schema", "{\"schema\":1.5}" },
		{ "a schema as text", "{\"schema\":\"1\"}" },
		{ "a schema inside", "{\"x\":{\"schema\":1}}" },
		{ "cut off", "{\"schema\":1,\"time\":176" },
		{ "cut off in a text", "{\"schema\":1,\"runner\":\"poll" },
		{ "cut off in an escape", "{\"schema\":1,\"runner\":\"\\u00" },
		{ "cut off behind a comma", "{\"schema\":1," },
		{ "cut off in a word", "{\"schema\":1,\"x\":tru" },
		{ "no JSON", "runner=polling" },
		{ "NaN", "{\"schema\":1,\"time\":NaN}" },
		{ "single quotes", "{'schema':1}" },
		{ "a bare escape", "\x1b[2J{\"schema\":1}" },
		{ "not UTF-8", "\xff\xfe{\"schema\":1}" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_guest_status status = { .jobs = 7 };
		struct rc_error err = { 0 };

		if (read_text(&status, cases[i].text, &err) == 0)
			fail_msg("%s: was taken", cases[i].why);
		assert_int_equal(err.code, RC_FAILED);
		assert_string_equal(err.text, NONSENSE);
		assert_int_equal(status.jobs, 7);
	}
}

static void
test_size(void **state)
{
	static const size_t sizes[] = { RC_GUEST_STATUS_MAX, RC_GUEST_STATUS_MAX + 1, 10 << 20 };
	static const char text[] = "{\"schema\":1}";

	(void)state;
	for (size_t i = 0; i < RC_COUNT(sizes); i++) {
		scoped(rc_str_release) char *bytes = rc_alloc(sizes[i], 1);
		struct rc_guest_status status;
		struct rc_error err = { 0 };
		int result;

		memset(bytes, ' ', sizes[i]);
		memcpy(bytes, text, strlen(text));
		result = rc_guest_status_read(&status, bytes, sizes[i], &err);
		assert_int_equal(result, sizes[i] > RC_GUEST_STATUS_MAX ? -1 : 0);
		if (result < 0)
			assert_string_equal(err.text, "the guest's status document is too large");
	}
}

static void
test_is_news(void **state)
{
	static const struct rc_guest_status status = { .time = 10000 };

	(void)state;
	assert_true(rc_guest_status_is_news(&status, 10000));
	assert_true(rc_guest_status_is_news(&status, 10300));
	assert_false(rc_guest_status_is_news(&status, 10301));
	assert_true(rc_guest_status_is_news(&status, 9700));
	assert_false(rc_guest_status_is_news(&status, 9699));
}

/* What cannot be of this appliance is forgotten, and nothing else. */
static void
test_check(void **state)
{
	static const struct rc_limits limits = { .memory = 4000, .disk = 9000 };
	static const struct {
		const char *why;
		struct rc_guest_status said;
		bool honest, disk, inodes, memory; /* what is left of it */
	} cases[] = {
		{ "true",
		    { .disk_size = 9000,
			.disk_used = 9000,
			.inodes = 5,
			.inodes_used = 5,
			.memory_total = 4000,
			.memory_available = 4000 },
		    true, true, true, true },
		{ "nothing said", { .jobs = 1 }, true, false, false, false },
		{ "a disk more than full",
		    { .disk_size = 100, .disk_used = 101, .inodes = 5, .memory_total = 9 }, false,
		    false, true, true },
		{ "a disk larger than its cap",
		    { .disk_size = 9001, .inodes = 5, .memory_total = 9 }, false, false, true,
		    true },
		{ "used of nothing", { .disk_used = 1, .inodes = 5, .memory_total = 9 }, false,
		    false, true, true },
		{ "more inodes than there are",
		    { .disk_size = 1, .inodes = 5, .inodes_used = 6, .memory_total = 9 }, false,
		    true, false, true },
		{ "more memory than it was given",
		    { .disk_size = 1, .inodes = 5, .memory_total = 4001 }, false, true, true,
		    false },
		{ "more free than there is",
		    { .disk_size = 1, .inodes = 5, .memory_total = 9, .memory_available = 10 },
		    false, true, true, false },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_guest_status s = cases[i].said;

		if (rc_guest_status_check(&s, &limits) != cases[i].honest ||
		    (s.disk_size != 0) != cases[i].disk || (s.inodes != 0) != cases[i].inodes ||
		    (s.memory_total != 0) != cases[i].memory)
			fail_msg("%s", cases[i].why);
		if ((!s.disk_size && s.disk_used) || (!s.inodes && s.inodes_used) ||
		    (!s.memory_total && s.memory_available))
			fail_msg("%s: a part of it is left", cases[i].why);
		assert_int_equal(s.jobs, cases[i].said.jobs);
	}
}

/* No guest can have freed more than its disk holds. */
static void
test_guard(void **state)
{
	const struct rc_limits limits = { .disk = 1000, .memory = 1000 };
	struct rc_guest_status most = { .guard_last = 7, .guard_freed = 1000 };
	struct rc_guest_status more = { .guard_last = 7, .guard_freed = 1001 };

	(void)state;
	assert_true(rc_guest_status_check(&most, &limits));
	assert_int_equal(most.guard_last, 7);
	assert_false(rc_guest_status_check(&more, &limits));
	assert_int_equal(more.guard_last, 0);
}

/* Every file is as it may come from a guest; none brings anything but its numbers. */
static void
test_hostile(void **state)
{
	static const struct {
		const char *file;
		bool taken;
	} cases[] = {
		{ "deep-array.json", false },
		{ "deep-object.json", false },
		{ "escape-everywhere.json", true },
		{ "escape-raw.json", true },
		{ "html.json", false },
		{ "long-number.json", true },
		{ "long-text.json", true },
		{ "nul-byte.json", true },
		{ "null-everything.json", false },
		{ "shell.json", true },
		{ "truncated.json", false },
		{ "utf16.json", false },
		{ "wrong-types.json", true },
	};

	(void)state;
	check_files(HOSTILE, RC_COUNT(cases));
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *path = rc_format(HOSTILE "/%s", cases[i].file);
		scoped(rc_str_release) char *bytes = NULL;
		struct rc_guest_status status;
		struct rc_error err = { 0 };
		size_t size;

		assert_int_equal(rc_file_read(&bytes, &size, path, 1 << 20, &err), 0);
		if ((rc_guest_status_read(&status, bytes, size, &err) == 0) != cases[i].taken)
			fail_msg("%s: %s", cases[i].file, err.text);
		if (cases[i].taken)
			assert_unknown(cases[i].file, &status);
		else
			assert_string_equal(err.text, NONSENSE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_is_news),
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
