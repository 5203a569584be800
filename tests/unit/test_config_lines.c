/* The configuration as a text: lines that mean nothing, or something else than they seem to. */
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
#include "core/config.h"
#include "golden.h"

#define HOSTILE RC_TESTS "/hostile/config"
#define NO_LINE "neither 'key = value' nor a [section]"

static const char origin[] = "/etc/runnerctl/runnerctl.conf";

static void
check_refused(const char *why, const char *text, const char *expected)
{
	scoped(rc_str_release) char *full = rc_format("%s%s", origin, expected);
	struct rc_config config = { .concurrent = 77 };
	struct rc_error err = { 0 };

	if (rc_config_parse(&config, text, origin, &err) == 0)
		fail_msg("%s: was taken", why);
	if (strcmp(err.text, full) != 0)
		fail_msg("%s: %s", why, err.text);
	assert_int_equal(err.code, RC_USAGE);
	assert_int_equal(config.concurrent, 77);
}

static void
test_lines(void **state)
{
	static const struct {
		const char *why, *text, *expected;
	} cases[] = {
		{ "unknown section", "[host]\n[git]\nurl = x\n",
		    ":3: 'url' is in the unknown section [git]" },
		{ "section in capitals", "[Host]\naccel = kvm\n",
		    ":2: 'accel' is in the unknown section [Host]" },
		{ "section with blanks", "[ host ]\naccel = kvm\n",
		    ":2: 'accel' is in the unknown section [ host ]" },
		{ "no section", "accel = kvm\n", ":1: 'accel' is in the unknown section []" },
		{ "unknown key", "[host]\n\n\nacel = kvm\n", ":4: unknown key 'acel' in [host]" },
		{ "key of another section", "[host]\nurl = x\n",
		    ":2: unknown key 'url' in [host]" },
		{ "key in capitals", "[host]\nACCEL = kvm\n", ":2: unknown key 'ACCEL' in [host]" },
		{ "misspelt for gitlab-runner", "[config.toml]\nrunners.docker.memori = 2g\n",
		    ":2: config.toml has no key 'runners.docker.memori' that an appliance could "
		    "use" },
		{ "not of its type", "[config.toml]\nrunners.limit = few\n",
		    ":2: runners.limit: the value is not a whole number" },
		{ "a proxy with a path", "[runner]\nhttp-proxy = http://me:pass@proxy/x\n",
		    ":2: the proxy's URL is not of the form http://HOST:PORT" },
		{ "no key", "[host]\n= kvm\n", ":2: unknown key '' in [host]" },
		{ "no '='", "[host]\naccel kvm\n", ":2: " NO_LINE },
		{ "no ']'", "[host\naccel = kvm\n", ":1: " NO_LINE },
		{ "the first of two errors, unreadable", "[host]\naccel\nacel = kvm\n",
		    ":2: " NO_LINE },
		{ "the first of two errors, unknown", "[host]\nacel = kvm\naccel\n",
		    ":2: unknown key 'acel' in [host]" },
		{ "unreadable at the end", "[host]\naccel = kvm\nx", ":3: " NO_LINE },
		{ "unreadable before a line that is refused", "[host]\nx\n accel = kvm\n",
		    ":2: " NO_LINE },
		{ "a profile without a name", "[profile ]\ncpus = 1\n",
		    ":2: the profile's name: '' is not a name for an appliance" },
		{ "a profile with a capital", "[profile Big]\ncpus = 1\n",
		    ":2: the profile's name: 'Big' is not a name for an appliance" },
		{ "a profile with two blanks", "[profile  a]\ncpus = 1\n",
		    ":2: the profile's name: ' a' is not a name for an appliance" },
		{ "a profile like a path", "[profile ../a]\ncpus = 1\n",
		    ":2: the profile's name: '../a' is not a name for an appliance" },
		{ "profile alone", "[profile]\ncpus = 1\n",
		    ":2: 'cpus' is in the unknown section [profile]" },
		{ "unknown key in a profile", "[profile a]\ncpu = 1\n",
		    ":2: unknown key 'cpu' in a profile" },
		{ "a name too long for libinih",
		    "[profile aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\ncpus "
		    "= 1\n",
		    ":2: the profile's name: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' is not a "
		    "name for "
		    "an appliance" },
		{ "a key twice", "[host]\naccel = kvm\n[host]\naccel = tcg\n",
		    ":4: 'accel' is there twice in [host]" },
		{ "the same value twice", "[host]\naccel = kvm\naccel = kvm\n",
		    ":3: 'accel' is there twice in [host]" },
		{ "a profile's key twice",
		    "[profile a]\ncpus = 1\n[profile b]\ncpus = 1\ncpus = 2\n",
		    ":5: 'cpus' is there twice in [profile b]" },
		{ "an indented key: for libinih another value of the one above",
		    "[gitlab]\nurl = https://a\n  tags = b\n", ":3: the line begins with a blank" },
		{ "indented by a tab", "[host]\n\taccel = kvm\n",
		    ":2: the line begins with a blank" },
		{ "an indented section", " [host]\n", ":1: the line begins with a blank" },
		{ "indented words", "[host]\naccel =\n kvm\n",
		    ":2: accel is auto, kvm or tcg, not ''" },
		{ "a key behind a section", "[host] accel = kvm\n",
		    ":1: there is something after the ']'" },
		{ "words behind a section", "[host]x\n", ":1: there is something after the ']'" },
		{ "two sections in a line", "[host][gitlab]\n",
		    ":1: there is something after the ']'" },
		{ "an escape", "[gitlab]\nurl = https://\x1b[2J\n",
		    ":2: the line holds a control character" },
		{ "a control character in a comment", "# \x07\n",
		    ":1: the line holds a control character" },
		{ "a carriage return inside", "[host]\naccel = kvm\rx\n",
		    ":2: the line holds a control character" },
		{ "only carriage returns", "[host]\raccel = kvm\r",
		    ":1: the line holds a control character" },
		{ "two carriage returns", "[host]\r\r\n",
		    ":1: the line holds a control character" },
		{ "delete", "[host]\nconnect = a\x7f\n", ":2: the line holds a control character" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++)
		check_refused(cases[i].why, cases[i].text, cases[i].expected);
}

/* What no line can be blamed for. */
static void
test_whole(void **state)
{
	static const struct {
		const char *why, *text, *expected;
	} cases[] = {
		{ "two owners", "[gitlab]\ngroup = 1\nproject = 2\n",
		    ": [gitlab] has a group and a project: give one of them" },
		{ "no such profile", "[appliance]\nprofile = big\n",
		    ": there is no [profile big]" },
		{ "a time that GitLab refuses", "[gitlab]\nmaximum-timeout = 599\n",
		    ": [gitlab] maximum-timeout: GitLab takes 10m or more" },
		{ "a drain that gitlab-runner takes for its default",
		    "[runner]\ndrain-timeout = 0\n", ": [runner] drain-timeout: use 1s or more" },
		{ "a duration that is none", "[runner]\ndrain-timeout = 0.4s\n",
		    ": [runner] drain-timeout: use 1s or more" },
		{ "a cap above the CPUs", "[profile a]\ncpus = 1\ncpu-cap = 1.5\n",
		    ": [profile a]: a cap of 1.50 CPUs: use 0.05 to the number of CPUs, 1" },
		{ "more CPUs than qemu takes", "[profile a]\ncpus = 300\n",
		    ": [profile a]: 300 CPUs: use 1 to 255" },
		{ "a weight that libvirt refuses", "[profile a]\ncpu-weight = 1\n",
		    ": [profile a]: a CPU weight of 1: use 2 to 10000" },
		{ "too little memory", "[profile default]\nmemory = 100M\n",
		    ": [profile default]: a memory of 100 MiB: use 512MiB to 4TiB" },
		{ "too large a disk", "[profile default]\ndisk = 65T\n",
		    ": [profile default]: a disk of 68157440 MiB: use 1GiB to 64TiB" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++)
		check_refused(cases[i].why, cases[i].text, cases[i].expected);
}

static void
test_hints(void **state)
{
	static const struct {
		const char *text, *hint;
	} cases[] = {
		{ "[host]\nx = 1\n", "runnerctl.conf(5) lists all keys" },
		{ "[x]\nx = 1\n", "runnerctl.conf(5) lists all keys" },
		{ "[config.toml]\nrunners.docker.memori = 2g\n",
		    "did you mean 'runners.docker.memory'?" },
		{ "[config.toml]\nconcurrent = 2\n", "set [runner] concurrent" },
		{ "[profile a]\nx = 1\n", "runnerctl.conf(5) lists all keys" },
		{ "[profile a]\nmemory = 1\n",
		    "write a number and a unit, such as 512MiB or 4GiB" },
		{ "[host]\naddress = x\n",
		    "write the gateway's address and a prefix of 16 to 29, such as "
		    "192.168.231.1/24" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_config config;
		struct rc_error err = { 0 };

		assert_int_equal(rc_config_parse(&config, cases[i].text, origin, &err), -1);
		assert_string_equal(err.hint, cases[i].hint);
	}
}

/* libinih has room for 199 bytes, and would read the rest as another line. */
static void
test_long_lines(void **state)
{
	static const struct {
		size_t length;
		const char *end;
		bool good;
	} cases[] = {
		{ 100, "\n", true },
		{ 199, "\n", true },
		{ 199, "", true },
		{ 198, "\r\n", true },
		{ 199, "\r\n", false },
		{ 200, "\n", false },
		{ 201, "", false },
		{ 2000, "\n", false },
		{ 200000, "\n", false },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *digits = rc_alloc(cases[i].length + 1, 1),
					    *text = NULL;
		scoped(rc_config_release) struct rc_config config = { 0 };
		struct rc_error err = { 0 };
		int result;

		memset(digits, 'x', cases[i].length);
		memcpy(digits, "url = ", 6);
		text = rc_format("[gitlab]\n%s%s", digits, cases[i].end);
		result = rc_config_parse(&config, text, "F", &err);
		if ((result == 0) != cases[i].good)
			fail_msg("%zu bytes: %s", cases[i].length, err.text);
		if (result == 0)
			assert_string_equal(config.url, digits + 6);
		else
			assert_string_equal(err.text, "F:2: the line is longer than 199 bytes");
	}
}

/* A remainder of a long line that would pass for a line of its own. */
static void
test_long_lines_hide_nothing(void **state)
{
	static const char *const remainders[] = { "# comment", "; comment", "   ", "accel = tcg",
		"[gitlab]" };

	(void)state;
	for (size_t i = 0; i < RC_COUNT(remainders); i++) {
		scoped(rc_str_release) char *text =
		    rc_format("[host]\nconnect = %*s%s\n", 189, "x", remainders[i]);

		check_refused(remainders[i], text, ":2: the line is longer than 199 bytes");
	}
}

static void
test_many(void **state)
{
	scoped(rc_str_release) char *text = rc_alloc(200000, 1);
	scoped(rc_config_release) struct rc_config config = { 0 };
	struct rc_error err = { 0 };
	char *at = text;

	(void)state;
	for (int i = 0; i < 1000; i++)
		at += sprintf(at, "[profile p%d]\ncpus = %d\ncpu-cap = 1\n", i, i % 255 + 1);
	if (rc_config_parse(&config, text, "F", &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(config.profile_count, 1001);
	assert_int_equal(rc_config_profile(&config, "p999")->limits.cpus, 235);
}

static void
test_hostile(void **state)
{
	static const struct {
		const char *file, *expected;
	} cases[] = {
		{ "elf.conf", ":1: the line holds a control character" },
		{ "escape.conf", ":3: the line holds a control character" },
		{ "html.conf", ":1: " NO_LINE },
		{ "indented.conf", ":4: the line begins with a blank" },
		{ "latin1.conf", ":3: 'schl?ssel' is in the unknown section [host?]" },
		{ "long-line.conf", ":2: the line is longer than 199 bytes" },
		{ "many-brackets.conf", ":1: the line is longer than 199 bytes" },
		{ "only-equals.conf", ":1: '' is in the unknown section []" },
		{ "random.conf", ":1: the line holds a control character" },
		{ "shell.conf", ":2: 'x;/$(reboot)' is not an absolute path" },
		{ "toml.conf", ":2: accel is auto, kvm or tcg, not '\"kvm\"'" },
		{ "yaml.conf", ":1: " NO_LINE },
	};

	(void)state;
	check_files(HOSTILE, RC_COUNT(cases));
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *path = rc_format(HOSTILE "/%s", cases[i].file);
		scoped(rc_str_release) char *text = NULL;
		struct rc_error err = { 0 };
		size_t size;

		/* The caller refuses NUL bytes; what reads up to one must be safe all the same. */
		assert_int_equal(rc_file_read(&text, &size, path, 1 << 20, &err), 0);
		check_refused(cases[i].file, text, cases[i].expected);
	}
}

/* The example of the manual page is a configuration. */
static void
test_example(void **state)
{
	scoped(rc_str_release) char *page = file_text(RC_TESTS "/../man/runnerctl.conf.5"),
				    *text = NULL;
	scoped(rc_config_release) struct rc_config config = { 0 };
	char *begin = strstr(page, ".Bd -literal"), *end = begin ? strstr(begin, "\n.Ed") : NULL;
	struct rc_error err = { 0 };

	(void)state;
	assert_non_null(end);
	begin = strchr(begin, '\n');
	text = rc_strndup(begin, (size_t)(end - begin) + 1);
	if (rc_config_parse(&config, text, "runnerctl.conf.5", &err) < 0)
		fail_msg("%s", err.text);
	assert_non_null(rc_config_profile(&config, "small"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_hints),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_long_lines_hide_nothing),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_example),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
