/* The appliances' network: addresses are plain IPv4 arithmetic over its reservations. */
#include "core/network_xml.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/template.h"
#include "core/xml.h"

/*
 * A unique local address: whatever the host's provider gives, and nobody sees it
 * but the host, which translates it.
 */
#define GATEWAY6 "fd5c:9f1e:7a3b::1"
#define PREFIX6 "64"

/* 16 to 29, else 0. */
static unsigned
parse_prefix(const char *text)
{
	unsigned prefix = 0;

	if (strlen(text) == 2 && isdigit((unsigned char)text[0]) && isdigit((unsigned char)text[1]))
		prefix = (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
	return prefix >= 16 && prefix <= 29 ? prefix : 0;
}

/* "192.168.231.1/24" into its parts; neither the first nor the last address of the network. */
static bool
split_address(char **ret_gateway, char **ret_prefix, const char *text)
{
	size_t length = strcspn(text, "/");
	const char *prefix = text[length] ? text + length + 1 : "";
	scoped(rc_str_release) char *gateway = rc_strndup(text, length);
	struct in_addr parsed;
	in_addr_t hosts, host;

	if (inet_pton(AF_INET, gateway, &parsed) != 1 || !parse_prefix(prefix))
		return false;
	hosts = (in_addr_t)0xffffffff >> parse_prefix(prefix);
	host = ntohl(parsed.s_addr) & hosts;
	if (host == 0 || host == hosts)
		return false;
	*ret_gateway = gateway;
	*ret_prefix = rc_strdup(prefix);
	gateway = NULL;
	return true;
}

int
rc_network_address_check(const char *address, struct rc_error *err)
{
	scoped(rc_str_release) char *gateway = NULL, *prefix = NULL;

	if (split_address(&gateway, &prefix, address))
		return 0;
	rc_fail(err, RC_USAGE, "'%s' is not an address for the appliances' network", address);
	return rc_hint(err, "write the gateway's address and a prefix of 16 to 29, such as "
			    "192.168.231.1/24");
}

int
rc_network_xml(char **ret, const struct rc_network_wish *wish, struct rc_error *err)
{
	scoped(rc_str_release) char *gateway = NULL, *prefix = NULL;

	if (!split_address(&gateway, &prefix, wish->address))
		return rc_network_address_check(wish->address, err);
	return rc_template_text(ret, wish->template, wish->origin,
	    (const struct rc_hole[]){
		{ "name", RC_NETWORK, NULL },
		{ "uuid", wish->uuid, NULL },
		{ "address", gateway, NULL },
		{ "prefix", prefix, NULL },
		{ "ipv6", wish->ipv6 ? "yes" : NULL, NULL },
		{ "address6", wish->ipv6 ? GATEWAY6 : NULL, NULL },
		{ "prefix6", wish->ipv6 ? PREFIX6 : NULL, NULL },
		{ 0 },
	    },
	    err);
}

void
rc_network_release(struct rc_network *network)
{
	for (size_t i = 0; i < network->count; i++) {
		free(network->reservations[i].mac);
		free(network->reservations[i].ip);
	}
	free(network->reservations);
	free(network->uuid);
	free(network->mac);
	free(network->bridge);
	free(network->gateway);
	free(network->gateway6);
	rc_strv_release(&network->leased);
	*network = (struct rc_network){ 0 };
}

void
rc_network_take(struct rc_network *network, const char *mac, const char *ip)
{
	network->reservations =
	    rc_grow(network->reservations, network->count + 1, sizeof(*network->reservations));
	network->reservations[network->count++] =
	    (struct rc_reservation){ .mac = rc_strdup(mac), .ip = rc_strdup(ip) };
}

static void
add_reservation(struct rc_network *network, xmlNode *host)
{
	scoped(rc_str_release) char *mac = rc_xml_attribute(host, "mac");
	scoped(rc_str_release) char *ip = rc_xml_attribute(host, "ip");
	scoped(rc_str_release) char *name = rc_xml_attribute(host, "name");

	if (!mac || !ip)
		return;
	rc_network_take(network, mac, ip);
	network->reservations[network->count - 1].named = name != NULL;
}

/* libvirt writes the netmask or the prefix, as it was given; 0: no network for us. */
static unsigned
prefix_of(xmlNode *ip)
{
	scoped(rc_str_release) char *prefix = rc_xml_attribute(ip, "prefix");
	scoped(rc_str_release) char *mask = rc_xml_attribute(ip, "netmask");
	struct in_addr bits;

	if (prefix)
		return parse_prefix(prefix);
	if (mask && inet_pton(AF_INET, mask, &bits) == 1)
		for (unsigned n = 16; n <= 29; n++)
			if (ntohl(bits.s_addr) == (in_addr_t)0xffffffff << (32 - n))
				return n;
	return 0;
}

/* The first <ip> with an address of that family, or NULL. */
static xmlNode *
find_ip(xmlNode *root, int family)
{
	for (xmlNode *ip = rc_xml_child(root, "ip"); ip; ip = rc_xml_next(ip)) {
		scoped(rc_str_release) char *address = rc_xml_attribute(ip, "address");

		if (address && inet_pton(family, address, &(struct in6_addr){ 0 }) == 1)
			return ip;
	}
	return NULL;
}

/* The gateway's IPv6 address, if the network is as wide as ours are; the caller frees. */
static char *
read_gateway6(xmlNode *ip)
{
	scoped(rc_str_release) char *prefix = rc_xml_attribute(ip, "prefix");

	return prefix && strcmp(prefix, PREFIX6) == 0 ? rc_xml_attribute(ip, "address") : NULL;
}

int
rc_network_read(struct rc_network *ret, const char *xml, struct rc_error *err)
{
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	struct rc_network network = { 0 };
	xmlNode *root, *ip;

	if (rc_xml_parse(&doc, xml, "network", err) < 0)
		return -1;
	root = xmlDocGetRootElement(doc);
	ip = find_ip(root, AF_INET);
	network.uuid = rc_xml_content(rc_xml_child(root, "uuid"));
	network.mac = rc_xml_attribute(rc_xml_child(root, "mac"), "address");
	network.bridge = rc_xml_attribute(rc_xml_child(root, "bridge"), "name");
	network.gateway = rc_xml_attribute(ip, "address");
	network.prefix = prefix_of(ip);
	network.gateway6 = read_gateway6(find_ip(root, AF_INET6));
	for (xmlNode *h = rc_xml_path(ip, "dhcp/host"); h; h = rc_xml_next(h))
		add_reservation(&network, h);
	if (!network.uuid || !network.gateway || !network.prefix) {
		rc_network_release(&network);
		return rc_fail(
		    err, RC_HOST, "the network %s has no usable IPv4 address", RC_NETWORK);
	}
	*ret = network;
	return 0;
}

static bool
is_taken(const struct rc_network *network, const char *ip)
{
	for (size_t i = 0; i < network->count; i++)
		if (strcmp(network->reservations[i].ip, ip) == 0)
			return true;
	return strcmp(network->gateway, ip) == 0;
}

int
rc_network_pick(char **ret_ip, const struct rc_network *network, struct rc_error *err)
{
	struct in_addr gateway;
	scoped(rc_str_release) char *leased = NULL;
	in_addr_t first, last;

	if (inet_pton(AF_INET, network->gateway, &gateway) != 1)
		return rc_fail(err, RC_HOST, "the network %s has no IPv4 address", RC_NETWORK);
	first = ntohl(gateway.s_addr) & ~(in_addr_t)((1u << (32 - network->prefix)) - 1);
	last = first + (1u << (32 - network->prefix)) - 2;
	for (in_addr_t ip = first + 1; ip <= last; ip++) {
		char text[INET_ADDRSTRLEN];

		inet_ntop(AF_INET, &(struct in_addr){ htonl(ip) }, text, sizeof(text));
		if (is_taken(network, text))
			continue;
		if (rc_strv_has(&network->leased, text)) {
			if (!leased)
				leased = rc_strdup(text);
			continue;
		}
		*ret_ip = rc_strdup(text);
		return 0;
	}
	if (leased) {
		*ret_ip = leased;
		leased = NULL;
		return 0;
	}
	rc_fail(err, RC_NO_ROOM, "all addresses of the network %s are taken", RC_NETWORK);
	return rc_hint(err, "give it a larger address in [host] address, see runnerctl.conf(5)");
}

char *
rc_network_ipv6(const struct rc_network *network, const char *ip)
{
	unsigned char address[16];
	char text[INET6_ADDRSTRLEN];

	if (!network->gateway6 || inet_pton(AF_INET6, network->gateway6, address) != 1 ||
	    inet_pton(AF_INET, ip, address + 12) != 1)
		return NULL;
	memset(address + 8, 0, 4);
	return rc_strdup(inet_ntop(AF_INET6, address, text, sizeof(text)));
}

char *
rc_reservation_xml(const char *mac, const char *ip)
{
	scoped(rc_xml_release) xmlDoc *doc = xmlNewDoc(RC_XML("1.0"));
	xmlNode *host = xmlNewDocNode(doc, NULL, RC_XML("host"), NULL);

	xmlDocSetRootElement(doc, host);
	xmlSetProp(host, RC_XML("mac"), RC_XML(mac));
	xmlSetProp(host, RC_XML("ip"), RC_XML(ip));
	return rc_xml_text(doc);
}

char *
rc_mac_of(const char *uuid)
{
	const char *tail = uuid + strlen(uuid) - 6;

	return rc_format("52:54:00:%.2s:%.2s:%.2s", tail, tail + 2, tail + 4);
}
