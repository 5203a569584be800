/*
 * The door to libvirt: connection, domains, secrets.  Storage, network and
 * filters are in virt_storage.h and virt_network.h.  Objects are named by name
 * or UUID, so that no libvirt type leaves this ring.
 */
#ifndef RC_HOST_VIRT_H
#define RC_HOST_VIRT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/run.h"
#include "base/scope.h"
#include "base/str.h"
#include "core/rotation.h"
#include "core/usage.h"

struct rc_virt;

/*
 * Refuses session connections (they have neither bridges nor filters) with
 * RC_HOST; an unreachable libvirt is RC_HOST too.  No error text of libvirt
 * is printed by itself any more.
 */
RC_MUST_CHECK int rc_virt_open(
    struct rc_virt **ret, const char *uri, bool read_only, struct rc_error *err);
void rc_virt_close(struct rc_virt *virt);
RC_RELEASER(rc_virt_release, struct rc_virt *, rc_virt_close)

/* Is it the machine we run on? */
bool rc_virt_is_local(const struct rc_virt *virt);
/* The libvirt host's own name; the caller frees. */
RC_MUST_CHECK int rc_virt_hostname(struct rc_virt *virt, char **ret, struct rc_error *err);
struct rc_host_facts {
	uint64_t memory; /* bytes */
	unsigned cpus;
	char arch[32];
	unsigned long libvirt; /* version: major * 1000000 + minor * 1000 + release */
	char security[32];     /* what confines qemu: "apparmor", "selinux", "none", ... */
};
RC_MUST_CHECK int rc_virt_host(
    struct rc_virt *virt, struct rc_host_facts *ret, struct rc_error *err);

struct rc_domain {
	char *name;
	char uuid[37];
	bool active;
	char *metadata; /* our element; NULL: a foreign domain */
	enum rc_halt halt;
	/* Of an active domain: */
	uint64_t memory_max;   /* bytes it may take of the host's memory */
	uint64_t memory_now;   /* bytes its balloon leaves it, or RC_UNKNOWN */
	struct rc_usage usage; /* unchecked */
};
struct rc_domains {
	struct rc_domain *items;
	size_t count;
};
/* Numbers cost some milliseconds a domain that runs, for its qemu is asked. */
enum rc_detail {
	RC_DETAIL_STATE, /* on or off, and why not running */
	RC_DETAIL_USAGE, /* all there is; of ours alone */
};
/*
 * All persistent domains with one bulk call each for list and statistics; metadata
 * only of ours, a call each.
 */
RC_MUST_CHECK int rc_virt_domains(
    struct rc_virt *virt, enum rc_detail detail, struct rc_domains *ret, struct rc_error *err);
void rc_domains_release(struct rc_domains *domains);

/* Definitions of all domains, anybody's, as they run and as they would start next. */
struct rc_documents {
	struct rc_document {
		char *domain, *xml;
	} * items;
	size_t count;
};
RC_MUST_CHECK int rc_virt_documents(
    struct rc_virt *virt, struct rc_documents *ret, struct rc_error *err);
void rc_documents_release(struct rc_documents *documents);

/* A domain of that name that exists: its UUID in uuid, "" if there is none. */
RC_MUST_CHECK int rc_virt_find(
    struct rc_virt *virt, const char *name, char uuid[37], struct rc_error *err);
/* Validated against libvirt's schema.  The same UUID again replaces the definition. */
RC_MUST_CHECK int rc_virt_define(struct rc_virt *virt, const char *xml, struct rc_error *err);
RC_MUST_CHECK int rc_virt_set_metadata(
    struct rc_virt *virt, const char *uuid, const char *element, struct rc_error *err);
RC_MUST_CHECK int rc_virt_live_xml(
    struct rc_virt *virt, const char *uuid, char **ret, struct rc_error *err);
/* Starts it and lets it start with the host. */
RC_MUST_CHECK int rc_virt_start(struct rc_virt *virt, const char *uuid, struct rc_error *err);
/* false also for a domain that does not exist. */
RC_MUST_CHECK int rc_virt_is_active(
    struct rc_virt *virt, const char *uuid, bool *ret, struct rc_error *err);
/* Is it off, with its memory kept to go on from?  false also for a domain that does not exist. */
RC_MUST_CHECK int rc_virt_is_saved(
    struct rc_virt *virt, const char *uuid, bool *ret, struct rc_error *err);
/* Asks the guest to power off, by agent (true) or ACPI; returns at once. */
RC_MUST_CHECK int rc_virt_shutdown(
    struct rc_virt *virt, const char *uuid, bool agent, struct rc_error *err);
/* It starts no more with the host; no error if it is gone. */
RC_MUST_CHECK int rc_virt_stay_off(struct rc_virt *virt, const char *uuid, struct rc_error *err);
/* Pulls the plug, and it starts no more with the host; no error if it is off or gone. */
RC_MUST_CHECK int rc_virt_kill(struct rc_virt *virt, const char *uuid, struct rc_error *err);
/* No error if it is gone. */
RC_MUST_CHECK int rc_virt_undefine(struct rc_virt *virt, const char *uuid, struct rc_error *err);
/* One guest agent command; the answer (hostile, cut off at 1 MiB by libvirt) is the caller's. */
RC_MUST_CHECK int rc_virt_agent(
    struct rc_virt *virt, const char *uuid, const char *command, char **ret, struct rc_error *err);

/* A libvirt secret object of that UUID; replaces an older value. */
RC_MUST_CHECK int rc_virt_secret_set(struct rc_virt *virt, const char *uuid,
    const char *description, const char *value, struct rc_error *err);
/* NULL if there is none; the caller releases with rc_secret_release. */
RC_MUST_CHECK int rc_virt_secret_get(
    struct rc_virt *virt, const char *uuid, char **ret, struct rc_error *err);
RC_MUST_CHECK int rc_virt_secret_delete(
    struct rc_virt *virt, const char *uuid, struct rc_error *err);
/* All of the host, whosever they are: UUIDs, and descriptions ("" if there is none). */
RC_MUST_CHECK int rc_virt_secrets(struct rc_virt *virt, struct rc_strv *ret_uuids,
    struct rc_strv *ret_descriptions, struct rc_error *err);

#endif
