/* The configuration: every key, its default, what is wrong with it, and in which line. */
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
#include "core/config.h"

#define MiB (UINT64_C(1) << 20)
#define GiB (UINT64_C(1) << 30)

static struct rc_config
parsed(const char *text)
{
	struct rc_config config = { 0 };
	struct rc_error err = { 0 };

	if (rc_config_parse(&config, text, "F", &err) < 0)
		fail_msg("%s\n%s", err.text, text);
	return config;
}

static void
assert_limits(const struct rc_config *config, const char *profile, const struct rc_limits *expected)
{
	const struct rc_profile *found = rc_config_profile(config, profile);

	if (!found)
		fail_msg("there is no profile %s", profile);
	for (const struct rc_limit *limit = rc_limit_rows; limit->name; limit++)
		if (rc_limit_get(&found->limits, limit) != rc_limit_get(expected, limit))
			fail_msg("%s of profile %s", limit->name, profile);
}

static void
assert_defaults(const struct rc_config *config)
{
	assert_string_equal(config->connect, "qemu:///system");
	assert_int_equal(config->accel, RC_ACCEL_AUTO);
	assert_string_equal(config->pool_path, "/var/lib/libvirt/runnerctl");
	assert_null(config->templates);
	assert_string_equal(config->address, "192.168.231.1/24");
	assert_int_equal(config->reserve_memory.bytes, GiB);
	assert_int_equal(config->reserve_disk.percent, 5);
	assert_int_equal(config->cpu_overcommit, 400);
	assert_int_equal(config->pressure, 20);
	assert_string_equal(config->url, "https://gitlab.com");
	assert_null(config->token_file);
	assert_null(config->ca_file);
	assert_null(config->tags);
	assert_int_equal(config->group, 0);
	assert_int_equal(config->project, 0);
	assert_false(config->run_untagged);
	assert_int_equal(config->maximum_timeout, 0);
	assert_string_equal(config->docker_image, "debian:bookworm-slim");
	assert_string_equal(config->pull_policy, "always");
	assert_null(config->registry_mirror);
	assert_true(config->docker_socket);
	assert_int_equal(config->concurrent, 1);
	assert_int_equal(config->drain_timeout, 7200);
	assert_string_equal(config->image, "appliance");
	assert_string_equal(config->profile, "default");
	assert_int_equal(config->profile_count, 1);
	assert_limits(
	    config, "default", &(struct rc_limits){ .cpus = 2, 150, 20, 2 * GiB, 20 * GiB });
}

static void
test_defaults(void **state)
{
	static const char *const texts[] = { "", "\n\n", "# nothing\n; nothing\n",
		"[host]\n[gitlab]\n", "  # indented\n \t \r\n",
		"\xef\xbb\xbf# a byte order mark\r\n", "# no newline at the end" };
	scoped(rc_config_release) struct rc_config initial = { 0 };

	(void)state;
	rc_config_init(&initial);
	assert_defaults(&initial);
	for (size_t i = 0; i < RC_COUNT(texts); i++) {
		scoped(rc_config_release) struct rc_config config = parsed(texts[i]);

		assert_defaults(&config);
	}
}

static void
test_every_key(void **state)
{
	static const char text[] =
	    "[host]\nconnect = qemu+ssh://other/system\naccel = tcg\npool-path = /srv/pool\n"
	    "templates = /etc/runnerctl/templates\naddress = 10.9.8.1/20\n"
	    "reserve-memory = 12%\nreserve-disk = 9GiB\ncpu-overcommit = 1.5\n"
	    "[gitlab]\nurl = https://gitlab.example.org/sub\ntoken-file = /etc/runnerctl/token\n"
	    "ca-file = /etc/ca.pem\ntags = a, b b ,c\ngroup = 7\nrun-untagged = yes\n"
	    "maximum-timeout = 1h\n"
	    "[runner]\ndocker-image = alpine:3\ndocker = dind\npull-policy = if-not-present\n"
	    "registry-mirror = https://mirror\nconcurrent = 4\ndrain-timeout = 90\n"
	    "http-proxy = http://proxy:3128\nhttps-proxy = http://me:pass@proxy:3128\n"
	    "no-proxy = lan\nca-file = /etc/more.pem\n"
	    "[config.toml]\nrunners.docker.memory = 2g\n"
	    "[isolation]\nallow = 10.0.0.5:443, 10.0.9.0/24\ndeny = 100.0.0.0/8\ndns = 9.9.9.9\n"
	    "[rotation]\npressure = 0%\n"
	    "[appliance]\nimage = disk@1\nprofile = big\n"
	    "[profile big]\ncpus = 8\ncpu-cap = 7.5\ncpu-weight = 50\nmemory = 16GiB\ndisk = "
	    "1.5T\n";
	scoped(rc_config_release) struct rc_config config = parsed(text);

	(void)state;
	assert_string_equal(config.connect, "qemu+ssh://other/system");
	assert_int_equal(config.accel, RC_ACCEL_TCG);
	assert_int_equal(config.reserve_memory.percent, 12);
	assert_int_equal(config.reserve_memory.bytes, 0);
	assert_int_equal(config.reserve_disk.bytes, 9 * GiB);
	assert_int_equal(config.cpu_overcommit, 150);
	assert_int_equal(config.pressure, 0);
	assert_string_equal(config.pool_path, "/srv/pool");
	assert_string_equal(config.templates, "/etc/runnerctl/templates");
	assert_string_equal(config.address, "10.9.8.1/20");
	assert_string_equal(config.url, "https://gitlab.example.org/sub");
	assert_string_equal(config.token_file, "/etc/runnerctl/token");
	assert_string_equal(config.ca_file, "/etc/ca.pem");
	assert_string_equal(config.tags, "a,b b,c");
	assert_int_equal(config.group, 7);
	assert_true(config.run_untagged);
	assert_int_equal(config.maximum_timeout, 3600);
	assert_string_equal(config.docker_image, "alpine:3");
	assert_false(config.docker_socket);
	assert_string_equal(config.pull_policy, "if-not-present");
	assert_string_equal(config.registry_mirror, "https://mirror");
	assert_int_equal(config.concurrent, 4);
	assert_int_equal(config.drain_timeout, 90);
	assert_string_equal(config.http_proxy, "http://proxy:3128");
	assert_string_equal(config.https_proxy, "http://me:pass@proxy:3128");
	assert_string_equal(config.no_proxy, "lan");
	assert_string_equal(config.more_ca_file, "/etc/more.pem");
	assert_int_equal(config.extras.count, 1);
	assert_string_equal(config.extras.items[0].name, "memory");
	assert_string_equal(config.allow, "10.0.0.5:443, 10.0.9.0/24");
	assert_string_equal(config.deny, "100.0.0.0/8");
	assert_string_equal(config.dns, "9.9.9.9");
	assert_string_equal(config.image, "disk@1");
	assert_string_equal(config.profile, "big");
	assert_limits(
	    &config, "big", &(struct rc_limits){ .cpus = 8, 750, 50, 16 * GiB, 1536 * GiB });
	assert_limits(
	    &config, "default", &(struct rc_limits){ .cpus = 2, 150, 20, 2 * GiB, 20 * GiB });
}

/* What others should not read. */
static void
test_secrets(void **state)
{
	static const struct {
		const char *text;
		bool secret;
	} cases[] = {
		{ "", false },
		{ "[runner]\nhttp-proxy = http://proxy:3128\n", false },
		{ "[runner]\nhttp-proxy = http://me:pass@proxy:3128\n", true },
		{ "[runner]\nhttps-proxy = http://me:pass@proxy:3128\n", true },
		{ "[config.toml]\nrunners.docker.memory = 2g\n", false },
		{ "[config.toml]\nrunners.cache.s3.SecretKey = x\n", true },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_config_release) struct rc_config config = parsed(cases[i].text);

		assert_int_equal(rc_config_is_secret(&config), cases[i].secret);
	}
}

/* The same value, however it is written. */
static void
test_spellings(void **state)
{
	static const char *const texts[] = { "[gitlab]\nproject = 12\n",
		"[gitlab]\r\nproject = 12\r\n", "[gitlab]\nproject=12", "[gitlab]\nproject : 12\n",
		"[gitlab]\nproject\t=\t12\t \n", "[gitlab] ; comment\nproject = 12 ; comment\n",
		"\xef\xbb\xbf[gitlab]\nproject = 12\n", "[gitlab]\nproject = 0012\n",
		"[host]\n[gitlab]\n# comment\n\nproject = 12\n",
		"[gitlab] # comment]\nproject = 12\n" };

	(void)state;
	for (size_t i = 0; i < RC_COUNT(texts); i++) {
		scoped(rc_config_release) struct rc_config config = parsed(texts[i]);

		assert_int_equal(config.project, 12);
	}
}

static void
test_choices(void **state)
{
	static const struct {
		const char *text;
		enum rc_accel accel;
		bool untagged, socket;
	} cases[] = {
		{ "[host]\naccel = auto\n", RC_ACCEL_AUTO, false, true },
		{ "[host]\naccel = kvm\n", RC_ACCEL_KVM, false, true },
		{ "[gitlab]\nrun-untagged = true\n", RC_ACCEL_AUTO, true, true },
		{ "[gitlab]\nrun-untagged = no\n", RC_ACCEL_AUTO, false, true },
		{ "[gitlab]\nrun-untagged = false\n", RC_ACCEL_AUTO, false, true },
		{ "[runner]\ndocker = socket\n", RC_ACCEL_AUTO, false, true },
		{ "[runner]\ndocker = dind\n", RC_ACCEL_AUTO, false, false },
		{ "[runner]\npull-policy = never\n", RC_ACCEL_AUTO, false, true },
		{ "[gitlab]\ntags =\n", RC_ACCEL_AUTO, false, true },
		{ "[gitlab]\nmaximum-timeout = 0\n", RC_ACCEL_AUTO, false, true },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_config_release) struct rc_config config = parsed(cases[i].text);

		assert_int_equal(config.accel, cases[i].accel);
		assert_int_equal(config.run_untagged, cases[i].untagged);
		assert_int_equal(config.docker_socket, cases[i].socket);
	}
}

/* What a profile does not say is the built-in default's, whatever [profile default] says. */
static void
test_profiles(void **state)
{
	static const struct {
		const char *why, *text, *profile;
		struct rc_limits limits;
	} cases[] = {
		{ "the default changed", "[profile default]\nmemory = 4G\n", "default",
		    { .cpus = 2, 150, 20, 4 * GiB, 20 * GiB } },
		{ "the default is no parent",
		    "[profile default]\nmemory = 4G\n[profile big]\ndisk = 9G\n", "big",
		    { .cpus = 2, 150, 20, 2 * GiB, 9 * GiB } },
		{ "in two parts", "[profile a]\ncpus = 1\n[host]\n[profile a]\nmemory = 1G\n", "a",
		    { .cpus = 1, 75, 20, GiB, 20 * GiB } },
		{ "the cap follows the CPUs", "[profile a]\ncpus = 4\n", "a",
		    { .cpus = 4, 300, 20, 2 * GiB, 20 * GiB } },
		{ "also those of the default", "[profile default]\ncpus = 1\n", "default",
		    { .cpus = 1, 75, 20, 2 * GiB, 20 * GiB } },
		{ "a cap of its own stays", "[profile a]\ncpu-cap = 0.5\ncpus = 4\n", "a",
		    { .cpus = 4, 50, 20, 2 * GiB, 20 * GiB } },
		{ "caps that there need not be",
		    "[profile a]\ndisk-rate = 1M\ndisk-rate-burst = 2M\ndisk-iops = 100\n"
		    "disk-iops-burst = 400\ndisk-burst-time = 10s\nnet-in = 4M\nnet-out = 512K\n",
		    "a",
		    { .cpus = 2,
			150,
			20,
			2 * GiB,
			20 * GiB,
			MiB,
			2 * MiB,
			100,
			400,
			10,
			4 * MiB,
			MiB / 2 } },
		{ "none by name", "[profile a]\nnet-in = none\ndisk-iops = none\n", "a",
		    { .cpus = 2, 150, 20, 2 * GiB, 20 * GiB } },
		{ "the smallest of all",
		    "[profile a]\ncpus = 1\ncpu-cap = 0.05\ncpu-weight = 2\nmemory = 512M\ndisk = "
		    "1G\n",
		    "a", { .cpus = 1, 5, 2, 512 * MiB, GiB } },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_config_release) struct rc_config config = parsed(cases[i].text);

		assert_limits(&config, cases[i].profile, &cases[i].limits);
		assert_null(rc_config_profile(&config, "none"));
	}
}

/* Each is refused, and leaves what was there before. */
static void
check_refused(const char *why, const char *text, const char *expected)
{
	struct rc_config config = { .concurrent = 77 };
	struct rc_error err = { 0 };

	if (rc_config_parse(&config, text, "F", &err) == 0)
		fail_msg("%s: was taken", why);
	if (strcmp(err.text, expected) != 0)
		fail_msg("%s: %s", why, err.text);
	assert_int_equal(err.code, RC_USAGE);
	assert_int_equal(config.concurrent, 77);
	assert_null(config.connect);
}

static void
test_values(void **state)
{
	static const struct {
		const char *section, *key, *value, *expected;
	} cases[] = {
		{ "host", "connect", "", "the value is empty" },
		{ "host", "accel", "", "accel is auto, kvm or tcg, not ''" },
		{ "host", "accel", "KVM", "accel is auto, kvm or tcg, not 'KVM'" },
		{ "host", "pool-path", "", "the value is empty" },
		{ "host", "pool-path", "pool", "'pool' is not an absolute path" },
		{ "host", "templates", "~/t", "'~/t' is not an absolute path" },
		{ "host", "address", "", "'' is not an address for the appliances' network" },
		{ "host", "address", "10.0.0.1",
		    "'10.0.0.1' is not an address for the appliances' network" },
		{ "host", "address", "10.0.0.0/24",
		    "'10.0.0.0/24' is not an address for the appliances' network" },
		{ "gitlab", "url", "", "the value is empty" },
		{ "gitlab", "token-file", "-", "'-' is not an absolute path" },
		{ "gitlab", "ca-file", "./ca", "'./ca' is not an absolute path" },
		{ "gitlab", "tags", "a\tb", "a tag holds a control character" },
		{ "gitlab", "group", "", "'' is not a whole number from 1 to 9223372036854775807" },
		{ "gitlab", "group", "0",
		    "'0' is not a whole number from 1 to 9223372036854775807" },
		{ "gitlab", "group", "-1",
		    "'-1' is not a whole number from 1 to 9223372036854775807" },
		{ "gitlab", "group", "+1",
		    "'+1' is not a whole number from 1 to 9223372036854775807" },
		{ "gitlab", "group", "0x1",
		    "'0x1' is not a whole number from 1 to 9223372036854775807" },
		{ "gitlab", "project", "9223372036854775808",
		    "'9223372036854775808' is not a whole number from 1 to 9223372036854775807" },
		{ "gitlab", "project", "my/project",
		    "'my/project' is not a whole number from 1 to 9223372036854775807" },
		{ "gitlab", "run-untagged", "1", "'1' is neither yes nor no" },
		{ "gitlab", "run-untagged", "", "'' is neither yes nor no" },
		{ "gitlab", "maximum-timeout", "1w", "'1w' is not a duration" },
		{ "runner", "docker-image", "", "the value is empty" },
		{ "runner", "docker", "podman", "'podman' is neither socket nor dind" },
		{ "runner", "pull-policy", "Always",
		    "'Always' is neither always, if-not-present nor never" },
		{ "runner", "pull-policy", "", "the value is empty" },
		{ "runner", "registry-mirror", "", "the value is empty" },
		{ "runner", "concurrent", "0", "'0' is not a whole number from 1 to 1000" },
		{ "runner", "concurrent", "1001", "'1001' is not a whole number from 1 to 1000" },
		{ "runner", "concurrent", "4294967297",
		    "'4294967297' is not a whole number from 1 to 1000" },
		{ "runner", "drain-timeout", "-1", "'-1' is not a duration" },
		{ "runner", "drain-timeout", "", "'' is not a duration" },
		{ "isolation", "allow", "gitlab.lan", "'gitlab.lan' is not an IP address" },
		{ "isolation", "allow", "10.0.0.5, 0.0.0.0/0",
		    "'0.0.0.0/0' would open half the world: a prefix of 8 or more is taken" },
		{ "isolation", "deny", "10.0.0.5/8", "'10.0.0.5/8' has bits behind its prefix" },
		{ "isolation", "dns", "9.9.9.0/24",
		    "a resolver is one IPv4 address, and no block" },
		{ "appliance", "image", "", "the value is empty" },
		{ "appliance", "profile", "", "the value is empty" },
		{ "profile a", "cpus", "1.5", "'1.5' is not a whole number from 1 to 10000" },
		{ "profile a", "cpus", "0", "'0' is not a whole number from 1 to 10000" },
		{ "profile a", "cpu-cap", "1.", "'1.' is not a number of CPUs" },
		{ "profile a", "cpu-weight", "-5", "'-5' is not a whole number from 1 to 10000" },
		{ "profile a", "memory", "0", "'0' is not a size" },
		{ "profile a", "memory", "-1", "'-1' is not a size" },
		{ "profile a", "memory", "4", "'4' is not a size" },
		{ "profile a", "memory", "1e9G", "'1e9G' is not a size" },
		{ "profile a", "memory", "0G", "'0G' is not a size: it is zero" },
		{ "profile a", "memory", "999999T", "'999999T' is too large" },
		{ "profile a", "net-in", "-4MiB", "'-4MiB' is not a size" },
		{ "profile a", "disk-iops", "0", "'0' is not a whole number from 1 to 10000000" },
		{ "profile a", "disk", "20 GiB", "'20 GiB' is not a size" },
		{ "profile a", "disk", "", "'' is not a size" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *text =
		    rc_format("[%s]\n\n%s = %s\n", cases[i].section, cases[i].key, cases[i].value);
		scoped(rc_str_release) char *expected = rc_format("F:3: %s", cases[i].expected);

		check_refused(cases[i].key, text, expected);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_every_key),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
