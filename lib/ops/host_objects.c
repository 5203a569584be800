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
rc_ensure_network(struct rc_session *session, struct rc_error *err)
{
	scoped(rc_str_release) char *text = NULL, *origin = NULL, *xml = NULL;
	char uuid[37];

	rc_uuid_of(uuid, "runnerctl network");
	if (rc_session_template(session, "network.xml", &text, &origin, err) < 0 ||
	    rc_network_xml(&xml, uuid, session->config.address, text, origin, err) < 0)
		return -1;
	return rc_virt_network_ensure(session->virt, xml, uuid, err);
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

int
rc_gateway(struct rc_session *session, char **ret, struct rc_error *err)
{
	scoped(rc_network_release) struct rc_network network = { 0 };
	const char *address = session->config.address;

	if (rc_virt_network_read(session->virt, &network, err) == 0) {
		*ret = rc_strdup(network.gateway);
		return 0;
	}
	if (err->code != RC_NOT_FOUND)
		return -1;
	*ret = rc_strndup(address, strcspn(address, "/"));
	return 0;
}
