/* An appliance's network interface, running or not. */
#ifndef RC_HOST_VIRT_INTERFACE_H
#define RC_HOST_VIRT_INTERFACE_H

#include "host/virt.h"

/* Puts the interface of a domain that is off behind another filter. */
RC_MUST_CHECK int rc_virt_interface_define(
    struct rc_virt *virt, const char *uuid, const char *filter, struct rc_error *err);
/*
 * The same for a running one, in its definition too (filter NULL: the one it has);
 * and takes its link up or down.  libvirt takes the old filter away before it puts
 * the new one: do it with the link down.
 */
RC_MUST_CHECK int rc_virt_interface_update(
    struct rc_virt *virt, const char *uuid, const char *filter, bool link_up, struct rc_error *err);
/* Has libvirt put the filter's rules into the kernel once more; with the link down, too. */
RC_MUST_CHECK int rc_virt_interface_rebind(
    struct rc_virt *virt, const char *uuid, const char *tap, struct rc_error *err);

#endif
