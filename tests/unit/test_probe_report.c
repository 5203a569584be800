/* The report of the machine that probes: hostile input, and what verdicts are made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "core/probe_verdict.h"
#include "probe_facts.h"

#define HOSTILE RC_TESTS "/hostile/probe"

static struct rc_probes probes;

static int
setup(void **state)
{
	struct rc_error err;

	(void)state;
	return rc_probes_make(&probes, &facts_usual, &err);
}

static int
teardown(void **state)
{
	(void)state;
	rc_probes_release(&probes);
	return 0;
}

static size_t
index_of(const char *code)
{
	for (size_t i = 0; i < probes.count; i++)
		if (strcmp(probes.items[i].code, code) == 0)
			return i;
	fail_msg("there is no probe %s", code);
	return 0;
}

/* A report in which probe number `failed` could not be sent, and one frame came back. */
static char *
report_text(size_t failed, const char *got)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "{\"run\":\"%s\",\"sent\":[", facts_usual.run);
	for (size_t i = 0; i < probes.count; i++)
		fprintf(out, "%s%d", i ? "," : "", i == failed ? 90 : 0);
	fprintf(out, "],\"got\":[%s]}", got);
	fclose(out);
	return text;
}

static struct rc_probe_report
report(size_t failed, const unsigned char *frame, size_t size)
{
	scoped(rc_str_release) char *hex = frame ? rc_hex(frame, size) : NULL;
	scoped(rc_str_release) char *got = frame ? rc_format("\"%s\"", hex) : rc_strdup("");
	scoped(rc_str_release) char *text = report_text(failed, got);
	struct rc_probe_report ret;
	struct rc_error err;

	if (rc_probe_report_read(&ret, &probes, text, strlen(text), &err) < 0)
		fail_msg("%s", err.text);
	return ret;
}

static struct rc_finding
judged(size_t index, const unsigned char *frame, size_t size)
{
	scoped(rc_probe_report_release) struct rc_probe_report r =
	    report(probes.count, frame, size);
	const struct rc_sightings nothing = { .watched = true };

	return rc_probe_judge(&probes, index, &r, &nothing);
}

static void
test_script(void **state)
{
	scoped(rc_str_release) char *text = rc_probe_script(&probes, "192.168.231.7");
	scoped(rc_str_release) char *first =
	    rc_format("runnerctl-probe 1 0123456789ab 192.168.231.7 %zu\n", probes.count);
	size_t lines = 0;

	(void)state;
	assert_true(rc_str_starts(text, first));
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, probes.count + 2);
	assert_string_equal(text + strlen(text) - 5, "\nend\n");
}

static void
test_hostile(void **state)
{
	DIR *dir = opendir(HOSTILE);
	size_t files = 0;

	(void)state;
	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));) {
		scoped(rc_str_release) char *path = rc_format(HOSTILE "/%s", entry->d_name);
		scoped(rc_str_release) char *text = NULL;
		struct rc_probe_report r;
		struct rc_error err;
		size_t size;

		if (entry->d_name[0] == '.')
			continue;
		files++;
		assert_int_equal(rc_file_read(&text, &size, path, 1 << 20, &err), 0);
		if (rc_probe_report_read(&r, &probes, text, size, &err) == 0)
			fail_msg("%s was believed", entry->d_name);
		assert_string_equal(err.text, "what the probe machine reports makes no sense");
	}
	closedir(dir);
	assert_true(files >= 10);
}

static void
test_limits(void **state)
{
	static const struct {
		const char *why, *got;
	} cases[] = {
		{ "not hexadecimal", "\"zz\"" },
		{ "half a byte", "\"abc\"" },
		{ "capitals", "\"AB\"" },
		{ "empty", "\"\"" },
		{ "a number", "7" },
		{ "null", "null" },
	};
	char long_hex[2 * RC_PROBE_ANSWER_MAX + 8];
	scoped(rc_str_release) char *good = report_text(0, "\"00ff\"");
	struct rc_probe_report r;
	struct rc_error err;

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		scoped(rc_str_release) char *text = report_text(0, cases[i].got);

		if (rc_probe_report_read(&r, &probes, text, strlen(text), &err) == 0)
			fail_msg("%s was believed", cases[i].why);
	}
	memset(long_hex, '0', sizeof(long_hex));
	long_hex[0] = long_hex[sizeof(long_hex) - 2] = '"';
	long_hex[sizeof(long_hex) - 1] = '\0';
	{
		scoped(rc_str_release) char *text = report_text(0, long_hex);

		assert_int_equal(rc_probe_report_read(&r, &probes, text, strlen(text), &err), -1);
	}
	assert_int_equal(rc_probe_report_read(&r, &probes, good, strlen(good) - 1, &err), -1);
	assert_int_equal(
	    rc_probe_report_read(&r, &probes, good, RC_PROBE_REPORT_MAX + 1, &err), -1);
}

/* Turns a probe's own frame around, as a machine that answers would. */
static void
turn(unsigned char *frame)
{
	unsigned char keep[6];

	memcpy(keep, frame, 6);
	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, keep, 6);
	memcpy(keep, frame + 26, 4);
	memcpy(frame + 26, frame + 30, 4);
	memcpy(frame + 30, keep, 4);
	memcpy(keep, frame + 34, 2);
	memcpy(frame + 34, frame + 36, 2);
	memcpy(frame + 36, keep, 2);
}

static void
test_working(void **state)
{
	size_t tcp = index_of("internet-tcp"), dns = index_of("dns-udp");
	unsigned char frame[RC_FRAME_MAX];

	(void)state;
	assert_int_equal(judged(tcp, NULL, 0).verdict, RC_VERDICT_FAILED);
	memcpy(frame, probes.items[tcp].frame, 60);
	turn(frame);
	frame[47] = 0x14; /* a refusal */
	assert_int_equal(judged(tcp, frame, 60).verdict, RC_VERDICT_FAILED);
	frame[47] = 0x12;
	assert_int_equal(judged(tcp, frame, 60).verdict, RC_VERDICT_OK);
	frame[29]++; /* somebody else's */
	assert_int_equal(judged(tcp, frame, 60).verdict, RC_VERDICT_FAILED);

	memcpy(frame, probes.items[dns].frame, probes.items[dns].size);
	turn(frame);
	frame[44] |= 0x80;
	frame[45] = 0x82; /* the server failed */
	assert_int_equal(judged(dns, frame, 90).verdict, RC_VERDICT_FAILED);
	frame[45] = 0x80;
	assert_int_equal(judged(dns, frame, 90).verdict, RC_VERDICT_OK);
}

static void
test_closed(void **state)
{
	size_t tcp = index_of("host-tcp"), echo = index_of("icmp-echo"),
	       other = index_of("lan-udp");
	unsigned char frame[RC_FRAME_MAX];

	(void)state;
	assert_int_equal(judged(tcp, NULL, 0).verdict, RC_VERDICT_OK);
	memcpy(frame, probes.items[tcp].frame, 60);
	turn(frame);
	frame[47] = 0x14; /* also a refusal tells that it arrived */
	assert_int_equal(judged(tcp, frame, 54).verdict, RC_VERDICT_LEAK);
	assert_int_equal(judged(other, frame, 54).verdict, RC_VERDICT_OK);
	memcpy(frame, probes.items[echo].frame, 60);
	turn(frame);
	frame[34] = 0;
	assert_int_equal(judged(echo, frame, 60).verdict, RC_VERDICT_LEAK);
	/* The complaint of a router that quotes it. */
	memcpy(frame, probes.items[echo].frame, 34);
	frame[34] = 3;
	memcpy(frame + 42, probes.items[other].frame + 14, probes.items[other].size - 14);
	assert_int_equal(
	    judged(other, frame, 42 + probes.items[other].size - 14).verdict, RC_VERDICT_LEAK);
}

static void
test_sightings(void **state)
{
	scoped(rc_probe_report_release) struct rc_probe_report r = report(3, NULL, 0);
	scoped(rc_sightings_release) struct rc_sightings s = { .watched = true };
	unsigned tcp = (unsigned)index_of("host-tcp"), frame = (unsigned)index_of("other-frame"),
		 watch = (unsigned)index_of("watch"), out = (unsigned)index_of("internet-udp");

	(void)state;
	assert_int_equal(rc_probe_judge(&probes, watch, &r, &s).verdict, RC_VERDICT_FAILED);
	for (int i = 0; i < 2; i++) {
		rc_sightings_add(&s, &(struct rc_sighting){ tcp, true, "virbr-runner" });
		rc_sightings_add(&s, &(struct rc_sighting){ frame, true, "virbr-runner" });
		rc_sightings_add(&s, &(struct rc_sighting){ watch, true, "virbr-runner" });
		rc_sightings_add(&s, &(struct rc_sighting){ out, true, "virbr-runner" });
	}
	assert_int_equal(s.count, 4);
	assert_int_equal(rc_probe_judge(&probes, tcp, &r, &s).verdict, RC_VERDICT_LEAK);
	assert_string_equal(rc_probe_judge(&probes, tcp, &r, &s).detail, "seen on virbr-runner");
	assert_int_equal(rc_probe_judge(&probes, frame, &r, &s).verdict, RC_VERDICT_OK);
	assert_int_equal(rc_probe_judge(&probes, watch, &r, &s).verdict, RC_VERDICT_OK);
	assert_int_equal(rc_probe_judge(&probes, out, &r, &s).verdict, RC_VERDICT_FAILED);
	rc_sightings_add(&s, &(struct rc_sighting){ frame, false, "vnet7" });
	rc_sightings_add(&s, &(struct rc_sighting){ out, false, "eth0" });
	assert_int_equal(rc_probe_judge(&probes, frame, &r, &s).verdict, RC_VERDICT_LEAK);
	assert_int_equal(rc_probe_judge(&probes, out, &r, &s).verdict, RC_VERDICT_OK);
	s.missed = 1;
	assert_int_equal(rc_probe_judge(&probes, watch, &r, &s).verdict, RC_VERDICT_FAILED);
	assert_string_equal(
	    rc_probe_judge(&probes, 3, &r, &s).detail, "not sent: Message too long");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_script),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_working),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_sightings),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
