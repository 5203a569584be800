/* The appliances that the libvirt host knows: its domains with our metadata. */
#include "ops/fleet.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/metadata.h"

static int
by_name(const void *left, const void *right)
{
	const struct rc_appliance *a = &((const struct rc_member *)left)->appliance;
	const struct rc_appliance *b = &((const struct rc_member *)right)->appliance;
	int order = strcmp(a->name, b->name);

	if (order)
		return order;
	return (a->generation > b->generation) - (a->generation < b->generation);
}

void
rc_fleet_release(struct rc_fleet *fleet)
{
	for (size_t i = 0; i < fleet->count; i++) {
		rc_appliance_release(&fleet->items[i].appliance);
		free(fleet->items[i].domain.name);
	}
	free(fleet->items);
	*fleet = (struct rc_fleet){ 0 };
}

static int
read_fleet(
    struct rc_session *session, enum rc_detail detail, struct rc_fleet *ret, struct rc_error *err)
{
	scoped(rc_domains_release) struct rc_domains domains = { 0 };
	struct rc_fleet fleet = { 0 };

	if (rc_virt_domains(session->virt, detail, &domains, err) < 0)
		return -1;
	fleet.items = rc_alloc(domains.count, sizeof(*fleet.items));
	for (size_t i = 0; i < domains.count; i++) {
		struct rc_domain *domain = &domains.items[i];
		struct rc_member *member = &fleet.items[fleet.count];
		struct rc_error why;

		if (!domain->metadata)
			continue;
		if (rc_appliance_from_xml(&member->appliance, domain->metadata, domain->name,
			domain->uuid, &why) < 0) {
			rc_run_warn(&session->run, "%s: left alone", why.text);
			continue;
		}
		member->domain = *domain;
		member->domain.metadata = NULL;
		domain->name = NULL;
		fleet.count++;
	}
	qsort(fleet.items, fleet.count, sizeof(*fleet.items), by_name);
	*ret = fleet;
	return 0;
}

int
rc_fleet_read(struct rc_session *session, struct rc_fleet *ret, struct rc_error *err)
{
	return read_fleet(session, RC_DETAIL_STATE, ret, err);
}

int
rc_fleet_usage(struct rc_session *session, struct rc_fleet *ret, struct rc_error *err)
{
	return read_fleet(session, RC_DETAIL_USAGE, ret, err);
}

int
rc_fleet_take_addresses(
    struct rc_session *session, struct rc_network *network, struct rc_error *err)
{
	scoped(rc_domains_release) struct rc_domains domains = { 0 };

	if (rc_virt_domains(session->virt, RC_DETAIL_STATE, &domains, err) < 0)
		return -1;
	for (size_t i = 0; i < domains.count; i++) {
		const struct rc_domain *domain = &domains.items[i];
		scoped(rc_appliance_release) struct rc_appliance a = { 0 };
		struct rc_error foreign;

		if (domain->metadata && rc_appliance_from_xml(&a, domain->metadata, domain->name,
					    domain->uuid, &foreign) == 0)
			rc_network_take(network, a.mac, a.ip);
	}
	return 0;
}

struct rc_member *
rc_fleet_find(const struct rc_fleet *fleet, const char *name)
{
	struct rc_member *found = NULL;

	for (size_t i = 0; i < fleet->count; i++)
		if (strcmp(fleet->items[i].appliance.name, name) == 0)
			found = &fleet->items[i];
	return found;
}

bool
rc_fleet_is_saved(const struct rc_member *member)
{
	return member->domain.halt == RC_HALT_SAVED &&
	       member->appliance.state != RC_STATE_DESTROYING;
}

bool
rc_fleet_shared(const struct rc_fleet *fleet, const struct rc_member *member)
{
	for (size_t i = 0; i < fleet->count; i++)
		if (&fleet->items[i] != member &&
		    strcmp(fleet->items[i].appliance.name, member->appliance.name) == 0)
			return true;
	return false;
}

int
rc_fleet_record(
    struct rc_session *session, const struct rc_appliance *appliance, struct rc_error *err)
{
	scoped(rc_str_release) char *element = rc_appliance_to_xml(appliance);

	return rc_virt_set_metadata(session->virt, appliance->uuid, element, err);
}
