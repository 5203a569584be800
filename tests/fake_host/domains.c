/* The fake host's libvirt: connection, domains, their documents and agents. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/metadata.h"
#include "fake_host.h"
#include "host/virt.h"
#include "host/virt_interface.h"
#include "host/virt_room.h"

struct rc_virt {
	int nothing;
};

int
rc_virt_open(struct rc_virt **ret, const char *uri, bool read_only, struct rc_error *err)
{
	(void)uri, (void)read_only;
	if (!fake_call("open", err))
		return -1;
	*ret = rc_alloc(1, sizeof(struct rc_virt));
	return 0;
}

void
rc_virt_close(struct rc_virt *virt)
{
	free(virt);
}

/* So that nobody asks this machine's kernel for rules. */
bool
rc_virt_is_local(const struct rc_virt *virt)
{
	(void)virt;
	return false;
}

int
rc_virt_hostname(struct rc_virt *virt, char **ret, struct rc_error *err)
{
	(void)virt, (void)err;
	*ret = rc_strdup("fake");
	return 0;
}

int
rc_virt_host(struct rc_virt *virt, struct rc_host_facts *ret, struct rc_error *err)
{
	(void)virt;
	if (!fake_call("host", err))
		return -1;
	*ret = (struct rc_host_facts){ .memory = fake_host->memory, .cpus = 8, .arch = "x86_64" };
	return 0;
}

/* -- listing -------------------------------------------------------------------------------- */

void
rc_domains_release(struct rc_domains *domains)
{
	for (size_t i = 0; i < domains->count; i++) {
		free(domains->items[i].name);
		free(domains->items[i].metadata);
	}
	free(domains->items);
	*domains = (struct rc_domains){ 0 };
}

int
rc_virt_domains(
    struct rc_virt *virt, enum rc_detail detail, struct rc_domains *ret, struct rc_error *err)
{
	(void)virt, (void)detail;
	if (!fake_call("list", err))
		return -1;
	*ret = (struct rc_domains){ .items = rc_alloc(
					fake_host->domain_count, sizeof(struct rc_domain)) };
	for (size_t i = 0; i < fake_host->domain_count; i++) {
		const struct fake_domain *from = &fake_host->domains[i];
		struct rc_domain *to = &ret->items[ret->count++];

		to->name = rc_strdup(from->name);
		memcpy(to->uuid, from->uuid, sizeof(to->uuid));
		to->active = from->active;
		to->memory_max = to->memory_now = from->active ? UINT64_C(1) << 30 : 0;
		to->usage = RC_USAGE_UNKNOWN;
		to->metadata = *from->metadata ? rc_strdup(from->metadata) : NULL;
	}
	return 0;
}

void
rc_documents_release(struct rc_documents *documents)
{
	for (size_t i = 0; i < documents->count; i++) {
		free(documents->items[i].domain);
		free(documents->items[i].xml);
	}
	free(documents->items);
	*documents = (struct rc_documents){ 0 };
}

int
rc_virt_documents(struct rc_virt *virt, struct rc_documents *ret, struct rc_error *err)
{
	(void)virt;
	if (!fake_call("documents", err))
		return -1;
	*ret = (struct rc_documents){ .items = rc_alloc(
					  fake_host->domain_count, sizeof(struct rc_document)) };
	for (size_t i = 0; i < fake_host->domain_count; i++) {
		const struct fake_domain *from = &fake_host->domains[i];

		ret->items[ret->count++] = (struct rc_document){ rc_strdup(from->name),
			rc_format("%s%s", from->xml, from->metadata) };
	}
	return 0;
}

/* There is room: nobody counts. */
int
rc_virt_lodgers(
    struct rc_virt *virt, const char *beside, struct rc_lodgers *ret, struct rc_error *err)
{
	(void)virt, (void)beside;
	*ret = (struct rc_lodgers){ 0 };
	return fake_call("list who runs", err) ? 0 : -1;
}

void
rc_lodgers_release(struct rc_lodgers *lodgers)
{
	(void)lodgers;
}

/* -- one of them ---------------------------------------------------------------------------- */

struct fake_domain *
fake_domain(const char *uuid)
{
	for (size_t i = 0; i < fake_host->domain_count; i++)
		if (strcmp(fake_host->domains[i].uuid, uuid) == 0)
			return &fake_host->domains[i];
	return NULL;
}

/* *ret is NULL, and err RC_NOT_FOUND, if there is none; false: the call fails. */
static bool
find(const char *call, const char *uuid, struct fake_domain **ret, struct rc_error *err)
{
	if (!fake_call(call, err))
		return false;
	*ret = fake_domain(uuid);
	if (!*ret)
		rc_fail(err, RC_NOT_FOUND, "no domain %s", uuid);
	return true;
}

int
rc_virt_find(struct rc_virt *virt, const char *name, char uuid[37], struct rc_error *err)
{
	(void)virt;
	uuid[0] = '\0';
	if (!fake_call("find", err))
		return -1;
	for (size_t i = 0; i < fake_host->domain_count; i++)
		if (strcmp(fake_host->domains[i].name, name) == 0)
			memcpy(uuid, fake_host->domains[i].uuid, 37);
	return 0;
}

/* What stands between two texts. */
static void
cut(char *to, size_t size, const char *xml, const char *begin, const char *end)
{
	const char *from = strstr(xml, begin), *until = from ? strstr(from, end) : NULL;

	if (!until)
		abort();
	from += strlen(begin);
	if ((size_t)(until - from) >= size)
		abort();
	snprintf(to, size, "%.*s", (int)(until - from), from);
}

int
rc_virt_define(struct rc_virt *virt, const char *xml, struct rc_error *err)
{
	static struct fake_domain made;
	struct fake_domain *other;
	const char *element = strstr(xml, "<appliance "), *end = strstr(xml, "</appliance>");

	(void)virt;
	memset(&made, 0, sizeof(made));
	if (!fake_call("define", err))
		return -1;
	cut(made.name, sizeof(made.name), xml, "<name>", "</name>");
	cut(made.uuid, sizeof(made.uuid), xml, "<uuid>", "</uuid>");
	if (!element || !end)
		abort();
	end += strlen("</appliance>");
	snprintf(made.metadata, sizeof(made.metadata), "%.*s", (int)(end - element), element);
	snprintf(made.xml, sizeof(made.xml), "%.*s%s", (int)(element - xml), xml, end);
	other = fake_domain(made.uuid);
	for (size_t i = 0; i < fake_host->domain_count; i++)
		if (strcmp(fake_host->domains[i].name, made.name) == 0 &&
		    &fake_host->domains[i] != other)
			return rc_fail(err, RC_FAILED, "there is a domain %s", made.name);
	if (!other && fake_host->domain_count == RC_COUNT(fake_host->domains))
		abort();
	memcpy(other ? other : &fake_host->domains[fake_host->domain_count++], &made, sizeof(made));
	return fake_done("define", err);
}

int
rc_virt_set_metadata(
    struct rc_virt *virt, const char *uuid, const char *element, struct rc_error *err)
{
	struct fake_domain *d;

	(void)virt;
	if (!find("record", uuid, &d, err) || !d)
		return -1;
	snprintf(d->metadata, sizeof(d->metadata), "%s", element);
	return fake_done("record", err);
}

int
rc_virt_live_xml(struct rc_virt *virt, const char *uuid, char **ret, struct rc_error *err)
{
	struct fake_domain *d;
	const char *end;

	(void)virt;
	if (!find("document", uuid, &d, err) || !d)
		return -1;
	end = strstr(d->xml, "</interface>");
	*ret = rc_format(
	    "%.*s%s%s", (int)(end - d->xml), d->xml, d->active ? "<target dev='vnet0'/>" : "", end);
	return 0;
}

static const char *
token_on(const char *name)
{
	scoped(rc_str_release) char *volume = rc_format("%s.config", name);

	for (size_t i = 0; i < fake_host->volume_count; i++)
		if (strcmp(fake_host->volumes[i].name, volume) == 0)
			return fake_host->volumes[i].token;
	return "";
}

int
rc_virt_start(struct rc_virt *virt, const char *uuid, struct rc_error *err)
{
	struct fake_domain *d;

	(void)virt;
	if (!find("start", uuid, &d, err) || !d)
		return -1;
	d->active = true;
	d->off_at = 0;
	d->job = false;
	snprintf(d->token, sizeof(d->token), "%s", token_on(d->name));
	return fake_done("start", err);
}

int
rc_virt_is_active(struct rc_virt *virt, const char *uuid, bool *ret, struct rc_error *err)
{
	struct fake_domain *d;

	(void)virt;
	if (!find("is it active", uuid, &d, err))
		return -1;
	*ret = d && d->active;
	return 0;
}

int
rc_virt_is_saved(struct rc_virt *virt, const char *uuid, bool *ret, struct rc_error *err)
{
	(void)virt;
	(void)uuid;
	(void)err;
	*ret = false;
	return 0;
}

int
rc_virt_shutdown(struct rc_virt *virt, const char *uuid, bool agent, struct rc_error *err)
{
	struct fake_domain *d;

	(void)virt;
	if (!find(agent ? "shutdown by agent" : "power button", uuid, &d, err) || !d)
		return -1;
	if (agent && fake_host->dumb)
		return rc_fail(err, RC_FAILED, "no agent");
	if (d->active && !d->off_at)
		d->off_at = fake_host->now + 1000 + (d->job ? fake_host->job_time : 0);
	return fake_done("shutdown", err);
}

int
rc_virt_stay_off(struct rc_virt *virt, const char *uuid, struct rc_error *err)
{
	struct fake_domain *d;

	(void)virt;
	return find("autostart off", uuid, &d, err) ? fake_done("autostart off", err) : -1;
}

int
rc_virt_kill(struct rc_virt *virt, const char *uuid, struct rc_error *err)
{
	struct fake_domain *d;

	(void)virt;
	if (!find("kill", uuid, &d, err))
		return -1;
	if (d && d->active) {
		fake_host->jobs_killed += d->job;
		d->active = d->job = false;
	}
	return fake_done("kill", err);
}

int
rc_virt_undefine(struct rc_virt *virt, const char *uuid, struct rc_error *err)
{
	struct fake_domain *d;

	(void)virt;
	if (!find("undefine", uuid, &d, err))
		return -1;
	if (d)
		fake_remove(fake_host->domains, &fake_host->domain_count, sizeof(*d),
		    (size_t)(d - fake_host->domains));
	return fake_done("undefine", err);
}

/* -- its interface -------------------------------------------------------------------------- */

static int
set_filter(const char *call, const char *uuid, const char *filter, struct rc_error *err)
{
	static const char mark[] = "<filterref filter=\"";
	struct fake_domain *d;
	char *name;

	if (!find(call, uuid, &d, err) || !d)
		return -1;
	name = strstr(d->xml, mark) + strlen(mark);
	/* All names have the same length: they end with a hash. */
	if (filter)
		memcpy(name, filter, strlen(filter));
	return fake_done(call, err);
}

int
rc_virt_interface_define(
    struct rc_virt *virt, const char *uuid, const char *filter, struct rc_error *err)
{
	(void)virt;
	return set_filter("define the interface", uuid, filter, err);
}

int
rc_virt_interface_update(
    struct rc_virt *virt, const char *uuid, const char *filter, bool link_up, struct rc_error *err)
{
	(void)virt, (void)link_up;
	return set_filter("update the interface", uuid, filter, err);
}

int
rc_virt_interface_rebind(
    struct rc_virt *virt, const char *uuid, const char *tap, struct rc_error *err)
{
	(void)virt, (void)uuid, (void)tap;
	return fake_call("rebind", err) ? fake_done("rebind", err) : -1;
}
