/*
 * What a domain takes of its host, and what its guest says of its memory, as
 * libvirt reads them.  A guest may say anything or nothing: what is old, or
 * contradicts itself, is not known, and what is not known is never 0.
 */
#ifndef RC_CORE_USAGE_H
#define RC_CORE_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#define RC_UNKNOWN UINT64_MAX
#define RC_FRESH 60 /* seconds for which the balloon driver's word holds: it is asked every ten */

struct rc_usage {
	/* The host's own figures, since the domain's start where they grow. */
	uint64_t memory;                       /* resident bytes */
	uint64_t cpu;                          /* nanoseconds */
	uint64_t disk;                         /* bytes that the data disk takes */
	uint64_t read, written, reads, writes; /* bytes and requests, of all its disks */
	uint64_t received, sent;               /* bytes, by the guest */
	/* The guest's claim, through the balloon driver. */
	uint64_t guest_memory; /* bytes that its kernel manages */
	uint64_t guest_free;   /* of them, what it could still use */
	uint64_t guest_told;   /* when that was, unix seconds */
};
#define RC_USAGE_UNKNOWN                                                                           \
	(struct rc_usage)                                                                          \
	{                                                                                          \
		RC_UNKNOWN, RC_UNKNOWN, RC_UNKNOWN, RC_UNKNOWN, RC_UNKNOWN, RC_UNKNOWN,            \
		    RC_UNKNOWN, RC_UNKNOWN, RC_UNKNOWN, RC_UNKNOWN, RC_UNKNOWN, RC_UNKNOWN         \
	}

/*
 * Forgets the guest's claim if it is old, or false: then the return is false too.
 * memory: bytes that the domain may have; now: unix seconds, by the libvirt host's clock.
 */
bool rc_usage_check(struct rc_usage *usage, uint64_t memory, int64_t now);
/* What the guest says it uses, or RC_UNKNOWN. */
uint64_t rc_usage_guest_used(const struct rc_usage *usage);

/* What was taken between two readings, each a second; -1: not known. */
struct rc_pace {
	double seconds; /* between them; 0: there was only one */
	double cpus;
	double read, written, received, sent; /* bytes */
};
struct rc_pace rc_usage_pace(
    const struct rc_usage *before, const struct rc_usage *after, double seconds);

#endif
