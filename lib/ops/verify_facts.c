/* Facts for the probes. */
#include "ops/verify_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uuid/uuid.h>

#include "core/allow.h"
#include "host/gitlab_url.h"
#include "host/neighbours.h"
#include "host/virt_network.h"

void
rc_verify_facts_release(struct rc_verify_facts *f)
{
	rc_network_release(&f->network);
	rc_strv_release(&f->host);
	rc_strv_release(&f->lan);
	rc_strv_release(&f->others);
	rc_strv_release(&f->others_macs);
	rc_strv_release(&f->resolvers);
	rc_endpoints_release(&f->holes);
	rc_str_release(&f->name);
}

static int
read_port(uint16_t *ret, const char *text)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long port = strtoul(text, NULL, 10);

	if (digits == 0 || digits > 5 || text[digits] || port < 1 || port > 65535)
		return -1;
	*ret = (uint16_t)port;
	return 0;
}

/* HOST[:PORT], where HOST may be a name. */
static int
read_internet(struct rc_verify_facts *f, const char *text, uint16_t port, struct rc_error *err)
{
	size_t length = strcspn(text, ":");
	scoped(rc_str_release) char *host = rc_strndup(text, length);

	f->internet = (struct rc_endpoint){ .prefix = 32, .protocol = RC_IP_TCP, .port = port };
	if ((text[length] && read_port(&f->internet.port, text + length + 1) < 0) ||
	    !f->internet.port || !*host)
		return rc_fail(err, RC_USAGE, "'%s' is not ADDRESS:PORT", text);
	f->name = rc_strdup(host);
	f->internet6 = f->internet;
	f->internet6.prefix = 128;
	if (!rc_host_address6_of(f->internet6.address, host))
		f->internet6.port = 0;
	return rc_host_address_of(f->internet.address, host, err);
}

/* GitLab is what every appliance must reach. */
static int
choose_internet(struct rc_verify_facts *f, struct rc_session *session, const char *internet,
    struct rc_error *err)
{
	scoped(rc_str_release) char *host = NULL;
	unsigned port;

	if (internet)
		return read_internet(f, internet, 0, err);
	if (rc_url_server(&host, &port, session->config.url, err) < 0)
		return -1;
	if (read_internet(f, host, (uint16_t)port, err) < 0)
		return rc_hint(err, "name a server that must answer: --internet ADDRESS:PORT");
	return 0;
}

static int
read_holes(struct rc_verify_facts *f, const char *list, struct rc_error *err)
{
	scoped(rc_allows_release) struct rc_allows allows = { 0 };

	if (rc_allows_parse(&allows, list ? list : "", err) < 0)
		return -1;
	for (size_t i = 0; i < allows.count; i++) {
		const struct rc_allow *allow = &allows.items[i];
		struct rc_endpoint hole = { .prefix = allow->block.prefix,
			.port = (uint16_t)allow->port };

		if (allow->transport != RC_ANY)
			hole.protocol = allow->transport == RC_TCP ? RC_IP_TCP : RC_IP_UDP;
		rc_block_address(hole.address, allow->block);
		rc_endpoints_add(&f->holes, &hole);
	}
	return 0;
}

static void
choose_run(char run[RC_PROBE_RUN + 1])
{
	scoped(rc_str_release) char *hex = NULL;
	uuid_t random;

	uuid_generate_random(random);
	hex = rc_hex(random, RC_PROBE_RUN / 2);
	snprintf(run, RC_PROBE_RUN + 1, "%s", hex);
}

static int
look_around(struct rc_verify_facts *f, bool local, struct rc_error *err)
{
	if (!local) {
		rc_strv_add(&f->host, f->network.gateway);
		return 0;
	}
	if (rc_host_addresses(&f->host, err) < 0)
		return -1;
	return rc_host_neighbours(&f->lan, f->network.bridge, err);
}

int
rc_verify_facts_gather(struct rc_verify_facts *ret, struct rc_session *session,
    const struct rc_appliance *a, const char *internet, struct rc_error *err)
{
	struct rc_verify_facts *f = ret;
	bool local = rc_virt_is_local(session->virt);

	if (rc_virt_network_read(session->virt, &f->network, err) < 0)
		return -1;
	if (!f->network.mac || !f->network.bridge)
		return rc_fail(err, RC_HOST, "the network " RC_NETWORK " has no bridge of its own");
	if (look_around(f, local, err) < 0 || choose_internet(f, session, internet, err) < 0)
		return -1;
	for (size_t i = 0; i < f->network.count; i++) {
		const struct rc_reservation *one = &f->network.reservations[i];

		if (strcasecmp(one->mac, a->mac) == 0)
			continue;
		rc_strv_add(&f->others, one->ip);
		rc_strv_add(&f->others_macs, one->mac);
	}
	rc_strv_split(
	    &f->resolvers, *session->config.dns ? session->config.dns : f->network.gateway, ',');
	if (read_holes(f, a->holes, err) < 0)
		return -1;
	choose_run(f->run);
	f->facts = (struct rc_probe_facts){
		.run = f->run,
		.mac = a->mac,
		.ip = a->ip,
		.gateway = f->network.gateway,
		.gateway_mac = f->network.mac,
		.prefix = f->network.prefix,
		.ip6 = session->config.ipv6 ? a->ip6 : NULL,
		.gateway6 = f->network.gateway6,
		.host = &f->host,
		.lan = &f->lan,
		.others = &f->others,
		.others_macs = &f->others_macs,
		.resolvers = &f->resolvers,
		.holes = &f->holes,
		.internet = &f->internet,
		.internet6 = f->internet6.port ? &f->internet6 : NULL,
		.name = f->name,
		.watched = local,
	};
	return 0;
}
