/* Readings of one domain, and what may be believed of them. */
#include "core/usage.h"

bool
rc_usage_check(struct rc_usage *usage, uint64_t memory, int64_t now)
{
	bool told = usage->guest_told != RC_UNKNOWN && usage->guest_told != 0;
	/* A time to come is as good as none: somebody's clock is wrong. */
	bool fresh = told && usage->guest_told <= (uint64_t)now + RC_FRESH &&
		     usage->guest_told + RC_FRESH >= (uint64_t)now;
	bool whole = usage->guest_memory != RC_UNKNOWN && usage->guest_free != RC_UNKNOWN;
	bool true_enough = !fresh || !whole ||
			   (usage->guest_memory != 0 && usage->guest_memory <= memory &&
			       usage->guest_free <= usage->guest_memory);

	if (!fresh || !whole || !true_enough)
		usage->guest_memory = usage->guest_free = RC_UNKNOWN;
	return true_enough;
}

uint64_t
rc_usage_guest_used(const struct rc_usage *usage)
{
	if (usage->guest_memory == RC_UNKNOWN || usage->guest_free == RC_UNKNOWN)
		return RC_UNKNOWN;
	return usage->guest_memory - usage->guest_free;
}

/* A counter that went back belongs to another start of the domain. */
static double
each_second(uint64_t before, uint64_t after, double seconds)
{
	if (before == RC_UNKNOWN || after == RC_UNKNOWN || after < before)
		return -1;
	return (double)(after - before) / seconds;
}

struct rc_pace
rc_usage_pace(const struct rc_usage *before, const struct rc_usage *after, double seconds)
{
	double cpu = each_second(before->cpu, after->cpu, seconds);

	return (struct rc_pace){
		.seconds = seconds,
		.cpus = cpu < 0 ? -1 : cpu / 1e9,
		.read = each_second(before->read, after->read, seconds),
		.written = each_second(before->written, after->written, seconds),
		.received = each_second(before->received, after->received, seconds),
		.sent = each_second(before->sent, after->sent, seconds),
	};
}
