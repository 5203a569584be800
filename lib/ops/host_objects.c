/*
 * Pool and network: made if absent.  The UUIDs of pool and network
 * are derived from their names, so that an object of the same name that
 * somebody else made is recognised and left alone.
 */
#include "ops/host_objects.h"

#include <string.h>

#include "base/str.h"
#include "core/filter_xml.h"
#include "core/network_xml.h"
#include "core/template.h"
#include "host/virt_network.h"
#include "host/virt_storage.h"

int
rc_ensure_pool(struct rc_session *session, struct rc_error *err)
{
	scoped(rc_str_release) char *text = NULL, *origin = NULL, *xml = NULL;
	char uuid[37];
	const struct rc_hole holes[] = {
		{ "name", RC_POOL, NULL },
		{ "uuid", rc_uuid_of(uuid, "runnerctl pool"), NULL },
		{ "path", session->config.pool_path, NULL },
		{ 0 },
	};

	if (rc_session_template(session, "pool.xml", &text, &origin, err) < 0 ||
	    rc_template_text(&xml, text, origin, holes, err) < 0)
		return -1;
	return rc_virt_pool_ensure(session->virt, xml, uuid, err);
}

int
rc_wake_pool(struct rc_session *session, struct rc_error *err)
{
	char uuid[37];

	return rc_virt_pool_wake(session->virt, rc_uuid_of(uuid, "runnerctl pool"), err);
}

/* The document of the network as it is made on this host; the caller frees. */
static int
network_document(struct rc_session *session, char **ret, char uuid[37], struct rc_error *err)
{
	scoped(rc_str_release) char *text = NULL, *origin = NULL;
	struct rc_network_wish wish = { .uuid = rc_uuid_of(uuid, "runnerctl network"),
		.address = session->config.address,
		.ipv6 = session->config.ipv6 };

	if (rc_session_template(session, "network.xml", &text, &origin, err) < 0)
		return -1;
	wish.template = text;
	wish.origin = origin;
	return rc_network_xml(ret, &wish, err);
}

/* What IPv6 needs that a network or a host may lack. */
static int
check_ipv6(struct rc_session *session, struct rc_error *err)
{
	scoped(rc_network_release) struct rc_network network = { 0 };

	if (!rc_virt_is_local(session->virt)) {
		rc_fail(err, RC_HOST, "IPv6 for appliances of another host is not possible");
		return rc_hint(err, "run runnerctl there, or set ipv6 = off in [isolation]");
	}
	if (rc_virt_network_read(session->virt, &network, err) < 0)
		return -1;
	if (network.gateway6)
		return 0;
	rc_fail(err, RC_HOST, "the network " RC_NETWORK " was made without IPv6");
	return rc_hint(err, "destroy the appliances, then: virsh net-destroy " RC_NETWORK
			    "; virsh net-undefine " RC_NETWORK);
}

int
rc_ensure_network(struct rc_session *session, struct rc_error *err)
{
	scoped(rc_str_release) char *xml = NULL;
	char uuid[37];

	if (network_document(session, &xml, uuid, err) < 0 ||
	    rc_virt_network_ensure(session->virt, xml, uuid, err) < 0)
		return -1;
	return session->config.ipv6 ? check_ipv6(session, err) : 0;
}

int
rc_network_now(struct rc_session *session, struct rc_network *ret, struct rc_error *err)
{
	scoped(rc_str_release) char *xml = NULL;
	char uuid[37];

	if (rc_virt_network_read(session->virt, ret, err) == 0)
		return 0;
	if (err->code != RC_NOT_FOUND || network_document(session, &xml, uuid, err) < 0)
		return -1;
	return rc_network_read(ret, xml, err);
}

int
rc_host_identity(struct rc_session *session, char **ret, struct rc_error *err)
{
	scoped(rc_network_release) struct rc_network network = { 0 };
	scoped(rc_str_release) char *name = NULL;

	if (rc_virt_network_read(session->virt, &network, err) < 0 ||
	    rc_virt_hostname(session->virt, &name, err) < 0)
		return -1;
	*ret = rc_format("%s %s", name, network.mac ? network.mac : "");
	return 0;
}
