/*
 * The appliance's element in the libvirt domain's metadata.  It is the journal
 * of all transactions: what is not written there is forgotten by a crash.
 */
#ifndef RC_CORE_METADATA_H
#define RC_CORE_METADATA_H

#include "core/appliance.h"

#define RC_APPLIANCE_NAMESPACE "urn:runnerctl:appliance:1"

/* The metadata element as XML; never holds a secret.  The caller frees. */
char *rc_appliance_to_xml(const struct rc_appliance *appliance);
/*
 * Reads the element.  name, generation and uuid are the domain's own and must
 * agree with what the element says, else it is not ours.
 */
RC_MUST_CHECK int rc_appliance_from_xml(struct rc_appliance *ret, const char *xml,
    const char *domain, const char *uuid, struct rc_error *err);

#endif
