/* Runner tokens as libvirt secret objects: not private (we read them back), not ephemeral. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/xml.h"
#include "host/virt_internal.h"

static char *
secret_xml(const char *uuid, const char *description)
{
	scoped(rc_xml_release) xmlDoc *doc = xmlNewDoc(RC_XML("1.0"));
	xmlNode *root = xmlNewDocNode(doc, NULL, RC_XML("secret"), NULL);

	xmlDocSetRootElement(doc, root);
	xmlSetProp(root, RC_XML("ephemeral"), RC_XML("no"));
	xmlSetProp(root, RC_XML("private"), RC_XML("no"));
	xmlNewTextChild(root, NULL, RC_XML("uuid"), RC_XML(uuid));
	xmlNewTextChild(root, NULL, RC_XML("description"), RC_XML(description));
	return rc_xml_text(doc);
}

int
rc_virt_secret_set(struct rc_virt *virt, const char *uuid, const char *description,
    const char *value, struct rc_error *err)
{
	scoped(rc_str_release) char *xml = secret_xml(uuid, description);
	scoped(rc_secret_handle_release) virSecretPtr secret =
	    virSecretDefineXML(virt->connection, xml, VIR_SECRET_DEFINE_VALIDATE);

	if (!secret ||
	    virSecretSetValue(secret, (const unsigned char *)value, strlen(value), 0) < 0)
		return rc_fail_virt(err, "libvirt cannot keep the runner's token");
	return 0;
}

int
rc_virt_secret_get(struct rc_virt *virt, const char *uuid, char **ret, struct rc_error *err)
{
	scoped(rc_secret_handle_release) virSecretPtr secret =
	    virSecretLookupByUUIDString(virt->connection, uuid);
	unsigned char *value;
	size_t size = 0;

	*ret = NULL;
	if (!secret)
		return rc_virt_error_is(VIR_ERR_NO_SECRET)
			   ? 0
			   : rc_fail_virt(err, "cannot look for the runner's token");
	value = virSecretGetValue(secret, &size, 0);
	if (!value)
		return rc_virt_error_is(VIR_ERR_NO_SECRET)
			   ? 0
			   : rc_fail_virt(err, "cannot read the runner's token");
	*ret = rc_strndup((const char *)value, size);
	rc_wipe(value, size);
	free(value);
	return 0;
}

int
rc_virt_secret_delete(struct rc_virt *virt, const char *uuid, struct rc_error *err)
{
	scoped(rc_secret_handle_release) virSecretPtr secret =
	    virSecretLookupByUUIDString(virt->connection, uuid);

	if (!secret)
		return rc_virt_error_is(VIR_ERR_NO_SECRET)
			   ? 0
			   : rc_fail_virt(err, "cannot look for the runner's token");
	return virSecretUndefine(secret) == 0
		   ? 0
		   : rc_fail_virt(err, "cannot remove the runner's token from libvirt");
}

/* One that vanishes between two calls is left out. */
static void
add_secret(virSecretPtr secret, struct rc_strv *uuids, struct rc_strv *descriptions)
{
	scoped(rc_xml_release) xmlDoc *doc = NULL;
	scoped(rc_str_release) char *xml = virSecretGetXMLDesc(secret, 0), *description = NULL;
	char uuid[VIR_UUID_STRING_BUFLEN];
	struct rc_error ignored;

	if (!xml || virSecretGetUUIDString(secret, uuid) < 0 ||
	    rc_xml_parse(&doc, xml, "secret", &ignored) < 0)
		return;
	description = rc_xml_content(rc_xml_child(xmlDocGetRootElement(doc), "description"));
	rc_strv_add(uuids, uuid);
	rc_strv_add(descriptions, description ? description : "");
}

int
rc_virt_secrets(struct rc_virt *virt, struct rc_strv *ret_uuids, struct rc_strv *ret_descriptions,
    struct rc_error *err)
{
	virSecretPtr *handles = NULL;
	int count = virConnectListAllSecrets(virt->connection, &handles, 0);

	if (count < 0)
		return rc_fail_virt(err, "cannot list the secrets");
	for (int i = 0; i < count; i++) {
		add_secret(handles[i], ret_uuids, ret_descriptions);
		virSecretFree(handles[i]);
	}
	free(handles);
	return 0;
}
