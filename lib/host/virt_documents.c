/* The definitions of all domains: one call for the list, one or two for each. */
#include <stdlib.h>

#include "base/str.h"
#include "host/virt_internal.h"

void
rc_documents_release(struct rc_documents *documents)
{
	for (size_t i = 0; i < documents->count; i++) {
		free(documents->items[i].domain);
		free(documents->items[i].xml);
	}
	free(documents->items);
	*documents = (struct rc_documents){ 0 };
}

/* A domain that vanishes between two calls is left out: somebody else removed it. */
static int
add_document(struct rc_documents *to, virDomainPtr handle, unsigned flags, struct rc_error *err)
{
	char *xml = virDomainGetXMLDesc(handle, flags);

	if (!xml)
		return rc_virt_error_is(VIR_ERR_NO_DOMAIN)
			   ? 0
			   : rc_fail_virt(err, "cannot read the definition of a domain");
	to->items = rc_grow(to->items, to->count + 1, sizeof(*to->items));
	to->items[to->count++] =
	    (struct rc_document){ rc_strdup(virDomainGetName(handle)), rc_strdup(xml) };
	free(xml);
	return 0;
}

int
rc_virt_documents(struct rc_virt *virt, struct rc_documents *ret, struct rc_error *err)
{
	scoped(rc_documents_release) struct rc_documents documents = { 0 };
	virDomainPtr *handles = NULL;
	int count = virConnectListAllDomains(virt->connection, &handles, 0), result = 0;

	if (count < 0)
		return rc_fail_virt(err, "cannot list the domains");
	for (int i = 0; i < count; i++) {
		if (result == 0)
			result = add_document(&documents, handles[i], 0, err);
		/* What it starts with next time may differ from what runs. */
		if (result == 0 && virDomainIsPersistent(handles[i]) == 1)
			result = add_document(&documents, handles[i], VIR_DOMAIN_XML_INACTIVE, err);
		virDomainFree(handles[i]);
	}
	free(handles);
	if (result < 0)
		return -1;
	*ret = documents;
	documents = (struct rc_documents){ 0 };
	return 0;
}
