/* The door to libvirt: connection and domains. */
#include "host/virt.h"

#include <libvirt/libvirt-qemu.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "core/metadata.h"
#include "host/virt_internal.h"

static void
be_quiet(void *context, virErrorPtr error)
{
	(void)context;
	(void)error;
}

int
rc_fail_virt(struct rc_error *err, const char *fmt, ...)
{
	virErrorPtr why = virGetLastError();
	char message[320], what[160];
	va_list args;

	snprintf(
	    message, sizeof(message), "%s", why && why->message ? why->message : "no reason given");
	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	rc_fail(err, RC_FAILED, "%s: %s", what, message);
	if (why && (why->code == VIR_ERR_OPERATION_DENIED ||
		       why->code == VIR_ERR_AUTH_UNAVAILABLE || why->code == VIR_ERR_AUTH_FAILED)) {
		err->code = RC_HOST;
		rc_hint(err, "run as root, or as a member of the group libvirt");
	}
	return -1;
}

bool
rc_virt_error_is(int code)
{
	return virGetLastErrorCode() == code;
}

/* libvirt reports the real URI, also where it was given as a short form or by the environment. */
static int
refuse_session(virConnectPtr connection, bool *ret_local, struct rc_error *err)
{
	char *uri = virConnectGetURI(connection);
	char host[256] = "", *name;
	bool session;

	if (!uri)
		return rc_fail_virt(err, "libvirt does not tell its URI");
	session = strstr(uri, "/session") != NULL;
	free(uri);
	if (session) {
		rc_fail(err, RC_HOST,
		    "a session connection has no bridge and no filter: "
		    "builds could reach the host's network");
		return rc_hint(err, "use qemu:///system");
	}
	name = virConnectGetHostname(connection);
	gethostname(host, sizeof(host) - 1);
	*ret_local = name && strncmp(name, host, strlen(host)) == 0;
	free(name);
	return 0;
}

int
rc_virt_open(struct rc_virt **ret, const char *uri, bool read_only, struct rc_error *err)
{
	struct rc_virt virt = { 0 };

	virSetErrorFunc(NULL, be_quiet);
	virt.connection = read_only ? virConnectOpenReadOnly(uri) : virConnectOpen(uri);
	if (!virt.connection) {
		rc_fail_virt(err, "cannot reach libvirt at %s", uri);
		err->code = RC_HOST;
		if (!err->hint[0])
			rc_hint(err, "is libvirtd running? try: virsh -c %s version", uri);
		return -1;
	}
	if (refuse_session(virt.connection, &virt.local, err) < 0) {
		virConnectClose(virt.connection);
		return -1;
	}
	*ret = rc_alloc(1, sizeof(virt));
	**ret = virt;
	return 0;
}

void
rc_virt_close(struct rc_virt *virt)
{
	if (virt)
		virConnectClose(virt->connection);
	free(virt);
}

bool
rc_virt_is_local(const struct rc_virt *virt)
{
	return virt->local;
}

int
rc_virt_hostname(struct rc_virt *virt, char **ret, struct rc_error *err)
{
	*ret = virConnectGetHostname(virt->connection);
	return *ret ? 0 : rc_fail_virt(err, "cannot ask libvirt for the host's name");
}

/* NULL and a libvirt error when it does not exist. */
static virDomainPtr
lookup(struct rc_virt *virt, const char *uuid)
{
	return virDomainLookupByUUIDString(virt->connection, uuid);
}

/* RC_NOT_FOUND: the domain is gone. */
static int
fail_lookup(struct rc_error *err, const char *uuid)
{
	bool gone = rc_virt_error_is(VIR_ERR_NO_DOMAIN);

	rc_fail_virt(err, "cannot find the domain %s", uuid);
	if (gone)
		err->code = RC_NOT_FOUND;
	return -1;
}

static int
lookup_or_fail(struct rc_virt *virt, const char *uuid, virDomainPtr *ret, struct rc_error *err)
{
	*ret = lookup(virt, uuid);
	return *ret ? 0 : fail_lookup(err, uuid);
}

/*
 * To be called before anything else: virDomainGetName() begins, like every call
 * of libvirt's, with forgetting the last error.
 */
static int
fail_domain(struct rc_error *err, const char *what, virDomainPtr domain)
{
	bool gone = rc_virt_error_is(VIR_ERR_NO_DOMAIN);

	rc_fail_virt(err, "%s", what);
	rc_within(err, "%s", virDomainGetName(domain));
	if (gone)
		err->code = RC_NOT_FOUND;
	return -1;
}

int
rc_virt_find(struct rc_virt *virt, const char *name, char uuid[37], struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain =
	    virDomainLookupByName(virt->connection, name);

	uuid[0] = '\0';
	if (!domain)
		return rc_virt_error_is(VIR_ERR_NO_DOMAIN)
			   ? 0
			   : rc_fail_virt(err, "cannot look for the domain %s", name);
	if (virDomainGetUUIDString(domain, uuid) < 0)
		return rc_fail_virt(err, "cannot read the UUID of %s", name);
	return 0;
}

int
rc_virt_define(struct rc_virt *virt, const char *xml, struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain =
	    virDomainDefineXMLFlags(virt->connection, xml, VIR_DOMAIN_DEFINE_VALIDATE);

	return domain ? 0 : rc_fail_virt(err, "libvirt does not accept the domain");
}

static int
write_metadata(virDomainPtr domain, const char *element, unsigned flags)
{
	return virDomainSetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, element, "runnerctl",
	    RC_APPLIANCE_NAMESPACE, VIR_DOMAIN_AFFECT_CONFIG | flags);
}

int
rc_virt_set_metadata(
    struct rc_virt *virt, const char *uuid, const char *element, struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain = NULL;
	int active, result = -1;

	if (lookup_or_fail(virt, uuid, &domain, err) < 0)
		return -1;
	active = virDomainIsActive(domain);
	if (active == 1)
		result = write_metadata(domain, element, VIR_DOMAIN_AFFECT_LIVE);
	/* It may have powered off just now. */
	if (active == 0 || (result < 0 && rc_virt_error_is(VIR_ERR_OPERATION_INVALID)))
		result = write_metadata(domain, element, 0);
	return result < 0 ? fail_domain(err, "cannot record its state", domain) : 0;
}

int
rc_virt_live_xml(struct rc_virt *virt, const char *uuid, char **ret, struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain = NULL;

	if (lookup_or_fail(virt, uuid, &domain, err) < 0)
		return -1;
	*ret = virDomainGetXMLDesc(domain, 0);
	return *ret ? 0 : rc_fail_virt(err, "cannot read back the domain");
}

int
rc_virt_start(struct rc_virt *virt, const char *uuid, struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain = NULL;

	if (lookup_or_fail(virt, uuid, &domain, err) < 0)
		return -1;
	if (virDomainIsActive(domain) != 1 && virDomainCreate(domain) < 0)
		return fail_domain(err, "cannot start it", domain);
	if (virDomainSetAutostart(domain, 1) < 0)
		return fail_domain(err, "cannot let it start with the host", domain);
	return 0;
}

int
rc_virt_is_active(struct rc_virt *virt, const char *uuid, bool *ret, struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain = lookup(virt, uuid);
	int active = 0;

	if (!domain && !rc_virt_error_is(VIR_ERR_NO_DOMAIN))
		return rc_fail_virt(err, "cannot look for the domain %s", uuid);
	if (domain)
		active = virDomainIsActive(domain);
	/* A transient domain may go between the two calls. */
	if (active < 0 && !rc_virt_error_is(VIR_ERR_NO_DOMAIN))
		return fail_domain(err, "cannot ask for its state", domain);
	*ret = active == 1;
	return 0;
}

int
rc_virt_is_saved(struct rc_virt *virt, const char *uuid, bool *ret, struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain = lookup(virt, uuid);
	int saved = domain ? virDomainHasManagedSaveImage(domain, 0) : -1;

	if (saved < 0 && !rc_virt_error_is(VIR_ERR_NO_DOMAIN))
		return rc_fail_virt(err, "cannot ask whether it is saved");
	*ret = saved == 1;
	return 0;
}

/* One that an I/O error stopped could not obey: it tries again what failed. */
static void
go_on(virDomainPtr domain)
{
	int state, reason;

	if (virDomainGetState(domain, &state, &reason, 0) == 0 && state == VIR_DOMAIN_PAUSED &&
	    reason == VIR_DOMAIN_PAUSED_IOERROR)
		virDomainResume(domain);
}

/* A machine that has powered off is active, but cannot be asked any more, until its qemu is gone.
 */
static bool
is_ending(virDomainPtr domain)
{
	int state;

	return virDomainGetState(domain, &state, NULL, 0) == 0 &&
	       (state == VIR_DOMAIN_SHUTDOWN || state == VIR_DOMAIN_SHUTOFF);
}

int
rc_virt_shutdown(struct rc_virt *virt, const char *uuid, bool agent, struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain = NULL;

	if (lookup_or_fail(virt, uuid, &domain, err) < 0)
		return -1;
	go_on(domain);
	if (agent)
		virDomainAgentSetResponseTimeout(domain, RC_AGENT_TIMEOUT, 0);
	if (virDomainShutdownFlags(domain,
		agent ? VIR_DOMAIN_SHUTDOWN_GUEST_AGENT : VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN) == 0)
		return 0;
	fail_domain(err, "cannot ask it to power off", domain);
	return is_ending(domain) ? 0 : -1;
}

int
rc_virt_stay_off(struct rc_virt *virt, const char *uuid, struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain = lookup(virt, uuid);

	if ((!domain || virDomainSetAutostart(domain, 0) < 0) &&
	    !rc_virt_error_is(VIR_ERR_NO_DOMAIN))
		return rc_fail_virt(err, "cannot keep it from starting with the host");
	return 0;
}

int
rc_virt_kill(struct rc_virt *virt, const char *uuid, struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain = lookup(virt, uuid);
	bool off;

	if (!domain)
		return rc_virt_error_is(VIR_ERR_NO_DOMAIN)
			   ? 0
			   : rc_fail_virt(err, "cannot look for the domain %s", uuid);
	if (virDomainSetAutostart(domain, 0) == 0 && virDomainDestroy(domain) == 0)
		return 0;
	if (rc_virt_error_is(VIR_ERR_NO_DOMAIN))
		return 0;
	off = rc_virt_error_is(VIR_ERR_OPERATION_INVALID);
	fail_domain(err, "cannot stop it", domain);
	return off && virDomainIsActive(domain) == 0 ? 0 : -1;
}

int
rc_virt_undefine(struct rc_virt *virt, const char *uuid, struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain = lookup(virt, uuid);

	if (!domain)
		return rc_virt_error_is(VIR_ERR_NO_DOMAIN)
			   ? 0
			   : rc_fail_virt(err, "cannot look for the domain %s", uuid);
	if (virDomainUndefineFlags(domain, VIR_DOMAIN_UNDEFINE_MANAGED_SAVE |
					       VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
					       VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA) < 0)
		return rc_virt_error_is(VIR_ERR_NO_DOMAIN)
			   ? 0
			   : fail_domain(err, "cannot undefine it", domain);
	return 0;
}

int
rc_virt_agent(
    struct rc_virt *virt, const char *uuid, const char *command, char **ret, struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain = NULL;

	if (lookup_or_fail(virt, uuid, &domain, err) < 0)
		return -1;
	*ret = virDomainQemuAgentCommand(domain, command, RC_AGENT_TIMEOUT, 0);
	return *ret ? 0 : rc_fail_virt(err, "the guest agent does not answer");
}
