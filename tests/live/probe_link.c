/*
 * The probes of `runnerctl verify` against a filter that is bound to a link, without a VM: the
 * shipped prober runs in a network namespace, the shipped watch looks on, the shipped verdict
 * decides.  One line a probe: "CODE|TARGET|MUST|VERDICT|DETAIL".
 *
 *	probe_link PROBE NAMESPACE OWN-LINK BRIDGE KEY=VALUE...
 *
 * Keys are those of struct rc_probe_facts; those that are lists may come often.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/scope.h"
#include "core/probe_verdict.h"
#include "host/watch.h"

static char run_digits[RC_PROBE_RUN + 1];
static struct rc_strv host, lan, others, others_macs, resolvers;
static struct rc_endpoints holes;
static struct rc_endpoint internet, internet6;
static struct rc_probe_facts facts = { .run = run_digits,
	.prefix = 24,
	.host = &host,
	.lan = &lan,
	.others = &others,
	.others_macs = &others_macs,
	.resolvers = &resolvers,
	.holes = &holes,
	.internet = &internet,
	.watched = true };

static struct rc_endpoint
endpoint(const char *text)
{
	struct rc_endpoint e = { .prefix = 32, .protocol = RC_IP_TCP };
	unsigned port = 0;

	if (text[0] == '[') {
		e.prefix = 128;
		if (sscanf(text, "[%45[0-9a-f:]]:%u", e.address, &port) < 1)
			exit(2);
	} else if (sscanf(text, "%45[0-9.]:%u", e.address, &port) < 1) {
		exit(2);
	}
	e.port = (uint16_t)port;
	return e;
}

static void
take(const char *key, const char *value)
{
	const struct {
		const char *key;
		const char **text;
		struct rc_strv *list;
	} known[] = { { "mac", &facts.mac, NULL }, { "ip", &facts.ip, NULL },
		{ "gateway", &facts.gateway, NULL }, { "gateway-mac", &facts.gateway_mac, NULL },
		{ "ip6", &facts.ip6, NULL }, { "gateway6", &facts.gateway6, NULL },
		{ "name", &facts.name, NULL }, { "host", NULL, &host }, { "lan", NULL, &lan },
		{ "other", NULL, &others }, { "other-mac", NULL, &others_macs },
		{ "resolver", NULL, &resolvers } };
	struct rc_endpoint e;

	for (size_t i = 0; i < RC_COUNT(known); i++) {
		if (strcmp(known[i].key, key) != 0)
			continue;
		if (known[i].list)
			rc_strv_add(known[i].list, value);
		else
			*known[i].text = value;
		return;
	}
	e = endpoint(value);
	if (strcmp(key, "internet") == 0)
		internet = e;
	else if (strcmp(key, "internet6") == 0)
		facts.internet6 = (internet6 = e, &internet6);
	else if (strcmp(key, "hole") == 0)
		rc_endpoints_add(&holes, &e);
	else
		exit(2);
}

/* Runs the prober, and hands what it says to ret; -1 if it fails. */
static int
run(char **argv, const char *script, struct rc_watch *watch, struct rc_sightings *sightings,
    char **ret)
{
	int out[2], status;
	size_t size = 0;
	char *text = rc_alloc(RC_PROBE_REPORT_MAX + 1, 1);
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	pid_t child;

	if (pipe(out) < 0 || (child = fork()) < 0)
		return -1;
	if (child == 0) {
		dup2(out[1], 1);
		close(out[0]);
		close(out[1]);
		execlp("ip", "ip", "netns", "exec", argv[2], argv[1], script, "eth0", NULL);
		_exit(127);
	}
	close(out[1]);
	fds[0].fd = out[0];
	fds[1].fd = rc_watch_fd(watch);
	for (bool open = true; open && size < RC_PROBE_REPORT_MAX;) {
		poll(fds, 2, -1);
		rc_watch_read(watch, sightings);
		if (fds[0].revents) {
			ssize_t n = read(out[0], text + size, RC_PROBE_REPORT_MAX - size);

			open = n > 0;
			size += n > 0 ? (size_t)n : 0;
		}
	}
	rc_watch_read(watch, sightings);
	*ret = text;
	return waitpid(child, &status, 0) == child && status == 0 ? 0 : -1;
}

int
main(int argc, char **argv)
{
	static const char *const verdicts[] = { "ok", "LEAK", "FAILED" };
	scoped(rc_watch_release) struct rc_watch *watch = NULL;
	struct rc_probes probes;
	struct rc_probe_report report;
	struct rc_sightings sightings = { 0 };
	struct rc_error err = { 0 };
	char path[] = "/tmp/probe-script.XXXXXX", *text = NULL, *script;
	int fd = mkstemp(path), wrong = 0;

	if (argc < 6 || fd < 0)
		return 2;
	snprintf(run_digits, sizeof(run_digits), "%04x%08x", (unsigned)getpid() & 0xffff,
	    (unsigned)time(NULL));
	for (int i = 5; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (!value)
			return 2;
		*value = '\0';
		take(argv[i], value + 1);
	}
	if (rc_probes_make(&probes, &facts, &err) < 0 ||
	    rc_watch_open(&watch, &probes, argv[3], argv[4], &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 2;
	}
	script = rc_probe_script(&probes, facts.ip);
	if (write(fd, script, strlen(script)) < 0 ||
	    run(argv, path, watch, &sightings, &text) < 0 ||
	    rc_probe_report_read(&report, &probes, text, strlen(text), &err) < 0) {
		fprintf(stderr, "%s\n%s\n", err.text, text ? text : "");
		unlink(path);
		return 2;
	}
	unlink(path);
	for (size_t i = 0; i < probes.count; i++) {
		struct rc_finding f = rc_probe_judge(&probes, i, &report, &sightings);

		wrong += f.verdict != RC_VERDICT_OK;
		printf("%s|%s|%s|%s|%s\n", probes.items[i].code, probes.items[i].target,
		    rc_probe_must_work(&probes.items[i]) ? "work" : "fail", verdicts[f.verdict],
		    f.detail);
	}
	return wrong ? 1 : 0;
}
