/* The fake host's caps: what was changed since the domain was defined. */
#include "fake_host.h"
#include "host/virt_limits.h"

int
rc_virt_set_limits(struct rc_virt *virt, const struct rc_appliance *a, enum rc_limit_live live,
    const struct rc_limits *limits, struct rc_error *err)
{
	struct fake_domain *d;

	(void)virt;
	if (!fake_call("caps", err))
		return -1;
	d = fake_domain(a->uuid);
	if (!d)
		return rc_fail(err, RC_NOT_FOUND, "there is no such domain");
	for (const struct rc_limit *limit = rc_limit_rows; limit->name; limit++) {
		uint64_t value = rc_limit_get(limits, limit);

		if (limit->live == live)
			rc_limit_put(&d->changed, limit, value ? value : RC_NO_LIMIT);
	}
	return fake_done("caps", err);
}
