/* The files of the config disk, and what is refused before a guest could trip over it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/injection.h"

#define MIB (UINT64_C(1) << 20)
#define CERTIFICATE "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

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

static const struct rc_injected_file *
find(const struct rc_injection *injection, const char *path)
{
	for (size_t i = 0; i < injection->count; i++)
		if (strcmp(injection->files[i].path, path) == 0)
			return &injection->files[i];
	return NULL;
}

static void
check_file(const struct rc_injection *injection, const char *path, mode_t mode, const char *content)
{
	const struct rc_injected_file *file = find(injection, path);

	if (!file)
		fail_msg("there is no %s", path);
	else if (file->mode != mode || (content && file->size != strlen(content)) ||
		 (content && memcmp(file->bytes, content, file->size) != 0))
		fail_msg("%s: mode %o, '%.*s'", path, (unsigned)file->mode, (int)file->size,
		    file->bytes);
}

static void
test_files(void **state)
{
	scoped(rc_injection_release) struct rc_injection made = { 0 };
	struct rc_guest_wish wish = plain;
	struct rc_error err = { 0 };

	(void)state;
	wish.ca_pem = CERTIFICATE "not part of it";
	wish.ca_size = strlen(CERTIFICATE);
	wish.registry_mirror = "https://mirror.example.org:5000";
	wish.resolvers = "9.9.9.9,1.1.1.1";
	if (rc_injection_build(&made, &wish, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(made.count, 7);
	check_file(&made, "/config.toml", 0600, NULL);
	check_file(&made, "/resolvers", 0644, "9.9.9.9,1.1.1.1");
	check_file(&made, "/runner_system_id", 0600, "s_0123456789ab");
	check_file(&made, "/hostname", 0644, "ci-1.3\n");
	check_file(&made, "/drain-timeout", 0644, "7200\n");
	check_file(&made, "/ca/runnerctl.crt", 0644, CERTIFICATE);
	check_file(&made, "/daemon.json", 0644,
	    "{\n\t\"storage-driver\":\t\"overlay2\",\n\t\"log-driver\":\t\"local\",\n"
	    "\t\"log-opts\":\t{\n\t\t\"max-size\":\t\"10m\",\n\t\t\"max-file\":\t\"2\"\n\t},\n"
	    "\t\"builder\":\t{\n\t\t\"gc\":\t{\n\t\t\t\"enabled\":\ttrue\n\t\t}\n\t},\n"
	    "\t\"registry-mirrors\":\t[\"https://mirror.example.org:5000\"]\n}");
}

/* What may be secret is for root alone. */
static void
test_proxy(void **state)
{
	scoped(rc_injection_release) struct rc_injection made = { 0 };
	struct rc_guest_wish wish = plain;
	struct rc_error err = { 0 };

	(void)state;
	wish.https_proxy = "http://me:pass@proxy:3128";
	wish.no_proxy = "gitlab.lan ,10.0.0.0/8";
	wish.more_ca_pem = CERTIFICATE;
	wish.more_ca_size = strlen(CERTIFICATE);
	if (rc_injection_build(&made, &wish, &err) < 0)
		fail_msg("%s", err.text);
	check_file(&made, "/proxy", 0600,
	    "HTTPS_PROXY=http://me:pass@proxy:3128\nhttps_proxy=http://me:pass@proxy:3128\n"
	    "NO_PROXY=localhost,127.0.0.1,docker,gitlab.lan,10.0.0.0/8\n"
	    "no_proxy=localhost,127.0.0.1,docker,gitlab.lan,10.0.0.0/8\n");
	check_file(&made, "/ca/more.crt", 0644, CERTIFICATE);
}

static void
test_plain_wish(void **state)
{
	scoped(rc_injection_release) struct rc_injection made = { 0 };
	struct rc_error err = { 0 };
	const struct rc_injected_file *daemon;

	(void)state;
	assert_return_code(rc_injection_build(&made, &plain, &err), 0);
	assert_int_equal(made.count, 5);
	assert_null(find(&made, "/ca/runnerctl.crt"));
	assert_null(find(&made, "/proxy"));
	daemon = find(&made, "/daemon.json");
	assert_non_null(daemon);
	assert_null(memmem(daemon->bytes, daemon->size, "mirrors", 7));
	assert_int_equal(rc_injection_disk_size(&made), MIB);
}

/* Docker is told of the group, and the group of its number; neither without a cap. */
static void
test_processes(void **state)
{
	scoped(rc_injection_release) struct rc_injection made = { 0 }, without = { 0 };
	const struct rc_injected_file *daemon;
	struct rc_guest_wish wish = plain;
	struct rc_error err = { 0 };

	(void)state;
	assert_int_equal(rc_injection_build(&without, &wish, &err), 0);
	daemon = find(&without, "/daemon.json");
	assert_null(memmem(daemon->bytes, daemon->size, "cgroup", 6));
	assert_null(find(&without, "/jobs.slice"));
	wish.processes = 4096;
	assert_int_equal(rc_injection_build(&made, &wish, &err), 0);
	daemon = find(&made, "/daemon.json");
	assert_non_null(
	    memmem(daemon->bytes, daemon->size, "\"cgroup-parent\":\t\"jobs.slice\"", 29));
	check_file(&made, "/jobs.slice", 0644,
	    "# Written by runnerctl.\n[Unit]\nDefaultDependencies=no\n[Slice]\nTasksMax=4096\n");
	rc_injection_into_root(&made, "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
	check_file(&made, "/etc/systemd/system/jobs.slice", 0644, NULL);
}

static void
test_hostnames(void **state)
{
	static const struct {
		const char *why, *name;
		bool good;
	} cases[] = {
		{ "a generation", "ci-1.3", true },
		{ "one letter", "a", true },
		{ "64 bytes, what Linux keeps",
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true },
		{ "65 bytes", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		    false },
		{ "63 bytes in a label",
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true },
		{ "64 bytes in a label",
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
		{ "empty", "", false },
		{ "empty label", "a..b", false },
		{ "ends with a dot", "a.", false },
		{ "starts with a dot", ".a", false },
		{ "starts with a hyphen", "-a", false },
		{ "hyphen before a dot", "a-.b", false },
		{ "ends with a hyphen", "a.b-", false },
		{ "underscore", "a_b", false },
		{ "a second line", "a\nb", false },
		{ "a shell would run it", "$(id)", false },
		{ "not ASCII", "\xc3\xbc", false },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_injection_release) struct rc_injection made = { 0 };
		struct rc_guest_wish wish = plain;
		struct rc_error err = { 0 };

		wish.hostname = cases[i].name;
		if ((rc_injection_build(&made, &wish, &err) == 0) != cases[i].good)
			fail_msg("%s: '%s' %s", cases[i].why, cases[i].name, err.text);
		if (!cases[i].good)
			assert_non_null(strstr(err.text, "is not a host name"));
	}
}

static void
test_mirrors(void **state)
{
	static const struct {
		const char *why, *url;
		bool good;
	} cases[] = {
		{ "a name", "https://mirror.example.org", true },
		{ "in the clear", "http://mirror", true },
		{ "a port and a slash", "http://192.168.1.5:5000/", true },
		{ "IPv6", "http://[fd00::1]:5000", true },
		{ "no scheme", "mirror.example.org", false },
		{ "another scheme", "ftp://mirror", false },
		{ "no host", "https://", false },
		{ "no host", "https:///", false },
		{ "a path", "https://mirror/v2", false },
		{ "two slashes", "https://mirror//", false },
		{ "a user", "https://me:secret@mirror", false },
		{ "a query", "https://mirror?x", false },
		{ "a fragment", "https://mirror#x", false },
		{ "ends the JSON", "https://mirror\"]}", false },
		{ "a blank", "https://mir ror", false },
		{ "empty", "", false },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_injection_release) struct rc_injection made = { 0 };
		struct rc_guest_wish wish = plain;
		struct rc_error err = { 0 };

		wish.registry_mirror = cases[i].url;
		if ((rc_injection_build(&made, &wish, &err) == 0) != cases[i].good)
			fail_msg("%s: '%s' %s", cases[i].why, cases[i].url, err.text);
		if (!cases[i].good) {
			assert_int_equal(err.code, RC_USAGE);
			assert_true(err.hint[0] != '\0');
		}
	}
}

static void
test_refusals(void **state)
{
#define KEY "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"
	static const struct {
		const char *why, *system_id, *ca;
		size_t ca_size;
		const char *needle;
	} cases[] = {
		{ "system_id too short", "s_0123456789a", NULL, 0, "as system_id" },
		{ "system_id too long", "s_0123456789abc", NULL, 0, "as system_id" },
		{ "system_id of no kind", "x_0123456789ab", NULL, 0, "as system_id" },
		{ "system_id without underscore", "s0123456789abc", NULL, 0, "as system_id" },
		{ "system_id with a line end", "s_0123456789a\n", NULL, 0, "as system_id" },
		{ "system_id empty", "", NULL, 0, "as system_id" },
		{ "CA file empty", NULL, "", 0, "holds no certificate" },
		{ "CA file in DER", NULL, "0\x82\x03", 3, "holds no certificate" },
		{ "CA file with a NUL", NULL, CERTIFICATE "\0", sizeof(CERTIFICATE), "no certif" },
		{ "a key", NULL, KEY, sizeof(KEY) - 1, "holds a private key" },
		{ "a key too", NULL, CERTIFICATE KEY, sizeof(CERTIFICATE KEY) - 1, "private key" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_injection made = { 0 };
		struct rc_guest_wish wish = plain;
		struct rc_error err = { 0 };

		wish.system_id = cases[i].system_id ? cases[i].system_id : plain.system_id;
		wish.ca_pem = cases[i].ca;
		wish.ca_size = cases[i].ca_size;
		if (rc_injection_build(&made, &wish, &err) == 0)
			fail_msg("%s: was taken", cases[i].why);
		assert_int_equal(err.code, RC_USAGE);
		if (!strstr(err.text, cases[i].needle))
			fail_msg("%s: %s", cases[i].why, err.text);
		assert_null(made.files);
	}
}

/* What runner_toml refuses comes through, with nothing of the token. */
static void
test_refused_config(void **state)
{
	struct rc_injection made = { 0 };
	struct rc_guest_wish wish = plain;
	struct rc_error err = { 0 };

	(void)state;
	wish.token = "glrt-$HOME";
	assert_int_equal(rc_injection_build(&made, &wish, &err), -1);
	assert_string_equal(err.text, "configuration of the guest: config.toml: the token holds a "
				      "'$', which gitlab-runner would expand");
}

static void
test_disk_size(void **state)
{
	static const struct {
		const char *why;
		size_t file_size;
		unsigned files;
		uint64_t size;
	} cases[] = {
		{ "nothing", 0, 0, MIB },
		{ "small files", 4096, 6, MIB },
		{ "an inode each", 0, 100, 2 * MIB },
		{ "the tables grow too", MIB, 8, 11 * MIB },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_injection_release) struct rc_injection made = { 0 };
		scoped(rc_str_release) char *bytes = rc_alloc(cases[i].file_size, 1);

		for (unsigned n = 0; n < cases[i].files; n++)
			rc_injection_add(&made, "/file", bytes, cases[i].file_size, 0644);
		if (rc_injection_disk_size(&made) != cases[i].size)
			fail_msg("%s: %ju", cases[i].why, (uintmax_t)rc_injection_disk_size(&made));
	}
}

static void
test_system_id(void **state)
{
	char one[16], again[16], other[16];

	(void)state;
	/* printf '%s' 'runnerctl system_id 6695...' | sha256sum */
	assert_string_equal(
	    rc_system_id(one, "6695eb01-f6a4-8304-79aa-97f2502e193f"), "s_fb365cb20ef7");
	assert_string_equal(rc_system_id(again, "6695eb01-f6a4-8304-79aa-97f2502e193f"), one);
	assert_string_not_equal(rc_system_id(other, "6695eb01-f6a4-8304-79aa-97f2502e193e"), one);
}

/* For an image that boots by itself: every file is where its program looks, and none is twice. */
static void
test_into_root(void **state)
{
	scoped(rc_injection_release) struct rc_injection made = { 0 };
	struct rc_guest_wish wish = plain;
	struct rc_error err = { 0 };

	(void)state;
	wish.ca_pem = CERTIFICATE;
	wish.ca_size = strlen(CERTIFICATE);
	wish.ca_file = RC_ROOT_CA_FILE;
	wish.more_ca_pem = CERTIFICATE;
	wish.more_ca_size = strlen(CERTIFICATE);
	assert_int_equal(rc_injection_build(&made, &wish, &err), 0);
	rc_injection_into_root(&made, "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
	check_file(&made, "/etc/gitlab-runner/config.toml", 0600, NULL);
	check_file(&made, "/etc/gitlab-runner/.runner_system_id", 0600, "s_0123456789ab");
	check_file(&made, "/etc/hostname", 0644, "ci-1.3\n");
	check_file(&made, "/etc/docker/daemon.json", 0644, NULL);
	check_file(&made, "/etc/runnerctl/drain-timeout", 0644, "7200\n");
	check_file(&made, RC_ROOT_CA_FILE, 0644, CERTIFICATE);
	check_file(&made, "/usr/local/share/ca-certificates/runnerctl-more.crt", 0644, CERTIFICATE);
	check_file(&made, "/etc/machine-id", 0444, "6ba7b8109dad41d180b400c04fd430c8\n");
	check_file(
	    &made, "/etc/systemd/system/gitlab-runner.service.d/50-runnerctl.conf", 0644, NULL);
	assert_non_null(strstr(find(&made, "/etc/gitlab-runner/config.toml")->bytes,
	    "tls-ca-file = \"" RC_ROOT_CA_FILE "\""));
	for (size_t i = 0; i < made.count; i++)
		assert_ptr_equal(find(&made, made.files[i].path), &made.files[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_plain_wish),
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_hostnames),
		cmocka_unit_test(test_mirrors),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_refused_config),
		cmocka_unit_test(test_disk_size),
		cmocka_unit_test(test_system_id),
		cmocka_unit_test(test_into_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
