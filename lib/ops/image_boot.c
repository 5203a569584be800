/*
 * image verify --boot: an image against CONTRACT.md, by booting it once.  The
 * machine is an appliance in all but its runner: its configuration names a GitLab
 * that does not exist.  What the guest says is believed only where it tells
 * against the image; what the host can see for itself is not asked of it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "core/injection.h"
#include "core/mounts.h"
#include "core/serial_log.h"
#include "host/clock.h"
#include "host/lock.h"
#include "host/virt_network.h"
#include "host/virt_probe.h"
#include "ops/admission.h"
#include "ops/checks.h"
#include "ops/disks.h"
#include "ops/draining.h"
#include "ops/generation.h"
#include "ops/guest.h"
#include "ops/image_verbs.h"
#include "ops/isolation.h"
#include "ops/serial.h"
#include "ops/throwaway.h"

#define NAME "runnerctl-check"
#define POWER_OFF 180 /* seconds that a guest without jobs may take */

struct boot {
	struct rc_session *session;
	struct rc_ground ground;
	struct rc_image image;
	struct rc_registration registration; /* none: it says nothing */
	struct rc_creation creation;
	struct rc_outcome outcome;
	struct rc_checks *checks;
	int64_t begun;
};

static const struct rc_appliance *
appliance(const struct boot *b)
{
	return &b->creation.work.appliance;
}

static int
prepare(struct boot *b, const char *reference, struct rc_error *err)
{
	struct rc_session *session = b->session;
	const struct rc_config *config = &session->config;
	struct rc_appliance *a = &b->creation.work.appliance;
	struct rc_generation_wish machine = {
		.name = NAME, .generation = 1, .profile = config->profile
	};

	if (rc_limits_choose(&machine.limits, config, config->profile, &machine.own, err) < 0 ||
	    rc_ground_survey(&b->ground, session, false, err) < 0 ||
	    rc_ground_lay(&b->ground, false, err) < 0 ||
	    rc_image_find(session, reference, &b->image, err) < 0 ||
	    rc_image_fits(session, &b->image, machine.limits.disk, err) < 0)
		return -1;
	b->creation.ground = &b->ground;
	b->creation.image = &b->image;
	b->creation.work.session = session;
	b->creation.work.outcome = &b->outcome;
	b->creation.work.registration = &b->registration;
	rc_creation_begin(&b->creation, &machine);
	if (rc_throwaway_prepare(&b->creation.work, err) < 0)
		return -1;
	rc_str_set(&a->url, "https://gitlab.invalid");
	rc_str_set(&b->creation.work.token, "glrt-none");
	rc_system_id(a->system_id, a->uuid);
	a->runner_id = 1;
	return rc_isolation_choose(session, a, config->url, false, err);
}

/* As verify has it: paused, then its address, so that gc takes neither for litter. */
static int
start(struct boot *b, struct rc_error *err)
{
	struct rc_session *session = b->session;
	struct rc_work *work = &b->creation.work;
	scoped(rc_fd_release) int lock = -1;
	scoped(rc_network_release) struct rc_network network = { 0 };
	scoped(rc_str_release) char *xml = NULL;

	if (rc_disk_make(work, &b->image.manifest, err) < 0 || rc_inject_run_all(&work, 1, err) < 0)
		return -1;
	rc_run_step(&session->run, "start " NAME);
	if (rc_lock_take(&lock, RC_DEFINE_LOCK, 60, &session->run, err) < 0 ||
	    rc_image_still_there(session, &b->image, err) < 0 ||
	    rc_virt_network_read(session->virt, &network, err) < 0 ||
	    rc_admit(session, &work->appliance, RC_ADMIT_ALONE, err) < 0 ||
	    rc_network_pick(&work->appliance.ip, &network, err) < 0 ||
	    rc_creation_document(work, &xml, err) < 0 ||
	    rc_virt_probe_start(session->virt, xml, err) < 0 ||
	    rc_virt_reserve(session->virt, work->appliance.mac, work->appliance.ip, err) < 0)
		return -1;
	b->begun = rc_clock_monotonic();
	return rc_virt_probe_resume(session->virt, work->appliance.uuid, err);
}

/* Something that is true after a while, or never. */
static int
wait_for(
    struct boot *b, bool (*is_so)(struct boot *b), int64_t seconds, bool *ret, struct rc_error *err)
{
	int64_t end = rc_clock_monotonic() + seconds;

	for (*ret = false; !*ret && rc_clock_monotonic() < end; rc_clock_wait(1)) {
		scoped(rc_str_release) char *line = rc_serial_last(b->session, appliance(b));

		if (rc_run_check(&b->session->run, err) < 0)
			return -1;
		*ret = is_so(b);
		if (!*ret && (rc_serial_is_end(line) || rc_is_off(b->session, appliance(b))))
			break;
	}
	return 0;
}

static bool
agent_answers(struct boot *b)
{
	struct rc_guest_bytes bytes = { 0 };
	struct rc_error ignored;
	bool answers = rc_guest_file(b->session, appliance(b)->uuid, "/proc/sys/kernel/hostname",
			   &bytes, &ignored) == 0;

	free(bytes.bytes);
	return answers;
}

static bool
docker_is_there(struct boot *b)
{
	struct rc_guest_status status;
	struct rc_error ignored;

	return rc_guest_status(b->session, appliance(b)->uuid, &status, &ignored) == 0 &&
	       strcmp(status.docker, "ok") == 0;
}

static void
check_serial(struct boot *b)
{
	scoped(rc_str_release) char *line = rc_serial_last(b->session, appliance(b));

	if (!rc_virt_is_local(b->session->virt))
		rc_checks_add(b->checks, "serial", RC_CHECK_NOTE,
		    "the serial log of another host cannot be seen from here");
	else if (!*line)
		rc_checks_add(
		    b->checks, "serial", RC_CHECK_BAD, "nothing came over its serial line")
		    ->hint = rc_strdup("its kernel needs console=ttyS0 (ttyAMA0 on aarch64)");
	else
		rc_checks_add(b->checks, "serial", RC_CHECK_OK, "the last it said: %s", line);
}

static void
check_agent(struct boot *b)
{
	scoped(rc_strv_release) struct rc_strv harmful = { 0 };
	scoped(rc_str_release) char *names = NULL;
	struct rc_strv shown;
	struct rc_error err;

	if (rc_guest_harmful_calls(b->session, appliance(b)->uuid, &harmful, &err) < 0) {
		rc_checks_add_error(b->checks, "agent-calls", RC_CHECK_NOTE, &err);
		return;
	}
	shown = (struct rc_strv){ harmful.items, harmful.count < 4 ? harmful.count : 4 };
	names = rc_strv_join(&shown, ", ");
	rc_str_to_line(names);
	if (harmful.count)
		rc_checks_add(b->checks, "agent-calls", RC_CHECK_BAD,
		    "the guest agent would do more than it should, %zu calls: %.200s%s",
		    harmful.count, names, shown.count < harmful.count ? ", ..." : "")
		    ->hint = rc_strdup("give qemu-ga a block-rpcs list with guest-exec and all "
				       "else in it");
	else
		rc_checks_add(
		    b->checks, "agent-calls", RC_CHECK_OK, "the guest agent does nothing harmful");
}

static void
check_status(struct boot *b, bool docker)
{
	bool disk = b->image.manifest.layout == RC_LAYOUT_DISK;
	struct rc_guest_status status;
	struct rc_error err;

	if (rc_guest_status(b->session, appliance(b)->uuid, &status, &err) < 0) {
		rc_checks_add_error(b->checks, "status", disk ? RC_CHECK_NOTE : RC_CHECK_BAD, &err);
		return;
	}
	rc_checks_add(b->checks, "status", RC_CHECK_OK, "the status document is there");
	rc_checks_add(b->checks, "docker", docker || disk ? RC_CHECK_OK : RC_CHECK_BAD,
	    "docker is %.20s", *status.docker ? status.docker : "not known");
}

/* What a file of the guest says, without the line's end; "" if it says nothing. */
static char *
guest_line(struct boot *b, const char *path)
{
	struct rc_guest_bytes bytes = { 0 };
	struct rc_error ignored;

	if (rc_guest_file(b->session, appliance(b)->uuid, path, &bytes, &ignored) < 0)
		return rc_strdup("");
	bytes.bytes[strcspn(bytes.bytes, "\n")] = '\0';
	if (bytes.size > 100)
		bytes.bytes[100] = '\0';
	rc_str_to_line(bytes.bytes);
	return bytes.bytes;
}

static void
check_identity(struct boot *b)
{
	scoped(rc_str_release) char *name = guest_line(b, "/proc/sys/kernel/hostname");
	scoped(rc_str_release) char *id = guest_line(b, "/etc/machine-id");
	char uuid[RC_MACHINE_ID];

	rc_machine_id(uuid, appliance(b)->uuid);
	rc_checks_add(b->checks, "hostname",
	    strcmp(name, NAME ".1") == 0 ? RC_CHECK_OK : RC_CHECK_BAD, "it calls itself %s",
	    *name ? name : "nothing");
	rc_checks_add(b->checks, "machine-id", strcmp(id, uuid) == 0 ? RC_CHECK_OK : RC_CHECK_BAD,
	    strcmp(id, uuid) == 0 ? "it is the VM's UUID" : "it is '%s', not the VM's UUID", id);
}

/* By the order in which the domain has them, which is ours. */
static void
check_mounts(struct boot *b)
{
	struct rc_guest_bytes mounts = { 0 };
	struct rc_error err;
	bool writable;

	if (b->image.manifest.layout == RC_LAYOUT_DISK)
		return;
	if (rc_guest_file(b->session, appliance(b)->uuid, "/proc/mounts", &mounts, &err) < 0) {
		rc_checks_add_error(b->checks, "read-only", RC_CHECK_NOTE, &err);
		return;
	}
	writable = rc_mounts_writable(mounts.bytes, "/dev/vda") ||
		   rc_mounts_writable(mounts.bytes, "/dev/vdb");
	rc_checks_add(b->checks, "read-only", writable ? RC_CHECK_BAD : RC_CHECK_OK,
	    writable ? "root or config disk is mounted for writing"
		     : "root and config disk are not mounted for writing");
	free(mounts.bytes);
}

/* As destroy asks for it. */
static int
check_power_off(struct boot *b, struct rc_error *err)
{
	struct rc_session *session = b->session;
	struct rc_drain_watch watch = rc_drain_watch_begin();

	rc_run_step(&session->run, "power off " NAME);
	if (rc_drain_ask(session, appliance(b), err) == 0 &&
	    rc_drain_wait(session, appliance(b), &watch, POWER_OFF, err) == 0) {
		rc_checks_add(b->checks, "power-off", RC_CHECK_OK,
		    "an orderly power-off took %lld s",
		    (long long)(rc_clock_monotonic() - watch.begin));
		return 0;
	}
	if (rc_run_stopped(&session->run))
		return rc_run_check(&session->run, err);
	rc_checks_add_error(b->checks, "power-off", RC_CHECK_BAD, err);
	return 0;
}

static int
check(struct boot *b, struct rc_error *err)
{
	int64_t patience = b->session->config.ready_timeout;
	bool agent, docker = false;

	rc_run_step(&b->session->run, "wait for the guest agent of " NAME);
	if (wait_for(b, agent_answers, patience, &agent, err) < 0)
		return -1;
	if (agent) {
		rc_checks_add(b->checks, "agent", RC_CHECK_OK,
		    "the guest agent answers after %lld s",
		    (long long)(rc_clock_monotonic() - b->begun));
		rc_run_step(&b->session->run, "wait for docker of " NAME);
		/* Of a disk that publishes no status it would never be known. */
		if (b->image.manifest.layout == RC_LAYOUT_APPLIANCE &&
		    wait_for(b, docker_is_there, patience, &docker, err) < 0)
			return -1;
		check_agent(b);
		check_status(b, docker);
		check_identity(b);
		check_mounts(b);
	} else {
		rc_checks_add(b->checks, "agent", RC_CHECK_BAD,
		    "the guest agent did not answer within %lld s, and most cannot be asked",
		    (long long)patience);
	}
	check_serial(b);
	return check_power_off(b, err);
}

static void
boot_release(struct boot *b)
{
	rc_ground_release(&b->ground);
	rc_image_release(&b->image);
	rc_work_release(&b->creation.work);
}

int
rc_image_boot(
    struct rc_session *session, const char *reference, struct rc_checks *ret, struct rc_error *err)
{
	scoped(boot_release) struct boot boot = { .session = session };
	scoped(rc_fd_release) int lock = -1;
	struct rc_checks checks = { 0 };
	struct rc_error failed;
	int result;

	boot.checks = &checks;
	if (rc_lock_take(&lock, NAME, 10, &session->run, err) < 0)
		return -1;
	result = prepare(&boot, reference, err);
	if (result == 0) {
		result = start(&boot, err) < 0 ? -1 : check(&boot, err);
		rc_run_step(&session->run, "remove " NAME);
		if (rc_throwaway_remove(&boot.creation.work, &failed) < 0)
			rc_run_warn(&session->run, "something is left of it, which gc removes: %s",
			    failed.text);
	}
	rc_run_steps_end(&session->run);
	if (result == 0)
		*ret = checks;
	else
		rc_checks_release(&checks);
	return result;
}
