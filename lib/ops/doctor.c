/*
 * doctor looks, and with fix puts right what can be put right without a decision:
 * the isolation of running appliances.  What the host lacks is the operator's.
 */
#include "ops/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "base/str.h"
#include "host/gitlab.h"
#include "host/hardening.h"
#include "host/kvm.h"
#include "host/networks.h"
#include "host/virt_network.h"
#include "host/virt_room.h"
#include "ops/checks.h"
#include "ops/fleet.h"
#include "ops/images.h"
#include "ops/registration.h"
#include "ops/repair.h"

#define OLDEST_LIBVIRT 9000000 /* 9.0.0, as virConnectGetLibVersion() counts */
#define LITTLE_SPACE (UINT64_C(10) << 30)

static void
check_confinement(
    const struct rc_host_facts *host, const struct rc_hardening *hardening, struct rc_checks *to)
{
	bool confined =
	    strcmp(host->security, "apparmor") == 0 || strcmp(host->security, "selinux") == 0;

	if (!confined)
		rc_checks_add(to, "confinement", RC_CHECK_NOTE, "qemu is not confined by the host")
		    ->hint =
		    rc_strdup("enable AppArmor or SELinux, and security_require_confined in "
			      "qemu.conf");
	else if (!hardening->require_confined)
		rc_checks_add(to, "confinement", RC_CHECK_NOTE,
		    "qemu is confined by %s, but would start without, too", host->security)
		    ->hint = rc_strdup("set security_require_confined = 1 in qemu.conf");
	else
		rc_checks_add(to, "confinement", RC_CHECK_OK, "qemu is confined by %s, and must be",
		    host->security);
}

static void
check_libvirt(
    struct rc_session *session, const struct rc_hardening *hardening, struct rc_checks *to)
{
	struct rc_host_facts host;
	struct rc_error err;
	char memory[16];

	if (rc_virt_host(session->virt, &host, &err) < 0) {
		rc_checks_add_error(to, "libvirt", RC_CHECK_BAD, &err);
		return;
	}
	if (host.libvirt < OLDEST_LIBVIRT)
		rc_checks_add(to, "libvirt", RC_CHECK_BAD, "libvirt %lu.%lu is too old",
		    host.libvirt / 1000000, host.libvirt / 1000 % 1000)
		    ->hint = rc_strdup("9.0 or newer is needed");
	else
		rc_checks_add(to, "libvirt", RC_CHECK_OK, "libvirt %lu.%lu, %u CPUs, %s of memory",
		    host.libvirt / 1000000, host.libvirt / 1000 % 1000, host.cpus,
		    rc_size_format(memory, host.memory));
	check_confinement(&host, hardening, to);
}

/* Filters of the ethernet layer do not depend on it; others on this host may. */
static void
check_bridge_calls(const struct rc_hardening *hardening, struct rc_checks *to)
{
	if (hardening->bridge_calls[0] == RC_NO_NUMBER)
		rc_checks_add(
		    to, "bridge-calls", RC_CHECK_OK, "bridged frames pass no rules of iptables");
	else
		rc_checks_add(to, "bridge-calls", RC_CHECK_OK,
		    "bridge-nf-call-iptables is %d, -ip6tables %d, -arptables %d: the filter holds "
		    "either way",
		    hardening->bridge_calls[0], hardening->bridge_calls[1],
		    hardening->bridge_calls[2]);
}

/* What builds could tell of each other, or leave behind, by way of the machine itself. */
static void
check_hardening(const struct rc_hardening *h, struct rc_checks *to)
{
	const struct {
		const char *code;
		bool bad;
		const char *well, *text, *hint;
	} rows[] = {
		{ "shared-memory", h->shared_pages == 1, "no pages are shared between domains",
		    "pages of equal content are shared between domains (KSM)",
		    "how long a write takes tells what a neighbour has; switch it off: echo 2 "
		    ">/sys/kernel/mm/ksm/run" },
		{ "shared-cores", h->shared_cores == 1, "no core has two threads",
		    "two domains may share a core (SMT)",
		    "set sched_core = \"vcpus\" in qemu.conf, or switch SMT off" },
		{ "swap", h->swap, "guests' memory is never written to a disk",
		    "guests' memory may be written to the host's swap",
		    "encrypt it, or go without" },
		{ "cpu", h->vulnerable[0] != '\0', "the kernel knows no open weakness of the CPU",
		    "the kernel says that the CPU is vulnerable",
		    "update kernel and microcode; see /sys/devices/system/cpu/vulnerabilities" },
	};

	for (size_t i = 0; i < RC_COUNT(rows); i++)
		if (!rows[i].bad)
			rc_checks_add(to, rows[i].code, RC_CHECK_OK, "%s", rows[i].well);
		else
			rc_checks_add(to, rows[i].code, RC_CHECK_NOTE, "%s%s%s", rows[i].text,
			    strcmp(rows[i].code, "cpu") == 0 ? ": " : "",
			    strcmp(rows[i].code, "cpu") == 0 ? h->vulnerable : "")
			    ->hint = rc_strdup(rows[i].hint);
}

static void
check_accel(struct rc_session *session, struct rc_checks *to)
{
	struct rc_error err;
	bool emulate;

	if (rc_session_emulate(session, &emulate, &err) < 0)
		rc_checks_add_error(to, "accel", RC_CHECK_BAD, &err);
	else if (emulate)
		rc_checks_add(
		    to, "accel", RC_CHECK_NOTE, "appliances are emulated: no security boundary")
		    ->hint = rc_strdup("use KVM for builds that are not trusted");
	else
		rc_checks_add(to, "accel", RC_CHECK_OK, "KVM runs");
}

static void
check_storage(struct rc_session *session, struct rc_checks *to)
{
	scoped(rc_image_release) struct rc_image image = { 0 };
	const char *wanted = session->config.image;
	scoped(rc_pool_space_release) struct rc_pool_space space = { 0 };
	struct rc_error err;
	char size[16];

	if (rc_virt_pool_space(session->virt, &space, &err) < 0)
		rc_checks_add_error(to, "pool", RC_CHECK_BAD, &err);
	else if (!space.path)
		rc_checks_add(to, "pool", RC_CHECK_NOTE, "there is no storage pool yet")->hint =
		    rc_strdup("it is made when it is needed");
	else if (space.free < LITTLE_SPACE)
		rc_checks_add(to, "pool", RC_CHECK_NOTE, "%s are free in the storage pool",
		    rc_size_format(size, space.free))
		    ->hint = rc_strdup("appliances stop when their disks cannot grow");
	else
		rc_checks_add(to, "pool", RC_CHECK_OK, "%s are free in the storage pool",
		    rc_size_format(size, space.free));
	if (rc_image_find(session, wanted, &image, &err) < 0)
		rc_checks_add_error(to, "image", RC_CHECK_BAD, &err);
	else
		rc_checks_add(to, "image", RC_CHECK_OK, "%s is whole", image.reference);
}

static void
check_network(struct rc_session *session, struct rc_checks *to)
{
	scoped(rc_network_release) struct rc_network network = { 0 };
	scoped(rc_str_release) char *listing = NULL;
	struct rc_error err;

	if (rc_virt_network_read(session->virt, &network, &err) == 0)
		rc_checks_add(to, "network", RC_CHECK_OK, "%s/%u, %zu addresses taken",
		    network.gateway, network.prefix, network.count);
	else if (err.code == RC_NOT_FOUND)
		rc_checks_add(to, "network", RC_CHECK_NOTE, "there is no network yet")->hint =
		    rc_strdup("it is made when it is needed");
	else
		rc_checks_add_error(to, "network", RC_CHECK_BAD, &err);
	if (!rc_virt_is_local(session->virt))
		rc_checks_add(to, "rules", RC_CHECK_NOTE,
		    "whether another host filters cannot be seen from here")
		    ->hint =
		    rc_strdup("run doctor there, and set deny in [isolation] to its networks");
	else if (rc_host_ebtables(&listing, &err) < 0)
		rc_checks_add_error(to, "rules", RC_CHECK_BAD, &err);
	else
		rc_checks_add(
		    to, "rules", RC_CHECK_OK, "the kernel's ethernet-layer rules can be read");
}

static void
check_gitlab(struct rc_session *session, struct rc_checks *to)
{
	scoped(rc_registration_release) struct rc_registration registration = { 0 };
	const struct rc_registration_wish wish = { 0 };
	struct rc_error err;
	bool given;

	if (!session->config.token_file) {
		rc_checks_add(to, "gitlab", RC_CHECK_NOTE, "the configuration has no token")->hint =
		    rc_strdup("without one, rotation cannot make runners, and gc cannot look for "
			      "them");
		return;
	}
	if (rc_registration_open(&registration, &given, session, &wish, &err) < 0)
		rc_checks_add_error(to, "gitlab", RC_CHECK_BAD, &err);
	else
		rc_checks_add(to, "gitlab", RC_CHECK_OK, "%s takes the token", registration.url);
}

static struct rc_check *
add_repair(struct rc_checks *to, const struct rc_repair *repair)
{
	const char *exposed = repair->found == RC_EXPOSED ? "EXPOSED: " : "";
	const char *cut = repair->cut ? ": its link is down now" : "";
	struct rc_check *check;

	if (repair->error.code != RC_OK) {
		check = rc_checks_add(to, "isolation", RC_CHECK_BAD, "%s%s%s: %s", exposed,
		    repair->why, cut, repair->error.text);
		check->hint = rc_strdup(repair->error.hint);
		return check;
	}
	check = rc_checks_add(to, "isolation",
	    repair->found == RC_OUTDATED ? RC_CHECK_NOTE : RC_CHECK_BAD, "%s%s%s", exposed,
	    repair->why, cut);
	check->hint = rc_strdup("repair it with: runnerctl doctor --fix");
	return check;
}

static struct rc_check *
check_one(struct rc_session *session, struct rc_repair *repair, const struct rc_appliance *a,
    bool fix, struct rc_checks *to)
{
	if (fix)
		rc_run_step(&session->run, "isolate %s.%u", a->name, a->generation);
	rc_repair(repair, session, a, fix, 10);
	if (repair->found == RC_ISOLATED)
		return rc_checks_add(to, "isolation", RC_CHECK_OK, "behind its filter%s%s",
		    a->holes && *a->holes ? ", with holes for " : "", a->holes ? a->holes : "");
	if (repair->found == RC_UNREADABLE)
		return rc_checks_add(
		    to, "isolation", RC_CHECK_NOTE, "it is not known: %s", repair->why);
	if (repair->fixed)
		return rc_checks_add(to, "isolation", RC_CHECK_FIXED, "%s: repaired", repair->why);
	return add_repair(to, repair);
}

int
rc_doctor(struct rc_session *session, bool fix, struct rc_checks *ret, struct rc_error *err)
{
	scoped(rc_repair_release) struct rc_repair repair = { 0 };
	scoped(rc_fleet_release) struct rc_fleet fleet = { 0 };
	struct rc_hardening hardening;

	if (rc_fleet_read(session, &fleet, err) < 0)
		return -1;
	*ret = (struct rc_checks){ 0 };
	rc_run_step(&session->run, "look at the host");
	rc_hardening_read(&hardening, "");
	check_libvirt(session, &hardening, ret);
	check_accel(session, ret);
	check_storage(session, ret);
	check_network(session, ret);
	check_gitlab(session, ret);
	if (rc_virt_is_local(session->virt)) {
		check_bridge_calls(&hardening, ret);
		check_hardening(&hardening, ret);
	}
	for (size_t i = 0; i < fleet.count; i++)
		if (fleet.items[i].domain.active)
			check_one(session, &repair, &fleet.items[i].appliance, fix, ret)->about =
			    rc_appliance_domain(&fleet.items[i].appliance);
	rc_run_steps_end(&session->run);
	return 0;
}
