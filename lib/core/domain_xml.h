/* An appliance as libvirt's domain XML, and the few facts that are read back from a live one. */
#ifndef RC_CORE_DOMAIN_XML_H
#define RC_CORE_DOMAIN_XML_H

#include <stdbool.h>

#include "base/str.h"
#include "core/appliance.h"

#define RC_CPU_PERIOD 100000 /* microseconds, as in the templates */

/* What the domain needs besides the appliance itself; all borrowed. */
struct rc_domain_parts {
	/* Of an image whose files the hypervisor boots; paths on the libvirt host. */
	const char *kernel, *initrd, *root; /* initrd may be NULL */
	const char *cmdline;                /* of the image; the image's name is appended */
	const char *config_disk;
	/* Of an image that boots by itself: its disk, below the appliance's own. */
	const char *disk, *disk_format;
	const char *data_disk; /* path */
	const char *network;
	const char *partition; /* of cgroups, that all appliances are in; NULL: the usual one */
};

/* template and origin: the text and its file.  The caller frees *ret. */
RC_MUST_CHECK int rc_domain_xml(char **ret, const struct rc_appliance *appliance,
    const struct rc_domain_parts *parts, const char *template, const char *origin,
    struct rc_error *err);

/*
 * Is the interface still behind the filter?  Checks every interface of the
 * (filled in or live) document: type "network", our filter, our addresses and no
 * learning.  libvirt itself drops the filter of some interface types without a word.
 */
RC_MUST_CHECK int rc_domain_xml_check_filter(
    const char *xml, const struct rc_appliance *appliance, struct rc_error *err);

/* The file that the serial line is written to; RC_HOST if there is none.  The caller frees. */
RC_MUST_CHECK int rc_domain_xml_serial_log(char **ret, const char *xml, struct rc_error *err);

/* What the guest calls its data disk, such as "vdc"; found by its serial.  The caller frees. */
RC_MUST_CHECK int rc_domain_xml_data_disk(char **ret, const char *xml, struct rc_error *err);

#endif
