/*
 * verify.  The machine is an appliance's domain in everything that matters to
 * isolation: the same template, the same filter, an address of its own.  Only
 * its disk is another: a squashfs with one program, and behind it what to send.
 *
 * It is transient and dies with our connection; its volume and its address have
 * names that the next run, or gc, finds.
 */
#include "ops/verify.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "core/domain_xml.h"
#include "core/filter_xml.h"
#include "core/live_link.h"
#include "host/clock.h"
#include "host/lock.h"
#include "host/pinned.h"
#include "host/virt_network.h"
#include "host/virt_probe.h"
#include "host/watch.h"
#include "ops/fleet.h"
#include "ops/generation.h"
#include "ops/isolation.h"
#include "ops/throwaway.h"
#include "ops/verify_facts.h"

#define ROOT RC_PROBEDIR "/probe.squashfs"
#define ROOT_MAX (32u << 20)
#define PATIENCE 120 /* seconds until the report must be there */
#define CONSOLE_MAX (4 * RC_PROBE_REPORT_MAX)

struct verify {
	struct rc_session *session;
	struct rc_ground ground;
	struct rc_image image;
	struct rc_creation creation;
	struct rc_outcome outcome;
	struct rc_verify_facts facts;
	struct rc_probes probes;
	struct rc_sightings sightings;
	struct rc_probe_report report;
	bool reported;
	bool ipv6; /* the machine has it */
};

void
rc_verification_release(struct rc_verification *v)
{
	for (size_t i = 0; i < v->count; i++) {
		free(v->lines[i].code);
		free(v->lines[i].target);
		free(v->lines[i].detail);
	}
	free(v->lines);
	free(v->filter);
	free(v->image);
	*v = (struct rc_verification){ 0 };
}

static void
verify_release(struct verify *v)
{
	rc_ground_release(&v->ground);
	rc_image_release(&v->image);
	rc_work_release(&v->creation.work);
	rc_verify_facts_release(&v->facts);
	rc_probes_release(&v->probes);
	rc_sightings_release(&v->sightings);
	rc_probe_report_release(&v->report);
}

/* Whose image and filter: those of the appliance, or (when its addresses are known) a new one's. */
static int
choose_model(struct verify *v, const struct rc_verify_wish *wish, struct rc_error *err)
{
	scoped(rc_fleet_release) struct rc_fleet fleet = { 0 };
	struct rc_appliance *a = &v->creation.work.appliance;
	struct rc_session *session = v->session;
	const struct rc_member *member;

	if (!wish->name) {
		rc_str_set(&a->image, session->config.image);
		v->ipv6 = session->config.ipv6;
		return 0;
	}
	if (rc_fleet_read(session, &fleet, err) < 0)
		return -1;
	member = rc_fleet_find(&fleet, wish->name);
	if (!member)
		return rc_fail(err, RC_NOT_FOUND, "there is no appliance '%s'", wish->name);
	rc_str_set(&a->image, member->appliance.image);
	rc_str_set(&a->filter, member->appliance.filter);
	rc_str_set(&a->holes, member->appliance.holes);
	v->ipv6 = member->appliance.ip6 != NULL;
	return 0;
}

/* The machine boots a kernel of ours: where the appliance's image has none to give, a new one's. */
static int
find_kernel(struct verify *v, const char *reference, struct rc_error *err)
{
	struct rc_session *session = v->session;

	if (rc_image_find(session, reference, &v->image, err) < 0)
		return -1;
	if (v->image.manifest.layout == RC_LAYOUT_APPLIANCE)
		return 0;
	rc_image_release(&v->image);
	if (rc_image_find(session, session->config.image, &v->image, err) < 0)
		return -1;
	if (v->image.manifest.layout == RC_LAYOUT_APPLIANCE)
		return 0;
	rc_fail(err, RC_FAILED, "verify needs the kernel of an image that is no disk");
	return rc_hint(err, "make one with: runnerctl image build; and name it in [appliance]");
}

static int
prepare(struct verify *v, const struct rc_verify_wish *wish, struct rc_error *err)
{
	struct rc_session *session = v->session;
	struct rc_appliance *a = &v->creation.work.appliance;
	const struct rc_generation_wish machine = {
		.name = RC_VERIFY_NAME,
		.generation = 1,
		.profile = session->config.profile,
		.limits = { .cpus = 1,
		    .cpu_cap = 100,
		    .cpu_weight = 20,
		    .memory = UINT64_C(512) << 20,
		    .disk = UINT64_C(64) << 20 },
	};

	if (rc_ground_survey(&v->ground, session, false, err) < 0 ||
	    rc_ground_lay(&v->ground, false, err) < 0 || choose_model(v, wish, err) < 0 ||
	    find_kernel(v, a->image, err) < 0)
		return -1;
	v->creation.ground = &v->ground;
	v->creation.image = &v->image;
	v->creation.work.session = session;
	v->creation.work.outcome = &v->outcome;
	rc_str_release(&a->image);
	rc_creation_begin(&v->creation, &machine);
	return rc_throwaway_prepare(&v->creation.work, err);
}

/* The disk: our root, and behind it the script. */
static int
store_disk(struct verify *v, struct rc_error *err)
{
	const struct rc_appliance *a = &v->creation.work.appliance;
	struct rc_session *session = v->session;
	scoped(rc_str_release) char *root = NULL, *script = rc_probe_script(&v->probes, a->ip);
	scoped(rc_str_release) char *file = rc_config_disk_path(a);
	scoped(rc_str_release) char *config = rc_appliance_config_volume(a);
	scoped(rc_str_release) char *data = rc_appliance_data_volume(a);
	size_t size, length = strlen(script), whole;
	int result;

	if (rc_file_read(&root, &size, ROOT, ROOT_MAX, err) < 0)
		return rc_within(err, "the root of the probe machine");
	whole = (size + length + 511) / 512 * 512;
	root = rc_grow(root, whole, 1);
	memcpy(root + size, script, length);
	memset(root + size + length, 0, whole - size - length);
	if (rc_file_publish(file, root, whole, 0600, err) < 0)
		return -1;
	result = rc_virt_volume_upload(session->virt, config, file, true, &session->run, err);
	unlink(file);
	return result < 0 ? -1
			  : rc_virt_volume_data(session->virt, data, a->limits.disk, NULL, err);
}

/* The domain's document; its root is our disk, not the image's. */
static int
document(struct verify *v, char **ret, struct rc_error *err)
{
	struct rc_work *work = &v->creation.work;
	struct rc_appliance *a = &work->appliance;
	scoped(rc_network_release) struct rc_network network = { 0 };
	const char *root = rc_image_root(&v->image);
	scoped(rc_str_release) char *volume = rc_appliance_config_volume(a);
	scoped(rc_str_release) char *path =
	    rc_format("%.*s/%s", (int)(strrchr(root, '/') - root), root, volume);

	rc_str_set(&v->image.paths[RC_IMAGE_ROOT], path);
	if (rc_virt_network_read(v->session->virt, &network, err) < 0 ||
	    rc_network_pick(&a->ip, &network, err) < 0)
		return -1;
	if (v->ipv6)
		a->ip6 = rc_network_ipv6(&network, a->ip);
	if (!a->filter &&
	    rc_isolation_choose(v->session, a, v->session->config.url, false, err) < 0)
		return -1;
	return rc_creation_document(work, ret, err);
}

/*
 * Picks an address, starts the machine paused, and only then reserves it: gc may
 * remove an address that no domain has.  Nobody else picks one meanwhile.
 */
static int
start(struct verify *v, const struct rc_verify_wish *wish, struct rc_error *err)
{
	const struct rc_appliance *a = &v->creation.work.appliance;
	struct rc_session *session = v->session;
	scoped(rc_fd_release) int lock = -1;
	scoped(rc_str_release) char *xml = NULL;

	rc_run_step(&session->run, "make the probe machine");
	if (rc_lock_take(&lock, RC_DEFINE_LOCK, 60, &session->run, err) < 0 ||
	    document(v, &xml, err) < 0 ||
	    rc_verify_facts_gather(&v->facts, session, a, wish->internet, err) < 0 ||
	    rc_probes_make(&v->probes, &v->facts.facts, err) < 0 || store_disk(v, err) < 0)
		return -1;
	rc_run_step(&session->run, "start the probe machine");
	if (rc_virt_probe_start(session->virt, xml, err) < 0)
		return -1;
	return rc_virt_reserve(session->virt, a->mac, a->ip, err);
}

/* Looks for the report in what the console said so far. */
static void
look_for_report(struct verify *v, const char *text, size_t size)
{
	struct rc_error ignored;

	for (const char *line = text, *end; !v->reported; line = end + 1) {
		end = memchr(line, '\n', size - (size_t)(line - text));
		if (!end)
			return;
		v->reported = *line == '{' && rc_probe_report_read(&v->report, &v->probes, line,
						  (size_t)(end - line), &ignored) == 0;
	}
}

/* Until the report is there; what the watch sees meanwhile is kept. */
static int
follow(struct verify *v, struct rc_console *console, struct rc_watch *watch, struct rc_error *err)
{
	scoped(rc_str_release) char *text = rc_alloc(CONSOLE_MAX, 1);
	struct pollfd fds[2] = { { .fd = rc_console_fd(console), .events = POLLIN },
		{ .fd = watch ? rc_watch_fd(watch) : -1, .events = POLLIN } };
	int64_t end = rc_clock_monotonic() + PATIENCE;
	size_t size = 0;

	while (!v->reported) {
		ssize_t n;

		if (rc_run_check(&v->session->run, err) < 0)
			return -1;
		if (rc_clock_monotonic() >= end || size == CONSOLE_MAX)
			return rc_fail(err, RC_TIMEOUT,
			    "the probe machine did not report within %d s", PATIENCE);
		poll(fds, 2, 1000);
		if (watch)
			rc_watch_read(watch, &v->sightings);
		if (!fds[0].revents)
			continue;
		n = read(fds[0].fd, text + size, CONSOLE_MAX - size);
		if (n <= 0)
			return rc_fail(
			    err, RC_FAILED, "the probe machine ended before it reported");
		size += (size_t)n;
		if (memchr(text + size - (size_t)n, '\n', (size_t)n))
			look_for_report(v, text, size);
	}
	return 0;
}

/* With nobody in between: the live document must carry the filter, and the host is watched. */
static int
probe(struct verify *v, struct rc_error *err)
{
	const struct rc_appliance *a = &v->creation.work.appliance;
	struct rc_virt *virt = v->session->virt;
	scoped(rc_str_release) char *live = NULL, *device = NULL, *bridge = NULL;
	scoped(rc_watch_release) struct rc_watch *watch = NULL;
	struct rc_console *console = NULL;
	struct rc_error ignored;
	int result;

	if (rc_virt_live_xml(virt, a->uuid, &live, err) < 0 ||
	    rc_domain_xml_check_filter(live, a, err) < 0 ||
	    rc_live_link(&device, &bridge, live, err) < 0 ||
	    (v->facts.facts.ip6 && rc_host_pin(bridge, a->ip6, a->mac, err) < 0) ||
	    (v->facts.facts.watched && rc_watch_open(&watch, &v->probes, device, bridge, err) < 0))
		return -1;
	rc_run_step(&v->session->run, "%zu probes from inside", v->probes.count);
	result = rc_virt_probe_run(&console, virt, a->uuid, err);
	if (result == 0)
		result = follow(v, console, watch, err);
	/* Its end is also the end of its console, and of the thread that listens. */
	if (rc_virt_probe_end(virt, a->uuid, result == 0 ? err : &ignored) < 0)
		result = -1;
	rc_console_release(&console);
	if (watch)
		rc_watch_read(watch, &v->sightings);
	return result;
}

static void
judge(struct verify *v, struct rc_verification *ret)
{
	*ret = (struct rc_verification){ .count = v->probes.count,
		.lines = rc_alloc(v->probes.count, sizeof(*ret->lines)),
		.filter = rc_strdup(v->creation.work.appliance.filter),
		.image = rc_strdup(v->image.reference),
		.watched = v->facts.facts.watched,
		.emulated = v->creation.work.appliance.emulated };
	for (size_t i = 0; i < v->probes.count; i++) {
		const struct rc_probe *p = &v->probes.items[i];
		struct rc_finding f = rc_probe_judge(&v->probes, i, &v->report, &v->sightings);

		ret->lines[i] = (struct rc_verify_line){ .code = rc_strdup(p->code),
			.target = rc_strdup(p->target),
			.works = rc_probe_must_work(p),
			.verdict = f.verdict,
			.detail = f.detail[0] ? rc_strdup(f.detail) : NULL };
	}
}

int
rc_verify(struct rc_session *session, const struct rc_verify_wish *wish,
    struct rc_verification *ret, struct rc_error *err)
{
	scoped(verify_release) struct verify v = { .session = session };
	scoped(rc_fd_release) int lock = -1;
	struct rc_error failed;
	int result;

	if (rc_lock_take(&lock, RC_VERIFY_NAME, 10, &session->run, err) < 0)
		return -1;
	result = prepare(&v, wish, err);
	if (result == 0) {
		result = start(&v, wish, err) < 0 ? -1 : probe(&v, err);
		rc_run_step(&session->run, "remove the probe machine");
		rc_isolation_forget(session, &v.creation.work.appliance);
		if (rc_throwaway_remove(&v.creation.work, &failed) < 0)
			rc_run_warn(&session->run, "something is left of it, which gc removes: %s",
			    failed.text);
	}
	rc_run_steps_end(&session->run);
	if (result == 0)
		judge(&v, ret);
	return result;
}
