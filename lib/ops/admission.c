/* Does an appliance fit on the host?  Only what can never fit is refused here. */
#include "ops/admission.h"

#include "base/size.h"
#include "core/limits.h"

int
rc_limits_choose(struct rc_limits *ret, const struct rc_config *config, const char *profile_name,
    const struct rc_limits *wish, struct rc_error *err)
{
	const struct rc_profile *profile = rc_config_profile(config, profile_name);

	if (!profile)
		return rc_fail(
		    err, RC_USAGE, "there is no profile '%s' in the configuration", profile_name);
	*ret = rc_limits_over(&profile->limits, wish);
	return rc_limits_check(ret, err);
}

int
rc_admit(struct rc_limits *ret, struct rc_session *session, const char *profile,
    const struct rc_limits *wish, struct rc_error *err)
{
	struct rc_host_facts host;
	char wanted[16], has[16];

	if (rc_limits_choose(ret, &session->config, profile, wish, err) < 0 ||
	    rc_virt_host(session->virt, &host, err) < 0)
		return -1;
	if (ret->memory > host.memory) {
		rc_fail(err, RC_NO_ROOM, "%s of memory do not fit: the host has %s",
		    rc_size_format(wanted, ret->memory), rc_size_format(has, host.memory));
		return rc_hint(err, "give less with --memory or in the profile");
	}
	if (ret->cpus > host.cpus) {
		rc_fail(
		    err, RC_NO_ROOM, "%u CPUs do not fit: the host has %u", ret->cpus, host.cpus);
		return rc_hint(err, "give fewer with --cpus or in the profile");
	}
	return 0;
}
