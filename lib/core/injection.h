/* What goes into a guest: files computed by pure code, put there by host/guestfs. */
#ifndef RC_CORE_INJECTION_H
#define RC_CORE_INJECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "core/toml_extra.h"

struct rc_injected_file {
	char *path;  /* absolute on the disk */
	char *bytes; /* may be secret: wiped on release */
	size_t size;
	mode_t mode;
};

struct rc_injection {
	struct rc_injected_file *files;
	size_t count;
};

/* Copies bytes. */
void rc_injection_add(
    struct rc_injection *injection, const char *path, const char *bytes, size_t size, mode_t mode);
void rc_injection_release(struct rc_injection *injection);
/* Bytes of a file system that holds the files with room to spare, a whole number of MiB. */
uint64_t rc_injection_disk_size(const struct rc_injection *injection);

/* Everything that the guest's configuration depends on; strings are borrowed. */
struct rc_guest_wish {
	const char *hostname;
	const char *url;
	const char *token; /* secret */
	int64_t runner_id;
	int64_t token_obtained, token_expires; /* unix seconds; expires 0: never */
	const char *system_id;
	const char *runner_name;  /* shown in job logs */
	unsigned concurrent;      /* jobs at a time, at least 1 */
	const char *docker_image; /* of jobs that name none */
	const char *pull_policy;  /* always, if-not-present, never; NULL: always */
	bool docker_socket;       /* jobs share the appliance's docker; else privileged, for dind */
	const char *ca_pem;       /* GitLab's certificates, or NULL */
	size_t ca_size;
	const char *ca_file;     /* where the guest has them; NULL: where the appliance puts them */
	const char *more_ca_pem; /* a registry's, a proxy's, or NULL */
	size_t more_ca_size;
	const char *http_proxy, *https_proxy; /* URLs, or NULL; secret, they may hold a password */
	const char *no_proxy;                 /* a list, or NULL */
	const char *registry_mirror;          /* URL, or NULL */
	const char *resolvers; /* addresses separated by commas; NULL or "": what DHCP says */
	const char *ipv6;      /* "ADDRESS GATEWAY\n", or NULL: it has none */
	uint64_t processes;    /* that all containers together may have; 0: no such cap */
	int64_t drain_timeout; /* seconds a runner may take to finish its jobs */
	const struct rc_toml_extras *extras; /* of config.toml; or NULL */
};

/* The files of the config disk: config.toml, runner_system_id, hostname, drain-timeout, ... */
RC_MUST_CHECK int rc_injection_build(
    struct rc_injection *ret, const struct rc_guest_wish *wish, struct rc_error *err);

/* The UUID as systemd writes it into /etc/machine-id; a NUL is behind it. */
#define RC_MACHINE_ID 33
void rc_machine_id(char id[RC_MACHINE_ID], const char *uuid);

/* Where an image that boots by itself gets the trust anchors. */
#define RC_ROOT_CA_FILE "/usr/local/share/ca-certificates/runnerctl.crt"

/*
 * The same files for the root file system of an image that boots by itself: at
 * the places where its programs look, with a machine-id that is the domain's
 * UUID, and with what makes a power-off a drain.
 */
void rc_injection_into_root(struct rc_injection *injection, const char *uuid);

/* "s_" and twelve hex digits derived from the domain's UUID; buf holds 16 bytes.  Returns buf. */
char *rc_system_id(char buf[16], const char *uuid);

#endif
