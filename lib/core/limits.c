/* What an appliance may take of its host. */
#include "core/limits.h"

#include <stdio.h>

#define GiB (UINT64_C(1) << 30)
#define MiB (UINT64_C(1) << 20)

int
rc_cpus_parse(unsigned *ret_percent, const char *text, struct rc_error *err)
{
	unsigned percent = 0, digits = 0;
	int decimals = -1; /* none until the point */

	for (const char *c = text; *c; c++) {
		if (*c == '.' && decimals < 0 && digits) {
			decimals = 0;
			continue;
		}
		if (*c < '0' || *c > '9' || decimals == 2 || (decimals < 0 && digits == 4)) {
			percent = 0;
			break;
		}
		percent = percent * 10 + (unsigned)(*c - '0');
		digits++;
		decimals += decimals >= 0;
	}
	for (int i = decimals < 0 ? 0 : decimals; i < 2; i++)
		percent *= 10;
	if (percent && decimals != 0) {
		*ret_percent = percent;
		return 0;
	}
	rc_fail(err, RC_USAGE, "'%s' is not a number of CPUs", text);
	return rc_hint(err, "write 1, 1.5 or 0.25");
}

int
rc_limits_check(const struct rc_limits *limits, struct rc_error *err)
{
	if (limits->cpus < 1 || limits->cpus > 255)
		return rc_fail(err, RC_USAGE, "%u CPUs: use 1 to 255", limits->cpus);
	if (limits->cpu_cap < 5 || limits->cpu_cap > limits->cpus * 100)
		return rc_fail(err, RC_USAGE,
		    "a cap of %u.%02u CPUs: use 0.05 to the number of CPUs, %u",
		    limits->cpu_cap / 100, limits->cpu_cap % 100, limits->cpus);
	/* cgroup v2 would take 1, libvirt does not. */
	if (limits->cpu_weight < 2 || limits->cpu_weight > 10000)
		return rc_fail(
		    err, RC_USAGE, "a CPU weight of %u: use 2 to 10000", limits->cpu_weight);
	if (limits->memory < 512 * MiB || limits->memory > 4096 * GiB)
		return rc_fail(err, RC_USAGE, "a memory of %llu MiB: use 512MiB to 4TiB",
		    (unsigned long long)(limits->memory / MiB));
	if (limits->disk < GiB || limits->disk > 64 * 1024 * GiB)
		return rc_fail(err, RC_USAGE, "a disk of %llu MiB: use 1GiB to 64TiB",
		    (unsigned long long)(limits->disk / MiB));
	return 0;
}
