/* The metrics that are one number an appliance.  What is not known has no value, which is not 0. */
#include "cmd/metric.h"

#include <string.h>

/* 0 stands for unknown, or never. */
static uint64_t
unless_zero(uint64_t value)
{
	return value ? value : RC_UNKNOWN;
}

static uint64_t
if_told(const struct rc_view *view, uint64_t value)
{
	return view->guest_known ? value : RC_UNKNOWN;
}

static uint64_t
created(const struct rc_view *view, int64_t now)
{
	(void)now;
	return unless_zero((uint64_t)view->appliance.created);
}

static uint64_t
running(const struct rc_view *view, int64_t now)
{
	(void)now;
	return view->running;
}

static uint64_t
image_outdated(const struct rc_view *view, int64_t now)
{
	(void)now;
	if (!view->image_now || !view->appliance.image)
		return RC_UNKNOWN;
	return strcmp(view->image_now, view->appliance.image) != 0;
}

static uint64_t
token_expiry(const struct rc_view *view, int64_t now)
{
	(void)now;
	return unless_zero((uint64_t)view->appliance.token_expires);
}

static uint64_t
draining(const struct rc_view *view, int64_t now)
{
	const struct rc_appliance *a = &view->appliance;

	if (a->state != RC_STATE_DRAINING || !a->drain_begun)
		return RC_UNKNOWN;
	return now > a->drain_begun ? (uint64_t)(now - a->drain_begun) : 0;
}

static uint64_t
rotated(const struct rc_view *view, int64_t now)
{
	enum rc_code result;

	(void)now;
	return unless_zero((uint64_t)rc_appliance_rotated(&view->appliance, &result));
}

static uint64_t
rotation_success(const struct rc_view *view, int64_t now)
{
	enum rc_code result;

	(void)now;
	return rc_appliance_rotated(&view->appliance, &result) ? result == RC_OK : RC_UNKNOWN;
}

static uint64_t
cpu_limit(const struct rc_view *view, int64_t now)
{
	const struct rc_limits *limits = &view->appliance.limits;

	(void)now;
	return limits->cpu_cap ? limits->cpu_cap : limits->cpus * UINT64_C(100);
}

static uint64_t
memory_limit(const struct rc_view *view, int64_t now)
{
	(void)now;
	return view->appliance.limits.memory;
}

static uint64_t
disk_limit(const struct rc_view *view, int64_t now)
{
	(void)now;
	return view->appliance.limits.disk;
}

static uint64_t
disk_rate_limit(const struct rc_view *view, int64_t now)
{
	(void)now;
	return unless_zero(view->appliance.limits.disk_rate);
}

static uint64_t
disk_iops_limit(const struct rc_view *view, int64_t now)
{
	(void)now;
	return unless_zero(view->appliance.limits.disk_iops);
}

static uint64_t
net_in_limit(const struct rc_view *view, int64_t now)
{
	(void)now;
	return unless_zero(view->appliance.limits.net_in);
}

static uint64_t
net_out_limit(const struct rc_view *view, int64_t now)
{
	(void)now;
	return unless_zero(view->appliance.limits.net_out);
}

static uint64_t
processes_limit(const struct rc_view *view, int64_t now)
{
	(void)now;
	return unless_zero(view->appliance.limits.processes);
}

static uint64_t
guest_memory_used(const struct rc_view *view, int64_t now)
{
	(void)now;
	return view->running ? rc_usage_guest_used(&view->usage) : RC_UNKNOWN;
}

static uint64_t
guest_answers(const struct rc_view *view, int64_t now)
{
	(void)now;
	return view->running ? view->guest_known : RC_UNKNOWN;
}

static uint64_t
jobs(const struct rc_view *view, int64_t now)
{
	(void)now;
	return if_told(view, strcmp(view->guest.runner, "?") == 0 ? RC_UNKNOWN : view->guest.jobs);
}

static uint64_t
runner_polls(const struct rc_view *view, int64_t now)
{
	(void)now;
	return if_told(view, strcmp(view->guest.runner, "polling") == 0);
}

static uint64_t
docker_works(const struct rc_view *view, int64_t now)
{
	(void)now;
	return if_told(view, strcmp(view->guest.docker, "ok") == 0);
}

static uint64_t
guest_disk(const struct rc_view *view, int64_t now)
{
	(void)now;
	return if_told(view, unless_zero(view->guest.disk_size));
}

static uint64_t
guest_disk_used(const struct rc_view *view, int64_t now)
{
	(void)now;
	return if_told(view, view->guest.disk_size ? view->guest.disk_used : RC_UNKNOWN);
}

static uint64_t
guest_inodes(const struct rc_view *view, int64_t now)
{
	(void)now;
	return if_told(view, unless_zero(view->guest.inodes));
}

static uint64_t
guest_inodes_used(const struct rc_view *view, int64_t now)
{
	(void)now;
	return if_told(view, view->guest.inodes ? view->guest.inodes_used : RC_UNKNOWN);
}

#define USAGE(field) offsetof(struct rc_usage, field)
const struct rc_metric rc_metrics[] = {
	{ "appliance_created_timestamp_seconds", "gauge", "When this generation was made.",
	    RC_WHOLE, created, 0 },
	{ "appliance_running", "gauge", "Whether the virtual machine is on.", RC_WHOLE, running,
	    0 },
	{ "appliance_image_outdated", "gauge", "Whether a new one would boot another image.",
	    RC_WHOLE, image_outdated, 0 },
	{ "appliance_token_expiry_timestamp_seconds", "gauge", "When the runner's token expires.",
	    RC_WHOLE, token_expiry, 0 },
	{ "appliance_draining_seconds", "gauge",
	    "For how long it has been finishing its last jobs.", RC_WHOLE, draining, 0 },
	{ "appliance_rotation_timestamp_seconds", "gauge",
	    "When it was last replaced, or should have been.", RC_WHOLE, rotated, 0 },
	{ "appliance_rotation_success", "gauge", "Whether that worked.", RC_WHOLE, rotation_success,
	    0 },
	{ "appliance_cpu_seconds_total", "counter", "CPU time that it took of the host.", RC_NANOS,
	    NULL, USAGE(cpu) },
	{ "appliance_cpu_limit", "gauge", "CPUs of the host that it may take.", RC_HUNDREDTHS,
	    cpu_limit, 0 },
	{ "appliance_memory_resident_bytes", "gauge", "Memory that it takes on the host.", RC_WHOLE,
	    NULL, USAGE(memory) },
	{ "appliance_memory_limit_bytes", "gauge", "Memory that it may take.", RC_WHOLE,
	    memory_limit, 0 },
	{ "appliance_guest_memory_bytes", "gauge", "Memory that its guest says it has.", RC_WHOLE,
	    NULL, USAGE(guest_memory) },
	{ "appliance_guest_memory_used_bytes", "gauge", "Memory that its guest says it uses.",
	    RC_WHOLE, guest_memory_used, 0 },
	{ "appliance_disk_allocated_bytes", "gauge", "What its data disk takes on the host.",
	    RC_WHOLE, NULL, USAGE(disk) },
	{ "appliance_disk_limit_bytes", "gauge", "What its data disk may hold.", RC_WHOLE,
	    disk_limit, 0 },
	{ "appliance_guest_disk_bytes", "gauge", "Size of its data disk's file system.", RC_WHOLE,
	    guest_disk, 0 },
	{ "appliance_guest_disk_used_bytes", "gauge", "What its guest says is used of that.",
	    RC_WHOLE, guest_disk_used, 0 },
	{ "appliance_guest_inodes", "gauge", "Inodes of that file system.", RC_WHOLE, guest_inodes,
	    0 },
	{ "appliance_guest_inodes_used", "gauge", "What its guest says is used of those.", RC_WHOLE,
	    guest_inodes_used, 0 },
	{ "appliance_disk_read_bytes_total", "counter", "Read from all its disks.", RC_WHOLE, NULL,
	    USAGE(read) },
	{ "appliance_disk_written_bytes_total", "counter", "Written to all its disks.", RC_WHOLE,
	    NULL, USAGE(written) },
	{ "appliance_disk_reads_total", "counter", "Requests to read from all its disks.", RC_WHOLE,
	    NULL, USAGE(reads) },
	{ "appliance_disk_writes_total", "counter", "Requests to write to all its disks.", RC_WHOLE,
	    NULL, USAGE(writes) },
	{ "appliance_network_received_bytes_total", "counter", "What it received.", RC_WHOLE, NULL,
	    USAGE(received) },
	{ "appliance_network_sent_bytes_total", "counter", "What it sent.", RC_WHOLE, NULL,
	    USAGE(sent) },
	{ "appliance_disk_limit_bytes_per_second", "gauge",
	    "What it may read and write a second on its data disk.", RC_WHOLE, disk_rate_limit, 0 },
	{ "appliance_disk_limit_operations_per_second", "gauge",
	    "How often it may do that a second.", RC_WHOLE, disk_iops_limit, 0 },
	{ "appliance_network_receive_limit_bytes_per_second", "gauge",
	    "What it may receive a second.", RC_WHOLE, net_in_limit, 0 },
	{ "appliance_network_send_limit_bytes_per_second", "gauge", "What it may send a second.",
	    RC_WHOLE, net_out_limit, 0 },
	{ "appliance_processes_limit", "gauge",
	    "Processes that its containers may have, all together.", RC_WHOLE, processes_limit, 0 },
	{ "appliance_guest_answers", "gauge", "Whether its guest tells its status.", RC_WHOLE,
	    guest_answers, 0 },
	{ "appliance_jobs", "gauge", "Jobs that run in it, as its guest says.", RC_WHOLE, jobs, 0 },
	{ "appliance_runner_polls", "gauge", "Whether its runner asks GitLab for work.", RC_WHOLE,
	    runner_polls, 0 },
	{ "appliance_docker_works", "gauge", "Whether its docker answers.", RC_WHOLE, docker_works,
	    0 },
	{ .name = NULL },
};

uint64_t
rc_metric_value(const struct rc_metric *metric, const struct rc_view *view, int64_t now)
{
	uint64_t value;

	if (metric->value)
		return metric->value(view, now);
	if (!view->running)
		return RC_UNKNOWN;
	memcpy(&value, (const char *)&view->usage + metric->usage, sizeof(value));
	return value;
}
