/* libvirt's network and network filters. */
#ifndef RC_HOST_VIRT_NETWORK_H
#define RC_HOST_VIRT_NETWORK_H

#include "core/filter_xml.h"
#include "core/network_xml.h"
#include "host/virt.h"

/* Defines and starts the network if need be; one of that name with another UUID is foreign. */
RC_MUST_CHECK int rc_virt_network_ensure(
    struct rc_virt *virt, const char *xml, const char *uuid, struct rc_error *err);
/* RC_NOT_FOUND if there is none. */
RC_MUST_CHECK int rc_virt_network_read(
    struct rc_virt *virt, struct rc_network *ret, struct rc_error *err);
/* libvirt refuses an address or a MAC that is reserved already. */
RC_MUST_CHECK int rc_virt_reserve(
    struct rc_virt *virt, const char *mac, const char *ip, struct rc_error *err);
/* No error if it is not reserved (any more). */
RC_MUST_CHECK int rc_virt_unreserve(
    struct rc_virt *virt, const char *mac, const char *ip, struct rc_error *err);

/* The name carries the content's hash, so one that is there is right. */
RC_MUST_CHECK int rc_virt_filter_ensure(
    struct rc_virt *virt, const struct rc_filter *filter, struct rc_error *err);

/* All filters of the host, whosever they are: names and UUIDs. */
RC_MUST_CHECK int rc_virt_filters(struct rc_virt *virt, struct rc_strv *ret_names,
    struct rc_strv *ret_uuids, struct rc_error *err);
/* No error if it is gone. */
RC_MUST_CHECK int rc_virt_filter_delete(
    struct rc_virt *virt, const char *name, struct rc_error *err);

#endif
