/* The status document that a guest publishes: hostile input. */
#ifndef RC_CORE_GUEST_STATUS_H
#define RC_CORE_GUEST_STATUS_H

#include <stddef.h>
#include <stdint.h>

#include "core/appliance.h"

#define RC_GUEST_STATUS_OLD 300   /* seconds after which what a guest told is no news */
#define RC_GUEST_STATUS_MAX 65536 /* bytes of the document that are looked at */

struct rc_guest_status {
	char runner[16]; /* starting, polling, draining, stopped, failed; "?" for anything else */
	char docker[16]; /* ok, starting, failed; "?" for anything else */
	int64_t time;    /* the guest's clock, unix seconds */
	double uptime;   /* seconds */
	unsigned jobs;
	uint64_t disk_size, disk_used, inodes, inodes_used;
	uint64_t memory_total, memory_available;
	int64_t guard_last; /* when the guest last cleaned up its disk, unix seconds; 0: never */
	uint64_t guard_freed;
	/* Seconds after the kernel's start, 0: not reached. */
	double boot_kernel, boot_docker, boot_polling;
};

RC_MUST_CHECK int rc_guest_status_read(
    struct rc_guest_status *ret, const char *text, size_t size, struct rc_error *err);
/* Of that time, as far as the guest's clock is right? */
bool rc_guest_status_is_news(const struct rc_guest_status *status, int64_t now);
/*
 * Forgets (sets to 0) what cannot be of an appliance with those limits, such as
 * more used than there is; returns whether all could.
 */
bool rc_guest_status_check(struct rc_guest_status *status, const struct rc_limits *limits);

#endif
