/*
 * One mechanism for everything that may change: template, holes, the host's
 * addresses, GitLab's address.  All of it is in the filter's content, hence in
 * its name; an appliance whose filter has another name than the plan's is moved
 * behind the new one, running or not.
 */
#include "ops/isolation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "core/domain_xml.h"
#include "core/ebtables.h"
#include "core/interface_xml.h"
#include "core/live_link.h"
#include "host/lock.h"
#include "host/networks.h"
#include "host/pinned.h"
#include "host/virt_interface.h"
#include "host/virt_network.h"
#include "ops/fleet.h"
#include "ops/images.h"

int
rc_isolation_choose(struct rc_session *session, struct rc_appliance *a, const char *url,
    bool only_look, struct rc_error *err)
{
	scoped(rc_isolation_release) struct rc_isolation plan = { 0 };

	if (rc_isolation_plan(&plan, session, a, url, err) < 0 ||
	    (!only_look && rc_virt_filter_ensure(session->virt, &plan.filter, err) < 0))
		return -1;
	rc_str_set(&a->filter, plan.filter.name);
	rc_str_set(&a->holes, plan.holes);
	a->rules[0] = '\0';
	return 0;
}

/* Nobody asks a guest which MAC has its IPv6 address: the kernel is told. */
static int
pin(const struct rc_session *session, const struct rc_appliance *a, const char *xml,
    struct rc_error *err)
{
	scoped(rc_str_release) char *device = NULL, *bridge = NULL;

	if (!a->ip6 || !session->config.ipv6)
		return 0;
	if (rc_live_link(&device, &bridge, xml, err) < 0)
		return -1;
	return rc_host_pin(bridge, a->ip6, a->mac, err);
}

static bool
is_pinned(const struct rc_session *session, const struct rc_appliance *a)
{
	scoped(rc_str_release) char *device = NULL, *bridge = NULL, *xml = NULL;
	struct rc_error ignored;

	if (!a->ip6 || !session->config.ipv6 || !rc_virt_is_local(session->virt))
		return true;
	return rc_virt_live_xml(session->virt, a->uuid, &xml, &ignored) == 0 &&
	       rc_live_link(&device, &bridge, xml, &ignored) == 0 &&
	       rc_host_is_pinned(bridge, a->ip6, a->mac);
}

void
rc_isolation_forget(struct rc_session *session, const struct rc_appliance *a)
{
	scoped(rc_network_release) struct rc_network network = { 0 };
	struct rc_error ignored;

	if (a->ip6 && rc_virt_is_local(session->virt) &&
	    rc_virt_network_read(session->virt, &network, &ignored) == 0 && network.bridge)
		/* Whoever gets the address next says anew whose it is. */
		(void)!rc_host_unpin(network.bridge, a->ip6, &ignored);
}

/* While the link is down nothing comes out, whatever the kernel's rules are. */
static int
move_running(struct rc_session *session, struct rc_appliance *a, const char *filter,
    const char *tap, struct rc_error *err)
{
	if (rc_virt_interface_update(session->virt, a->uuid, NULL, false, err) < 0)
		return -1;
	if (filter ? rc_virt_interface_update(session->virt, a->uuid, filter, false, err) < 0
		   : rc_virt_interface_rebind(session->virt, a->uuid, tap, err) < 0)
		return -1;
	if (rc_virt_is_local(session->virt) && !rc_host_port_isolated(tap) &&
	    rc_host_isolate_port(tap, err) < 0)
		return -1;
	if (rc_isolation_confirm(session, a, err) < 0)
		return -1;
	return rc_virt_interface_update(session->virt, a->uuid, NULL, true, err);
}

static int
apply(struct rc_session *session, struct rc_appliance *a, struct rc_error *err)
{
	scoped(rc_interface_release) struct rc_interface interface = { 0 };
	scoped(rc_str_release) char *xml = NULL;
	bool active, moves;

	if (rc_isolation_choose(session, a, a->url, false, err) < 0 ||
	    rc_virt_is_active(session->virt, a->uuid, &active, err) < 0 ||
	    rc_virt_live_xml(session->virt, a->uuid, &xml, err) < 0 ||
	    rc_interface_read(&interface, xml, err) < 0)
		return -1;
	moves = !interface.filter || strcmp(interface.filter, a->filter) != 0;
	if (!active && moves &&
	    rc_virt_interface_define(session->virt, a->uuid, a->filter, err) < 0)
		return -1;
	if (active && move_running(session, a, moves ? a->filter : NULL, interface.tap, err) < 0)
		return -1;
	return rc_fleet_record(session, a, err);
}

int
rc_isolation_apply(struct rc_session *session, struct rc_appliance *a, struct rc_error *err)
{
	scoped(rc_fd_release) int lock = -1;

	/* A filter that no domain refers to yet may be cleaned away. */
	if (rc_lock_take(&lock, RC_DEFINE_LOCK, 60, &session->run, err) < 0)
		return -1;
	return apply(session, a, err);
}

void
rc_isolation_look_release(struct rc_isolation_look *look)
{
	free(look->listing);
	free(look->allow);
	free(look->url);
	free(look->filter);
	*look = (struct rc_isolation_look){ 0 };
}

/* The rules of all devices are one listing, which is a program to be run. */
static const char *
list_rules(struct rc_isolation_look *look)
{
	if (!look->listed && rc_host_ebtables(&look->listing, &look->list_error) < 0)
		look->listing = NULL;
	look->listed = true;
	return look->listing;
}

/* The hash of the kernel's rules for the interface in xml. */
static enum rc_confidence
read_rules(struct rc_session *session, struct rc_isolation_look *look, const char *xml,
    char rules[17], char why[200])
{
	scoped(rc_interface_release) struct rc_interface interface = { 0 };
	struct rc_error err;

	if (rc_interface_read(&interface, xml, &err) < 0 || !interface.tap) {
		snprintf(why, 200, "it has no network interface");
		return RC_EXPOSED;
	}
	if (!rc_virt_is_local(session->virt)) {
		snprintf(why, 200, "another host's kernel cannot be asked from here");
		return RC_UNREADABLE;
	}
	if (!list_rules(look)) {
		snprintf(why, 200, "%.190s", look->list_error.text);
		return RC_UNREADABLE;
	}
	if (!rc_ebtables_rules(rules, look->listing, interface.tap)) {
		snprintf(why, 200, "the kernel does not filter %s", interface.tap);
		return RC_EXPOSED;
	}
	if (!rc_host_port_isolated(interface.tap)) {
		snprintf(why, 200, "%s is not isolated from other appliances", interface.tap);
		return RC_EXPOSED;
	}
	return RC_ISOLATED;
}

static bool
link_is_down(const char *xml)
{
	scoped(rc_interface_release) struct rc_interface interface = { 0 };
	struct rc_error ignored;

	return rc_interface_read(&interface, xml, &ignored) == 0 && !interface.link_up;
}

bool
rc_isolation_is_cut(struct rc_session *session, const struct rc_appliance *a)
{
	scoped(rc_str_release) char *xml = NULL;
	struct rc_error ignored;

	return rc_virt_live_xml(session->virt, a->uuid, &xml, &ignored) == 0 && link_is_down(xml);
}

static enum rc_confidence
check_kernel(struct rc_session *session, struct rc_isolation_look *look,
    const struct rc_appliance *a, char why[200])
{
	scoped(rc_str_release) char *xml = NULL;
	enum rc_confidence confidence;
	struct rc_error err;
	char rules[17];

	why[0] = '\0';
	if (rc_virt_live_xml(session->virt, a->uuid, &xml, &err) < 0) {
		snprintf(why, 200, "%.190s", err.text);
		return RC_UNREADABLE;
	}
	if (link_is_down(xml)) {
		snprintf(why, 200, "its network link is down");
		return RC_CUT_OFF;
	}
	if (rc_domain_xml_check_filter(xml, a, &err) < 0) {
		snprintf(why, 200, "%.190s", err.text);
		return RC_EXPOSED;
	}
	confidence = read_rules(session, look, xml, rules, why);
	if (confidence == RC_ISOLATED && strcmp(rules, a->rules) != 0) {
		snprintf(why, 200, "the kernel's rules are not those that it was started with");
		return RC_EXPOSED;
	}
	return confidence;
}

static bool
is_same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Appliances with the same holes, the same GitLab, and IPv6 or not, are behind the same filter. */
const char *
rc_isolation_filter(
    struct rc_session *session, struct rc_isolation_look *look, const struct rc_appliance *a)
{
	scoped(rc_isolation_release) struct rc_isolation plan = { 0 };

	if (look->planned && look->ipv6 == (a->ip6 != NULL) && is_same(look->allow, a->allow) &&
	    is_same(look->url, a->url))
		return look->filter;
	look->planned = true;
	look->ipv6 = a->ip6 != NULL;
	rc_str_set(&look->allow, a->allow);
	rc_str_set(&look->url, a->url);
	rc_str_set(&look->filter, NULL);
	if (rc_isolation_plan(&plan, session, a, a->url, &look->plan_error) == 0)
		rc_str_set(&look->filter, plan.filter.name);
	return look->filter;
}

enum rc_confidence
rc_isolation_state(struct rc_session *session, struct rc_isolation_look *look,
    const struct rc_appliance *a, char why[200])
{
	enum rc_confidence found = check_kernel(session, look, a, why);
	const char *filter;

	if (found != RC_ISOLATED && found != RC_UNREADABLE)
		return found;
	filter = rc_isolation_filter(session, look, a);
	if (!filter) {
		snprintf(
		    why, 200, "what it should be cannot be told: %.150s", look->plan_error.text);
		return RC_UNREADABLE;
	}
	if (strcmp(filter, a->filter) != 0) {
		snprintf(why, 200, "its network filter is outdated");
		return RC_OUTDATED;
	}
	if (!is_pinned(session, a)) {
		snprintf(why, 200, "the host does not know that its IPv6 address is its own");
		return RC_OUTDATED;
	}
	return found;
}

int
rc_isolation_confirm(struct rc_session *session, struct rc_appliance *a, struct rc_error *err)
{
	scoped(rc_isolation_look_release) struct rc_isolation_look look = { 0 };
	scoped(rc_str_release) char *xml = NULL;
	enum rc_confidence found;
	char why[200];

	if (rc_virt_live_xml(session->virt, a->uuid, &xml, err) < 0 ||
	    rc_domain_xml_check_filter(xml, a, err) < 0)
		return -1;
	a->rules[0] = '\0';
	found = read_rules(session, &look, xml, a->rules, why);
	/* Without rules to compare with, the next look would call it exposed. */
	if (found == RC_UNREADABLE && look.listed && geteuid() == 0) {
		*err = look.list_error;
		return -1;
	}
	if (found == RC_EXPOSED) {
		rc_fail(err, RC_HOST, "%s", why);
		return rc_hint(err, "is something else at work on this host's ebtables?");
	}
	return pin(session, a, xml, err);
}
