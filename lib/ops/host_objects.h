/* What all appliances of a host share: pool and network. */
#ifndef RC_OPS_HOST_OBJECTS_H
#define RC_OPS_HOST_OBJECTS_H

#include "core/network_xml.h"
#include "ops/session.h"

RC_MUST_CHECK int rc_ensure_pool(struct rc_session *session, struct rc_error *err);
/* Only starts it, where it is off: who removes makes none. */
RC_MUST_CHECK int rc_wake_pool(struct rc_session *session, struct rc_error *err);
RC_MUST_CHECK int rc_ensure_network(struct rc_session *session, struct rc_error *err);
/*
 * What tells this host from others that use the same GitLab: its name, and the address that
 * libvirt made up for our network.  RC_NOT_FOUND: there is no network yet.  The caller frees.
 */
RC_MUST_CHECK int rc_host_identity(struct rc_session *session, char **ret, struct rc_error *err);
/* The network as it is, or as it would be made. */
RC_MUST_CHECK int rc_network_now(
    struct rc_session *session, struct rc_network *ret, struct rc_error *err);

#endif
