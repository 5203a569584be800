/* What libvirt can make a running guest give back: memory and disk. */
#include "host/virt_balloon.h"

#include "host/virt_internal.h"

static int
find(struct rc_virt *virt, const char *uuid, virDomainPtr *ret, struct rc_error *err)
{
	bool gone;

	*ret = virDomainLookupByUUIDString(virt->connection, uuid);
	if (*ret)
		return 0;
	gone = rc_virt_error_is(VIR_ERR_NO_DOMAIN);
	rc_fail_virt(err, "cannot find the domain %s", uuid);
	if (gone)
		err->code = RC_NOT_FOUND;
	return -1;
}

int
rc_virt_balloon_set(struct rc_virt *virt, const char *uuid, uint64_t bytes, struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain = NULL;

	if (find(virt, uuid, &domain, err) < 0)
		return -1;
	/* One that went off has no balloon, and starts with all its memory. */
	if (virDomainSetMemoryFlags(domain, bytes / 1024, VIR_DOMAIN_AFFECT_LIVE) < 0 &&
	    !rc_virt_error_is(VIR_ERR_OPERATION_INVALID))
		return rc_fail_virt(err, "cannot set its balloon");
	return 0;
}

int
rc_virt_balloon_get(struct rc_virt *virt, const char *uuid, uint64_t *ret, struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain = NULL;
	virDomainInfo info;

	if (find(virt, uuid, &domain, err) < 0)
		return -1;
	if (virDomainGetInfo(domain, &info) < 0)
		return rc_fail_virt(err, "cannot ask for its balloon");
	*ret = (uint64_t)info.memory * 1024;
	return 0;
}

int
rc_virt_trim(struct rc_virt *virt, const char *uuid, int seconds, struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain = NULL;
	int result;

	if (find(virt, uuid, &domain, err) < 0)
		return -1;
	/* The time limit stays with the domain, for whoever asks its agent next. */
	if (virDomainAgentSetResponseTimeout(domain, seconds, 0) < 0)
		return rc_fail_virt(err, "cannot ask its agent");
	result = virDomainFSTrim(domain, NULL, 0, 0);
	if (result < 0)
		rc_fail_virt(err, "its file systems are not trimmed");
	virDomainAgentSetResponseTimeout(domain, RC_AGENT_TIMEOUT, 0);
	return result;
}
