/* The configuration file: wishes, never state.  Text in, checked struct out. */
#ifndef RC_CORE_CONFIG_H
#define RC_CORE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/appliance.h"
#include "core/room.h"
#include "core/rotation.h"
#include "core/toml_extra.h"

enum rc_accel { RC_ACCEL_AUTO, RC_ACCEL_KVM, RC_ACCEL_TCG };

struct rc_profile {
	char *name;
	struct rc_limits limits;
};

struct rc_config {
	/* [host] */
	char *connect;   /* libvirt URI */
	char *pool_path; /* directory of the storage pool, on the libvirt host */
	char *templates; /* directory of the operator's own templates, or NULL */
	char *address;   /* of the appliances' network: "192.168.231.1/24" */
	struct rc_reserve reserve_memory, reserve_disk; /* what the host keeps for itself */
	enum rc_accel accel;
	unsigned cpu_overcommit; /* vCPUs that may be promised for a CPU, in hundredths */
	/* [gitlab] */
	char *url, *token_file, *ca_file, *tags;
	int64_t group, project;
	bool run_untagged;
	int64_t maximum_timeout;
	/* [runner] */
	char *docker_image, *pull_policy, *registry_mirror;
	char *http_proxy, *https_proxy, *no_proxy; /* the first two may hold a password */
	char *more_ca_file;
	bool docker_socket;
	unsigned concurrent;
	int64_t drain_timeout;
	/* [rotation] */
	enum rc_strategy strategy;
	int64_t max_age;          /* seconds, 0: age is no reason */
	unsigned max_unavailable; /* appliances that are replaced at a time */
	int64_t ready_timeout, patience;
	unsigned pressure; /* percent of a minute of which the host is said to be under pressure */
	/* [isolation]; lists, "" for none */
	bool ipv6;        /* appliances have it, too */
	bool exposed_cut; /* who is found exposed loses its link until it is repaired */
	char *allow, *deny, *dns;
	/* [appliance] */
	char *image, *profile;
	/* [config.toml] */
	struct rc_toml_extras extras;
	/* [profile NAME]; one called "default" is always there */
	struct rc_profile *profiles;
	size_t profile_count;
};

/* The defaults, for when there is no file. */
void rc_config_init(struct rc_config *config);
/* Errors name origin (the file's path) and line.  *ret is initialised by the function. */
RC_MUST_CHECK int rc_config_parse(
    struct rc_config *ret, const char *text, const char *origin, struct rc_error *err);
void rc_config_release(struct rc_config *config);
/* Should others not read the file? */
bool rc_config_is_secret(const struct rc_config *config);
/* Borrowed, or NULL. */
const struct rc_profile *rc_config_profile(const struct rc_config *config, const char *name);

RC_MUST_CHECK int rc_accel_parse(enum rc_accel *ret, const char *text, struct rc_error *err);

#endif
