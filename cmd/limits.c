#include "cmd/limits.h"

const struct rc_option rc_limit_options[] = {
	{ "cpus", 0, RC_OPT_LIMIT, 0, "N", "virtual CPUs" },
	{ "cpu-cap", 0, RC_OPT_LIMIT, 0, "N", "CPUs of the host to use at most, such as 1.5" },
	{ "cpu-weight", 0, RC_OPT_LIMIT, 0, "N", "share of scarce CPUs; all else has 100" },
	{ "memory", 0, RC_OPT_LIMIT, 0, "SIZE", "memory, such as 4GiB" },
	{ "disk", 0, RC_OPT_LIMIT, 0, "SIZE", "size of the data disk, such as 20GiB" },
	{ "disk-rate", 0, RC_OPT_LIMIT, 0, "SIZE", "bytes a second of the data disk, or none" },
	{ "disk-rate-burst", 0, RC_OPT_LIMIT, 0, "SIZE", "the same for a short time, or none" },
	{ "disk-iops", 0, RC_OPT_LIMIT, 0, "N", "operations a second of it, or none" },
	{ "disk-iops-burst", 0, RC_OPT_LIMIT, 0, "N", "the same for a short time, or none" },
	{ "disk-burst-time", 0, RC_OPT_LIMIT, 0, "TIME", "how long such a burst may last" },
	{ "net-in", 0, RC_OPT_LIMIT, 0, "SIZE", "bytes a second that it receives, or none" },
	{ "net-out", 0, RC_OPT_LIMIT, 0, "SIZE", "bytes a second that it sends, or none" },
	{ "processes", 0, RC_OPT_LIMIT, 0, "N", "processes of all its containers, or none" },
	{ 0 },
};
