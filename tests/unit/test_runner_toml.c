/* config.toml against a golden file, gitlab-runner's own list of keys, and a real TOML parser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "core/runner_toml.h"

#define READ_MAX (1 << 20)

static const struct rc_guest_wish plain = {
	.hostname = "ci-1.3",
	.url = "https://gitlab.example.org",
	.token = "glrt-0123456789abcdefghij",
	.runner_id = 4711,
	.token_obtained = 1768142364,
	.system_id = "s_0123456789ab",
	.runner_name = "ci-1.3",
	.concurrent = 1,
	.docker_image = "debian:12",
	.drain_timeout = 7200,
};

static int
write_text(char **ret, const struct rc_guest_wish *wish, struct rc_error *err)
{
	size_t size;
	FILE *out = open_memstream(ret, &size);
	int result = rc_runner_toml_write(out, wish, err);

	fclose(out);
	return result;
}

static char *
written(const struct rc_guest_wish *wish)
{
	struct rc_error err = { 0 };
	char *text = NULL;

	if (write_text(&text, wish, &err) < 0)
		fail_msg("%s", err.text);
	return text;
}

static void
check_golden(const struct rc_guest_wish *wish, const char *path)
{
	scoped(rc_str_release) char *text = written(wish), *expected = NULL;
	struct rc_error err = { 0 };

	if (getenv("RC_REGENERATE"))
		assert_return_code(rc_file_publish(path, text, strlen(text), 0644, &err), 0);
	if (rc_file_read(&expected, NULL, path, READ_MAX, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(text, expected);
}

static void
test_golden(void **state)
{
	struct rc_guest_wish rich = plain;

	(void)state;
	rich.concurrent = 4;
	rich.docker_socket = true;
	rich.token_expires = 1799678364;
	rich.ca_pem = "any";
	rich.ca_size = 3;
	check_golden(&plain, RC_TESTS "/golden/config.toml");
	check_golden(&rich, RC_TESTS "/golden/config-socket-ca.toml");
}

static void
add(struct rc_toml_extras *extras, const char *key, const char *text)
{
	struct rc_error err = { 0 };

	if (rc_toml_extras_add(extras, key, text, &err) < 0)
		fail_msg("%s", err.text);
}

/* Every table once, lists of ours extended, names and values behind quotes where they need them. */
static void
test_extras(void **state)
{
	scoped(rc_toml_extras_release) struct rc_toml_extras extras = { 0 };
	struct rc_guest_wish wish = plain;

	(void)state;
	add(&extras, "runners.docker.memory", "2g");
	add(&extras, "log_level", "debug");
	add(&extras, "runners.cache.s3.SecretKey", "a\"b\\c");
	add(&extras, "runners.docker.sysctls.net.core.somaxconn", "1024");
	add(&extras, "runners.environment", "A=1, B=two words");
	add(&extras, "runners.docker.volumes", "/builds");
	add(&extras, "runners.feature_flags.FF_USE_FASTZIP", "true");
	add(&extras, "runners.cache.Type", "s3");
	add(&extras, "runners.cache.s3.BucketName", "ci");
	add(&extras, "runners.prepare_timeout", "10m");
	wish.extras = &extras;
	wish.more_ca_pem = "any";
	wish.http_proxy = "http://me:pass@proxy:3128";
	wish.https_proxy = "http://proxy:3128/";
	wish.no_proxy = "10.0.0.0/8, .example.org";
	check_golden(&wish, RC_TESTS "/golden/config-extras.toml");
}

/* Does gitlab-runner's list have `key` in one of the structs (each name followed by a blank)? */
static bool
is_listed(const char *list, const char *structs, const char *key)
{
	scoped(rc_strv_release) struct rc_strv names = { 0 };

	rc_strv_split(&names, structs, ' ');
	for (size_t i = 0; i < names.count; i++) {
		scoped(rc_str_release) char *row = rc_format("\n%s\t%s\t", names.items[i], key);

		if (strstr(list, row))
			return true;
	}
	return false;
}

/* gitlab-runner ignores a key that it does not know, without a word. */
static void
test_keys_are_known(void **state)
{
	struct rc_guest_wish wish = plain;
	scoped(rc_str_release) char *text = NULL, *list = NULL;
	scoped(rc_strv_release) struct rc_strv lines = { 0 };
	const char *structs = "Config";
	struct rc_error err = { 0 };
	unsigned keys = 0;

	(void)state;
	wish.ca_pem = "any";
	text = written(&wish);
	if (rc_file_read(&list, NULL, RC_TESTS "/fake/config-toml-keys.tsv", READ_MAX, &err) < 0)
		fail_msg("%s", err.text);
	rc_strv_split(&lines, text, '\n');
	for (size_t i = 0; i < lines.count; i++) {
		char *line = lines.items[i], *equals = strstr(line, " = ");

		if (strcmp(line, "[[runners]]") == 0)
			structs = "RunnerConfig RunnerCredentials RunnerSettings";
		else if (strcmp(line, "[runners.docker]") == 0)
			structs = "DockerConfig";
		else if (strcmp(line, "[runners.feature_flags]") == 0)
			structs = ""; /* a map: any key */
		else if (!equals)
			assert_int_equal(line[0], '#');
		else if (*structs) {
			*equals = '\0';
			keys++;
			if (!is_listed(list, structs, line))
				fail_msg("gitlab-runner has no '%s' in %s", line, structs);
		}
	}
	assert_int_equal(keys, 16);
	assert_non_null(strstr(text, "\nFF_DISABLE_AUTOMATIC_TOKEN_ROTATION = true\n"));
}

/* What python's TOML parser makes of the file: name, image and token, NUL between, and the types of
 * times. */
static char *
parsed(const char *text)
{
	static const char script[] =
	    "import sys, tomllib, datetime\n"
	    "t = tomllib.load(open(sys.argv[1], 'rb'))\n"
	    "(r,) = t['runners']\n"
	    "assert isinstance(r['token_obtained_at'], datetime.datetime)\n"
	    "assert isinstance(r['token_expires_at'], datetime.datetime)\n"
	    "assert set(r['docker']) == {'image', 'privileged', 'volumes', 'pull_policy'}\n"
	    "assert len(t) == 5 and r['executor'] == 'docker'\n"
	    "v = r['name'], r['docker']['image'], r['token']\n"
	    "sys.stdout.buffer.write('\\x01END\\x01'.join(v).encode())\n";
	char path[] = "/tmp/rc-toml-XXXXXX", *out;
	scoped(rc_str_release) char *command = NULL;
	scoped(rc_fd_release) int fd = mkstemp(path);
	struct rc_error err = { 0 };
	size_t size;
	FILE *pipe;

	assert_true(fd >= 0);
	assert_return_code(rc_fd_write(fd, text, strlen(text), &err), 0);
	command = rc_format("python3 -c \"$SCRIPT\" %s", path);
	setenv("SCRIPT", script, 1);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	out = rc_alloc(READ_MAX, 1);
	size = fread(out, 1, READ_MAX - 1, pipe);
	out[size] = '\0';
	assert_int_equal(pclose(pipe), 0);
	unlink(path);
	return out;
}

static void
test_hostile_values_come_back(void **state)
{
	static const struct {
		const char *why, *value;
	} cases[] = {
		{ "ends the string, the line and the table", "x\"\n[[runners]]\ntoken = \"stolen" },
		{ "escapes the closing quote", "x\\" },
		{ "an escape of its own", "\\u0022\\\"\\n" },
		{ "three quotes", "\"\"\"" },
		{ "a comment", "a # b" },
		{ "all kinds of line ends", "a\r\nb\rc\nd" },
		{ "control characters", "\x01\x02\b\t\x1b[31m\x7f" },
		{ "two to four bytes of UTF-8", "\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "the edges of UTF-8",
		    "\xc2\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf" },
		{ "a C1 control and a line separator", "\xc2\x9b\xe2\x80\xa8" },
		{ "quotes of other kinds", "'''`${IFS}`'''" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_guest_wish wish = plain;
		scoped(rc_str_release) char *text = NULL, *back = NULL, *expected = NULL;

		wish.runner_name = wish.docker_image = cases[i].value;
		text = written(&wish);
		back = parsed(text);
		expected = rc_format("%s\x01"
				     "END\x01%s\x01"
				     "END\x01%s",
		    cases[i].value, cases[i].value, plain.token);
		if (strcmp(back, expected) != 0)
			fail_msg("%s: became %s", cases[i].why, back);
	}
}

static void
test_refusals(void **state)
{
	static const struct {
		const char *why;
		const char *url, *token, *name, *image;
		const char *needle;
	} cases[] = {
		{ "expanded by gitlab-runner", "https://$HOME", NULL, NULL, NULL,
		    "url holds a '$'" },
		{ "expanded by gitlab-runner", NULL, "glrt-$x", NULL, NULL, "token holds a '$'" },
		{ "no url", "", NULL, NULL, NULL, "there is no url" },
		{ "no token", NULL, "", NULL, NULL, "there is no token" },
		{ "no name", NULL, NULL, "", NULL, "there is no name" },
		{ "no image", NULL, NULL, NULL, "", "there is no image" },
		{ "a lone continuation", NULL, NULL, "a\x80", NULL, "name is not valid UTF-8" },
		{ "a lone start", NULL, NULL, "a\xc3", NULL, "name is not valid UTF-8" },
		{ "overlong, two bytes", NULL, NULL, "\xc0\xa2", NULL, "name is not valid UTF-8" },
		{ "overlong, three bytes", NULL, NULL, NULL, "\xe0\x80\xa2", "image is not valid" },
		{ "overlong, four bytes", NULL, NULL, NULL, "\xf0\x80\x80\xa2",
		    "image is not valid" },
		{ "a surrogate", NULL, NULL, NULL, "\xed\xa0\x80", "image is not valid UTF-8" },
		{ "beyond Unicode", NULL, NULL, NULL, "\xf4\x90\x80\x80",
		    "image is not valid UTF-8" },
		{ "no such byte", NULL, "glrt-\xff", NULL, NULL, "token is not valid UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_guest_wish wish = plain;
		scoped(rc_str_release) char *text = NULL;
		struct rc_error err = { 0 };

		wish.url = cases[i].url ? cases[i].url : plain.url;
		wish.token = cases[i].token ? cases[i].token : plain.token;
		wish.runner_name = cases[i].name ? cases[i].name : plain.runner_name;
		wish.docker_image = cases[i].image ? cases[i].image : plain.docker_image;
		if (write_text(&text, &wish, &err) == 0)
			fail_msg("%s: was written", cases[i].why);
		assert_int_equal(err.code, RC_USAGE);
		if (!strstr(err.text, cases[i].needle) || strstr(err.text, "glrt-"))
			fail_msg("%s: %s", cases[i].why, err.text);
		assert_string_equal(text, "");
	}
}

static void
test_numbers(void **state)
{
	static const struct {
		const char *why;
		int64_t id, obtained, expires, drain;
		unsigned concurrent;
		const char *needle; /* of the text, or of the error if it begins with '!' */
	} cases[] = {
		{ "first second", 1, 1, 0, 1, 1, "token_obtained_at = 1970-01-01T00:00:01Z\n" },
		{ "never", 1, 1, 0, 1, 1, "token_expires_at = 0001-01-01T00:00:00Z\n" },
		{ "leap day", 1, 951782400, 0, 1, 1, "token_obtained_at = 2000-02-29T00:00:00Z\n" },
		{ "last second that TOML can say", 1, 1, 253402300799, 1, 1,
		    "token_expires_at = 9999-12-31T23:59:59Z\n" },
		{ "large id", INT64_MAX, 1, 0, 1, 1, "id = 9223372036854775807\n" },
		{ "many jobs", 1, 1, 0, 1, 4294967295, "concurrent = 4294967295\n" },
		{ "no id", 0, 1, 0, 1, 1, "!id is not known" },
		{ "negative id", -1, 1, 0, 1, 1, "!id is not known" },
		{ "obtained never", 1, 0, 0, 1, 1, "!time of the token" },
		{ "obtained too late", 1, 253402300800, 0, 1, 1, "!time of the token" },
		{ "expires before all time", 1, 1, -1, 1, 1, "!time of the token" },
		{ "expires too late", 1, 1, 253402300800, 1, 1, "!time of the token" },
		{ "gitlab-runner takes 0 for its default", 1, 1, 0, 0, 1, "!drain timeout" },
		{ "0 is fatal for gitlab-runner", 1, 1, 0, 1, 0, "!concurrent is 0" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_guest_wish wish = plain;
		scoped(rc_str_release) char *text = NULL;
		const char *needle = cases[i].needle;
		struct rc_error err = { 0 };
		bool refused;

		wish.runner_id = cases[i].id;
		wish.token_obtained = cases[i].obtained;
		wish.token_expires = cases[i].expires;
		wish.drain_timeout = cases[i].drain;
		wish.concurrent = cases[i].concurrent;
		refused = write_text(&text, &wish, &err) < 0;
		if (refused != (*needle == '!'))
			fail_msg("%s: %s", cases[i].why, refused ? err.text : "was written");
		if (!strstr(refused ? err.text : text, needle + refused))
			fail_msg("%s: %s", cases[i].why, refused ? err.text : text);
	}
}

static void
test_pull_policies(void **state)
{
	static const struct {
		const char *why, *policy, *line; /* NULL: refused */
	} cases[] = {
		{ "the default", NULL, "pull_policy = [\"always\", \"if-not-present\"]\n" },
		{ "falls back", "always", "pull_policy = [\"always\", \"if-not-present\"]\n" },
		{ "no fall back", "if-not-present", "pull_policy = [\"if-not-present\"]\n" },
		{ "no fall back", "never", "pull_policy = [\"never\"]\n" },
		{ "unknown to gitlab-runner", "sometimes", NULL },
		{ "empty", "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_guest_wish wish = plain;
		scoped(rc_str_release) char *text = NULL;
		struct rc_error err = { 0 };
		int result;

		wish.pull_policy = cases[i].policy;
		result = write_text(&text, &wish, &err);
		if ((result == 0) != (cases[i].line != NULL) ||
		    (cases[i].line && !strstr(text, cases[i].line)))
			fail_msg("%s: %s%s", cases[i].why, text, err.text);
		if (!cases[i].line)
			assert_non_null(strstr(err.text, "the pull policy is neither"));
	}
}

static void
test_full_disk(void **state)
{
	FILE *out = fopen("/dev/full", "w");
	struct rc_error err = { 0 };

	(void)state;
	assert_non_null(out);
	setvbuf(out, NULL, _IONBF, 0);
	assert_int_equal(rc_runner_toml_write(out, &plain, &err), -1);
	assert_int_equal(err.code, RC_FAILED);
	fclose(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_extras),
		cmocka_unit_test(test_keys_are_known),
		cmocka_unit_test(test_hostile_values_come_back),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_pull_policies),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
