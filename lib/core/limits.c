/* What an appliance may take of its host. */
#include "core/limits.h"

#include <stdio.h>
#include <string.h>

#include "base/size.h"

#define TiB (UINT64_C(1) << 40)
#define GiB (UINT64_C(1) << 30)
#define MiB (UINT64_C(1) << 20)
#define KiB (UINT64_C(1) << 10)

#define COUNT_MAX 10000 /* of CPUs and weights as they are read; what is absurd is said later */

/* clang-format off */
#define REQUIRED(name, kind, live, field, most) \
	{ name, offsetof(struct rc_limits, field), 1, most, kind, live, false }
#define OPTIONAL(name, kind, live, field, least, most) \
	{ name, offsetof(struct rc_limits, field), least, most, kind, live, true }
/* What is below the least would look broken to a build.  Linux has no more than 4194304 processes. */
const struct rc_limit rc_limit_rows[] = {
	REQUIRED("cpus", RC_LIMIT_COUNT, RC_LIVE_NOT, cpus, 1024),
	REQUIRED("cpu-cap", RC_LIMIT_CPUS, RC_LIVE_CPU, cpu_cap, 102400),
	REQUIRED("cpu-weight", RC_LIMIT_COUNT, RC_LIVE_CPU, cpu_weight, 10000),
	REQUIRED("memory", RC_LIMIT_SIZE, RC_LIVE_NOT, memory, INT64_MAX),
	REQUIRED("disk", RC_LIMIT_SIZE, RC_LIVE_NOT, disk, INT64_MAX),
	OPTIONAL("disk-rate", RC_LIMIT_RATE, RC_LIVE_DISK, disk_rate, 256 * KiB, TiB),
	OPTIONAL("disk-rate-burst", RC_LIMIT_RATE, RC_LIVE_DISK, disk_rate_burst, 256 * KiB, TiB),
	OPTIONAL("disk-iops", RC_LIMIT_COUNT, RC_LIVE_DISK, disk_iops, 10, 10000000),
	OPTIONAL("disk-iops-burst", RC_LIMIT_COUNT, RC_LIVE_DISK, disk_iops_burst, 10, 10000000),
	OPTIONAL("disk-burst-time", RC_LIMIT_TIME, RC_LIVE_DISK, disk_burst_time, 1, 3600),
	OPTIONAL("net-in", RC_LIMIT_RATE, RC_LIVE_NET, net_in, 32 * KiB, 64 * GiB),
	OPTIONAL("net-out", RC_LIMIT_RATE, RC_LIVE_NET, net_out, 32 * KiB, 64 * GiB),
	OPTIONAL("processes", RC_LIMIT_COUNT, RC_LIVE_NOT, processes, 100, 4194304),
	{ 0 },
};
/* clang-format on */

const struct rc_limit *
rc_limit_find(const char *name)
{
	for (const struct rc_limit *limit = rc_limit_rows; limit->name; limit++)
		if (strcmp(limit->name, name) == 0)
			return limit;
	return NULL;
}

char *
rc_limit_word(char buf[32], const struct rc_limit *limit)
{
	snprintf(buf, 32, "%s", limit->name);
	for (char *c = buf; *c; c++)
		if (*c == '-')
			*c = '_';
	return buf;
}

static bool
is_wide(const struct rc_limit *limit)
{
	return limit->optional || limit->kind == RC_LIMIT_SIZE;
}

uint64_t
rc_limit_get(const struct rc_limits *limits, const struct rc_limit *limit)
{
	const void *field = (const char *)limits + limit->offset;

	return is_wide(limit) ? *(const uint64_t *)field : *(const unsigned *)field;
}

void
rc_limit_put(struct rc_limits *limits, const struct rc_limit *limit, uint64_t value)
{
	void *field = (char *)limits + limit->offset;

	if (is_wide(limit))
		*(uint64_t *)field = value;
	else
		*(unsigned *)field = (unsigned)value;
}

static int
parse_number(uint64_t *ret, const struct rc_limit *limit, const char *text, struct rc_error *err)
{
	int64_t number = 0, most = limit->optional ? (int64_t)limit->most : COUNT_MAX;

	if (rc_number_parse(&number, text, most, err) < 0)
		return -1;
	*ret = (uint64_t)number;
	return 0;
}

static int
parse_time(uint64_t *ret, const char *text, struct rc_error *err)
{
	int64_t seconds = 0;

	if (rc_duration_parse(&seconds, text, err) < 0)
		return -1;
	if (seconds < 1)
		return rc_fail(err, RC_USAGE, "'%s' is no time: use 1s or more", text);
	*ret = (uint64_t)seconds;
	return 0;
}

int
rc_limit_parse(uint64_t *ret, const struct rc_limit *limit, const char *text, struct rc_error *err)
{
	unsigned percent = 0;

	if (limit->optional && strcmp(text, "none") == 0) {
		*ret = RC_NO_LIMIT;
		return 0;
	}
	switch (limit->kind) {
	case RC_LIMIT_COUNT:
		return parse_number(ret, limit, text, err);
	case RC_LIMIT_CPUS:
		if (rc_cpus_parse(&percent, text, err) < 0)
			return -1;
		*ret = percent;
		return 0;
	case RC_LIMIT_TIME:
		return parse_time(ret, text, err);
	case RC_LIMIT_SIZE:
	case RC_LIMIT_RATE:
		break;
	}
	return rc_size_parse(ret, text, err);
}

char *
rc_limit_format(char buf[32], const struct rc_limit *limit, uint64_t value)
{
	char text[16];

	if (limit->optional && (value == 0 || value == RC_NO_LIMIT))
		snprintf(buf, 32, "none");
	else if (limit->kind == RC_LIMIT_COUNT)
		snprintf(buf, 32, "%llu", (unsigned long long)value);
	else if (limit->kind == RC_LIMIT_CPUS)
		snprintf(buf, 32, "%.4g", (double)value / 100);
	else if (limit->kind == RC_LIMIT_TIME)
		snprintf(buf, 32, "%s", rc_duration_format(text, (int64_t)value));
	else
		snprintf(buf, 32, "%s%s", rc_size_format(text, value),
		    limit->kind == RC_LIMIT_RATE ? " a second" : "");
	return buf;
}

bool
rc_limits_equal(const struct rc_limits *a, const struct rc_limits *b)
{
	for (const struct rc_limit *limit = rc_limit_rows; limit->name; limit++)
		if (rc_limit_get(a, limit) != rc_limit_get(b, limit))
			return false;
	return true;
}

/* Of a limit in a wish: what it stands for. */
static uint64_t
meant(const struct rc_limit *limit, uint64_t value)
{
	return limit->optional && value == RC_NO_LIMIT ? 0 : value;
}

struct rc_limits
rc_limits_over(const struct rc_limits *base, const struct rc_limits *wish)
{
	struct rc_limits limits = *base;

	if (wish->cpus)
		limits.cpu_cap = limits.cpu_cap * wish->cpus / limits.cpus;
	for (const struct rc_limit *limit = rc_limit_rows; limit->name; limit++) {
		uint64_t value = rc_limit_get(wish, limit);

		if (value)
			rc_limit_put(&limits, limit, meant(limit, value));
	}
	return limits;
}

struct rc_limits
rc_limits_missing(const struct rc_limits *has, const struct rc_limits *wish)
{
	struct rc_limits missing = { 0 };

	for (const struct rc_limit *limit = rc_limit_rows; limit->name; limit++) {
		uint64_t value = rc_limit_get(wish, limit);

		if (value && meant(limit, value) != rc_limit_get(has, limit))
			rc_limit_put(&missing, limit, value);
	}
	return missing;
}

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

/* 0, and so none, is always good. */
static int
check_ranges(const struct rc_limits *limits, struct rc_error *err)
{
	char has[32], least[32], most[32];

	for (const struct rc_limit *limit = rc_limit_rows; limit->name; limit++) {
		uint64_t value = rc_limit_get(limits, limit);

		if (limit->optional && value && (value < limit->least || value > limit->most))
			return rc_fail(err, RC_USAGE, "a %s of %s: use %s to %s, or none",
			    limit->name, rc_limit_format(has, limit, value),
			    rc_limit_format(least, limit, limit->least),
			    rc_limit_format(most, limit, limit->most));
	}
	return 0;
}

/* qemu wants a burst to be above what it is a burst of, and a time for a burst that there is. */
static int
check_bursts(const struct rc_limits *limits, struct rc_error *err)
{
	if (limits->disk_rate_burst && limits->disk_rate_burst <= limits->disk_rate)
		return rc_fail(err, RC_USAGE, "disk-rate-burst is not above disk-rate");
	if (limits->disk_rate_burst && !limits->disk_rate)
		return rc_fail(err, RC_USAGE, "disk-rate-burst needs a disk-rate");
	if (limits->disk_iops_burst && limits->disk_iops_burst <= limits->disk_iops)
		return rc_fail(err, RC_USAGE, "disk-iops-burst is not above disk-iops");
	if (limits->disk_iops_burst && !limits->disk_iops)
		return rc_fail(err, RC_USAGE, "disk-iops-burst needs a disk-iops");
	if (limits->disk_burst_time && !limits->disk_rate_burst && !limits->disk_iops_burst)
		return rc_fail(
		    err, RC_USAGE, "disk-burst-time needs a disk-rate-burst or a disk-iops-burst");
	return 0;
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
	return check_ranges(limits, err) < 0 ? -1 : check_bursts(limits, err);
}
