/*
 * Pool, network and filters: made if absent.  The UUIDs of pool and network
 * are derived from their names, so that an object of the same name that
 * somebody else made is recognised and left alone.
 */
#include "ops/host_objects.h"

#include <stdlib.h>

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

static int
build_filters(struct rc_session *session, struct rc_filters *ret, struct rc_error *err)
{
	struct rc_template_source sources[RC_FILTER_PARTS];
	char *texts[RC_FILTER_PARTS] = { 0 }, *origins[RC_FILTER_PARTS] = { 0 };
	int result = 0;

	for (int i = 0; i < RC_FILTER_PARTS && result == 0; i++) {
		result = rc_session_template(session, rc_filter_template((enum rc_filter_part)i),
		    &texts[i], &origins[i], err);
		sources[i] = (struct rc_template_source){ texts[i], origins[i] };
	}
	if (result == 0)
		result = rc_filters_build(ret, sources, err);
	for (int i = 0; i < RC_FILTER_PARTS; i++) {
		free(texts[i]);
		free(origins[i]);
	}
	return result;
}

int
rc_ensure_filters(struct rc_session *session, char **ret_root, struct rc_error *err)
{
	scoped(rc_filters_release) struct rc_filters filters = { 0 };

	if (build_filters(session, &filters, err) < 0 ||
	    rc_virt_filters_ensure(session->virt, &filters, err) < 0)
		return -1;
	*ret_root = rc_strdup(filters.parts[RC_FILTER_ROOT].name);
	return 0;
}

int
rc_filter_name(struct rc_session *session, char **ret_root, struct rc_error *err)
{
	scoped(rc_filters_release) struct rc_filters filters = { 0 };

	if (build_filters(session, &filters, err) < 0)
		return -1;
	*ret_root = rc_strdup(filters.parts[RC_FILTER_ROOT].name);
	return 0;
}
