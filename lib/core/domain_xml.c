/* An appliance as libvirt's domain XML. */
#include "core/domain_xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/metadata.h"
#include "core/serial_log.h"
#include "core/template.h"

#define BOOT_HOLES 5

/* Puts the appliance's own element into <metadata>, which is where libvirt keeps it. */
static int
insert_metadata(
    xmlDoc *doc, const struct rc_appliance *appliance, const char *origin, struct rc_error *err)
{
	xmlNode *metadata = rc_xml_path(xmlDocGetRootElement(doc), "metadata");
	scoped(rc_str_release) char *text = rc_appliance_to_xml(appliance);
	scoped(rc_xml_release) xmlDoc *element = NULL;

	if (!metadata)
		return rc_fail(err, RC_HOST, "%s:%ld: <domain> lacks <metadata/>", origin,
		    xmlGetLineNo(xmlDocGetRootElement(doc)));
	/* libvirt would hand out the first of two. */
	if (rc_xml_child(metadata, "appliance"))
		return rc_fail(err, RC_HOST, "%s:%ld: <metadata> has an <appliance> already",
		    origin, xmlGetLineNo(metadata));
	if (rc_xml_parse(&element, text, "metadata", err) < 0)
		return -1;
	xmlAddChild(metadata, xmlDocCopyNode(xmlDocGetRootElement(element), doc, 1));
	return 0;
}

/* What confines qemu is libvirt's affair, unless a template says that nothing does. */
static int
check_confined(xmlDoc *doc, const char *origin, struct rc_error *err)
{
	xmlNode *label = rc_xml_child(xmlDocGetRootElement(doc), "seclabel");

	for (; label; label = rc_xml_next(label)) {
		scoped(rc_str_release) char *type = rc_xml_attribute(label, "type");

		if (type && strcmp(type, "none") == 0)
			return rc_fail(err, RC_HOST,
			    "%s: <seclabel type='none'> lets qemu go unconfined", origin);
	}
	return 0;
}

static char *
number(uint64_t value)
{
	return rc_format("%llu", (unsigned long long)value);
}

/* NULL for what is not capped. */
static char *
number_of_cap(uint64_t value)
{
	return value ? number(value) : NULL;
}

/* The caps of the data disk and of the network, in the units that libvirt wants. */
struct caps {
	char *rate, *rate_burst, *rate_time, *iops, *iops_burst, *iops_time;
	char *in, *out;
};

static struct caps
caps_of(const struct rc_limits *limits)
{
	uint64_t time = limits->disk_burst_time;

	return (struct caps){
		.rate = number_of_cap(limits->disk_rate),
		.rate_burst = number_of_cap(limits->disk_rate_burst),
		.rate_time = number_of_cap(limits->disk_rate_burst ? time : 0),
		.iops = number_of_cap(limits->disk_iops),
		.iops_burst = number_of_cap(limits->disk_iops_burst),
		.iops_time = number_of_cap(limits->disk_iops_burst ? time : 0),
		.in = number_of_cap(limits->net_in / RC_NET_UNIT),
		.out = number_of_cap(limits->net_out / RC_NET_UNIT),
	};
}

static void
caps_release(struct caps *caps)
{
	free(caps->rate);
	free(caps->rate_burst);
	free(caps->rate_time);
	free(caps->iops);
	free(caps->iops_burst);
	free(caps->iops_time);
	free(caps->in);
	free(caps->out);
}

/* How it boots; returns a text that one of the holes refers to. */
static char *
add_boot_holes(
    struct rc_hole *holes, const struct rc_appliance *a, const struct rc_domain_parts *parts)
{
	char *cmdline =
	    parts->cmdline ? rc_format("%s runnerctl.image=%s", parts->cmdline, a->image) : NULL;
	const struct rc_hole direct[BOOT_HOLES] = {
		{ "kernel", parts->kernel, NULL },
		{ "initrd", parts->initrd, NULL },
		{ "cmdline", cmdline, NULL },
		{ "root", parts->root, NULL },
		{ "config", parts->config_disk, NULL },
	};
	const struct rc_hole by_itself[BOOT_HOLES] = {
		{ "disk", parts->disk, NULL },
		{ "disk-format", parts->disk_format, NULL },
	};

	memcpy(holes, parts->disk ? by_itself : direct, sizeof(direct));
	return cmdline;
}

int
rc_domain_xml(char **ret, const struct rc_appliance *a, const struct rc_domain_parts *parts,
    const char *template, const char *origin, struct rc_error *err)
{
	scoped(rc_str_release) char *name = rc_appliance_domain(a);
	scoped(rc_str_release) char *memory = number(a->limits.memory / 1024);
	scoped(rc_str_release) char *cpus = number(a->limits.cpus);
	scoped(rc_str_release) char *weight = number(a->limits.cpu_weight);
	scoped(rc_str_release) char *quota =
	    number(UINT64_C(1) * a->limits.cpu_cap * (RC_CPU_PERIOD / 100));
	scoped(rc_str_release) char *log = rc_serial_log_path(a);
	scoped(caps_release) struct caps caps = caps_of(&a->limits);
	const struct rc_hole shared[] = {
		{ "type", a->emulated ? "qemu" : "kvm", NULL },
		{ "cpu-mode", a->emulated ? "maximum" : "host-passthrough", NULL },
		{ "name", name, NULL },
		{ "uuid", a->uuid, NULL },
		{ "memory-kib", memory, NULL },
		{ "cpus", cpus, NULL },
		{ "cpu-weight", weight, NULL },
		{ "cpu-quota", quota, NULL },
		{ "partition", parts->partition, NULL },
		{ "disk-rate", caps.rate, NULL },
		{ "disk-rate-burst", caps.rate_burst, NULL },
		{ "disk-rate-burst-time", caps.rate_time, NULL },
		{ "disk-iops", caps.iops, NULL },
		{ "disk-iops-burst", caps.iops_burst, NULL },
		{ "disk-iops-burst-time", caps.iops_time, NULL },
		{ "net-in-kb", caps.in, NULL },
		{ "net-out-kb", caps.out, NULL },
		{ "data", parts->data_disk, NULL },
		{ "mac", a->mac, NULL },
		{ "network", parts->network, NULL },
		{ "filter", a->filter, NULL },
		{ "ip", a->ip, NULL },
		{ "ip6", a->ip6, NULL },
		{ "serial-log", log, NULL },
	};
	struct rc_hole holes[RC_COUNT(shared) + BOOT_HOLES + 1] = { { 0 } };
	scoped(rc_str_release) char *cmdline = NULL;
	scoped(rc_xml_release) xmlDoc *doc = NULL;

	memcpy(holes, shared, sizeof(shared));
	cmdline = add_boot_holes(&holes[RC_COUNT(shared)], a, parts);
	if (rc_template_fill(&doc, template, origin, holes, err) < 0 ||
	    insert_metadata(doc, a, origin, err) < 0 || check_confined(doc, origin, err) < 0)
		return -1;
	*ret = rc_xml_text(doc);
	if (rc_domain_xml_check_filter(*ret, a, err) < 0) {
		rc_str_release(ret);
		return rc_within(err, "%s", origin);
	}
	return 0;
}

static bool
is(const char *text, const char *expected)
{
	return text && strcmp(text, expected) == 0;
}

/* Has the filter's parameter this one value (NULL: none)?  libvirt makes a list of a parameter that
 * comes twice. */
static bool
parameter_is(xmlNode *filterref, const char *name, const char *expected)
{
	unsigned good = 0, bad = 0;

	for (xmlNode *p = rc_xml_child(filterref, "parameter"); p; p = rc_xml_next(p)) {
		scoped(rc_str_release) char *found = rc_xml_attribute(p, "name");
		scoped(rc_str_release) char *value = rc_xml_attribute(p, "value");

		if (!is(found, name))
			continue;
		if (expected && is(value, expected))
			good++;
		else
			bad++;
	}
	return good == (expected ? 1 : 0) && bad == 0;
}

static int
check_interface(xmlNode *interface, const struct rc_appliance *a, struct rc_error *err)
{
	xmlNode *filterref = rc_xml_child(interface, "filterref");
	scoped(rc_str_release) char *type = rc_xml_attribute(interface, "type");
	scoped(rc_str_release) char *name = rc_xml_attribute(filterref, "filter");

	if (!is(type, "network"))
		return rc_fail(
		    err, RC_HOST, "an interface of type '%s' cannot be filtered", type ? type : "");
	if (!is(name, a->filter) || rc_xml_next(filterref))
		return rc_fail(err, RC_HOST, "an interface is not behind the filter %s", a->filter);
	if (!parameter_is(filterref, "IP", a->ip) || !parameter_is(filterref, "IPV6", a->ip6) ||
	    !parameter_is(filterref, "CTRL_IP_LEARNING", "none"))
		return rc_fail(err, RC_HOST, "an interface's filter is not bound to %s", a->ip);
	return 0;
}

int
rc_domain_xml_check_filter(const char *xml, const struct rc_appliance *a, struct rc_error *err)
{
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	unsigned interfaces = 0;

	if (rc_xml_parse(&doc, xml, "domain", err) < 0)
		return -1;
	for (xmlNode *n = xmlDocGetRootElement(doc)->children; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE && n->ns)
			return rc_fail(err, RC_HOST, "<%s> goes past libvirt, and past the filter",
			    (const char *)n->name);
	for (xmlNode *d = rc_xml_child(xmlDocGetRootElement(doc), "devices"); d; d = rc_xml_next(d))
		for (xmlNode *i = rc_xml_child(d, "interface"); i; i = rc_xml_next(i), interfaces++)
			if (check_interface(i, a, err) < 0)
				return -1;
	if (interfaces > 1)
		return rc_fail(
		    err, RC_HOST, "the domain has %u interfaces: an appliance has one", interfaces);
	return interfaces ? 0 : rc_fail(err, RC_HOST, "the domain has no interface");
}

int
rc_domain_xml_data_disk(char **ret, const char *xml, struct rc_error *err)
{
	scoped(rc_xml_release) xmlDoc *doc = NULL;

	if (rc_xml_parse(&doc, xml, "domain", err) < 0)
		return -1;
	for (xmlNode *disk = rc_xml_path(xmlDocGetRootElement(doc), "devices/disk"); disk;
	     disk = rc_xml_next(disk)) {
		scoped(rc_str_release) char *serial = rc_xml_content(rc_xml_child(disk, "serial"));

		if (!is(serial, "rc-data"))
			continue;
		*ret = rc_xml_attribute(rc_xml_child(disk, "target"), "dev");
		return *ret ? 0 : rc_fail(err, RC_HOST, "its data disk has no name");
	}
	return rc_fail(err, RC_HOST, "the domain has no disk with the serial rc-data");
}

int
rc_domain_xml_serial_log(char **ret, const char *xml, struct rc_error *err)
{
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	char *path;

	if (rc_xml_parse(&doc, xml, "domain", err) < 0)
		return -1;
	path =
	    rc_xml_attribute(rc_xml_path(xmlDocGetRootElement(doc), "devices/serial/log"), "file");
	if (!path)
		return rc_fail(err, RC_HOST, "the domain has no log of its serial line");
	*ret = path;
	return 0;
}
