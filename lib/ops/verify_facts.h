/* What verify has to know of host, network and GitLab before it can probe. */
#ifndef RC_OPS_VERIFY_FACTS_H
#define RC_OPS_VERIFY_FACTS_H

#include "core/network_xml.h"
#include "core/probes.h"
#include "ops/session.h"

/* The facts, and all that they borrow. */
struct rc_verify_facts {
	struct rc_probe_facts facts;
	struct rc_network network;
	struct rc_strv host, lan, others, others_macs, resolvers;
	struct rc_endpoints holes;
	struct rc_endpoint internet, internet6;
	char run[RC_PROBE_RUN + 1];
	char *name;
};

/* appliance: the machine that will probe; its addresses are reserved already. */
RC_MUST_CHECK int rc_verify_facts_gather(struct rc_verify_facts *ret, struct rc_session *session,
    const struct rc_appliance *appliance, const char *internet, struct rc_error *err);
void rc_verify_facts_release(struct rc_verify_facts *facts);

#endif
