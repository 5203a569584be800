/* What the filter is made of today: template, holes, the host's networks, where GitLab is. */
#include "ops/isolation_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "host/gitlab_url.h"
#include "host/networks.h"
#include "ops/host_objects.h"

void
rc_isolation_release(struct rc_isolation *isolation)
{
	rc_filter_release(&isolation->filter);
	free(isolation->holes);
	*isolation = (struct rc_isolation){ 0 };
}

static bool
is_closed(const struct rc_blocks *networks, struct rc_block block)
{
	for (size_t i = 0; i < networks->count; i++)
		if (rc_block_holds(networks->items[i], block))
			return true;
	return !rc_block_is_global(block);
}

/* The guest means itself by it. */
static bool
is_loopback(struct rc_block block)
{
	static const unsigned char last[16] = { [15] = 1 };

	return block.ipv6 ? memcmp(block.bytes, last, 16) == 0 : block.bytes[0] == 127;
}

/* What the filter's content depends on, besides its template. */
struct surroundings {
	struct rc_allows allows;
	struct rc_blocks networks;
	char *gateway, *gateway6; /* gateway6 NULL: the appliance has no IPv6 */
};

static void
surroundings_release(struct surroundings *around)
{
	rc_allows_release(&around->allows);
	rc_blocks_release(&around->networks);
	free(around->gateway);
	free(around->gateway6);
}

/* A hole for the server of that URL, if it is where the filter closes. */
static int
allow_server(struct surroundings *around, const char *url, struct rc_error *err)
{
	scoped(rc_str_release) char *host = NULL;
	scoped(rc_blocks_release) struct rc_blocks found = { 0 };
	unsigned port;

	if (rc_url_server(&host, &port, url, err) < 0 ||
	    rc_host_resolve(&found, host, around->gateway6, err) < 0)
		return -1;
	for (size_t i = 0; i < found.count; i++)
		if (is_closed(&around->networks, found.items[i]) && !is_loopback(found.items[i]))
			rc_allows_add(
			    &around->allows, (struct rc_allow){ found.items[i], port, RC_TCP });
	return 0;
}

/* The configured resolvers; without any, the gateway's. */
static int
allow_resolvers(struct surroundings *around, const struct rc_session *session, struct rc_error *err)
{
	scoped(rc_blocks_release) struct rc_blocks resolvers = { 0 };
	const char *dns = session->config.dns;

	if (rc_blocks_parse(&resolvers, *dns ? dns : around->gateway, err) < 0)
		return -1;
	for (size_t i = 0; i < resolvers.count; i++) {
		rc_allows_add(&around->allows, (struct rc_allow){ resolvers.items[i], 53, RC_UDP });
		rc_allows_add(&around->allows, (struct rc_allow){ resolvers.items[i], 53, RC_TCP });
	}
	return 0;
}

/* A name that cannot be resolved just now must not cost a running appliance its hole: an error. */
static int
allow_servers(struct surroundings *around, const struct rc_session *session, const char *url,
    struct rc_error *err)
{
	const struct rc_config *config = &session->config;
	const struct {
		const char *url, *name;
	} servers[] = {
		{ url, url },
		{ config->registry_mirror, config->registry_mirror },
		{ config->http_proxy, "[runner] http-proxy" }, /* by name: it may hold a password */
		{ config->https_proxy, "[runner] https-proxy" },
	};

	for (size_t i = 0; i < RC_COUNT(servers); i++)
		if (servers[i].url && allow_server(around, servers[i].url, err) < 0)
			return rc_within(err, "%s", servers[i].name);
	return 0;
}

/* The addresses of the network, as it is or as it would be made. */
static int
read_gateways(
    struct surroundings *around, struct rc_session *session, const char *ip6, struct rc_error *err)
{
	scoped(rc_network_release) struct rc_network network = { 0 };

	if (rc_network_now(session, &network, err) < 0)
		return -1;
	around->gateway = rc_strdup(network.gateway);
	if (ip6 && session->config.ipv6)
		around->gateway6 = rc_strdup(network.gateway6);
	return 0;
}

int
rc_isolation_plan(struct rc_isolation *ret, struct rc_session *session,
    const struct rc_appliance *a, const char *url, struct rc_error *err)
{
	scoped(surroundings_release) struct surroundings around = { 0 };
	scoped(rc_str_release) char *text = NULL, *origin = NULL;
	const struct rc_config *config = &session->config;
	struct rc_filter_wish wish = { .allows = &around.allows, .networks = &around.networks };

	if (rc_session_template(session, RC_FILTER_TEMPLATE, &text, &origin, err) < 0 ||
	    read_gateways(&around, session, a->ip6, err) < 0 ||
	    (rc_virt_is_local(session->virt) && rc_host_networks(&around.networks, err) < 0) ||
	    rc_blocks_parse(&around.networks, config->deny, err) < 0 ||
	    rc_allows_parse(&around.allows, config->allow, err) < 0 ||
	    rc_allows_parse(&around.allows, a->allow ? a->allow : "", err) < 0 ||
	    allow_servers(&around, session, url, err) < 0)
		return -1;
	wish.template = text;
	wish.origin = origin;
	wish.gateway = around.gateway;
	wish.gateway6 = around.gateway6;
	if (!wish.gateway6)
		rc_allows_drop_ipv6(&around.allows);
	ret->holes = rc_allows_format(&around.allows);
	if (allow_resolvers(&around, session, err) < 0 ||
	    rc_filter_build(&ret->filter, &wish, err) < 0) {
		rc_isolation_release(ret);
		return -1;
	}
	return 0;
}
