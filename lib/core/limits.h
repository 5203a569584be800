/* What an appliance may take of its host: one row a limit, whatever it is read from or shown in. */
#ifndef RC_CORE_LIMITS_H
#define RC_CORE_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* In a wish, 0 is what was not said. */
struct rc_limits {
	unsigned cpus;
	unsigned cpu_cap;    /* hard cap of the whole VM, percent of one CPU: 150 is 1.5 CPUs */
	unsigned cpu_weight; /* 2..10000; 100 is what everything else on the host has */
	uint64_t memory;     /* bytes */
	uint64_t disk;       /* bytes: virtual size of the data disk */
	/* 0: no such cap; RC_NO_LIMIT in a wish: none, whatever the profile says. */
	uint64_t disk_rate, disk_rate_burst; /* of the data disk: bytes a second, both ways */
	uint64_t disk_iops, disk_iops_burst; /* the same in operations a second */
	uint64_t disk_burst_time;            /* seconds that a burst may last */
	uint64_t net_in, net_out;            /* bytes a second, as the guest sees it */
	uint64_t processes; /* and threads, of all containers in the guest's docker together */
};
#define RC_NO_LIMIT UINT64_MAX

/* libvirt calls it KiB and hands it to tc as "kbps", which are kB there. */
#define RC_NET_UNIT 1000

enum rc_limit_kind { RC_LIMIT_COUNT, RC_LIMIT_CPUS, RC_LIMIT_SIZE, RC_LIMIT_RATE, RC_LIMIT_TIME };

/* What libvirt changes in a machine that runs, all of a kind in one call. */
enum rc_limit_live { RC_LIVE_NOT, RC_LIVE_CPU, RC_LIVE_DISK, RC_LIVE_NET, RC_LIVE_COUNT };

struct rc_limit {
	const char *name; /* as option, as key of a profile, and in metadata */
	size_t offset;
	uint64_t least, most; /* of one that is not optional only what can be stored */
	enum rc_limit_kind kind;
	enum rc_limit_live live;
	bool optional; /* uint64_t, and may be "none"; else unsigned, but for sizes */
};
/* All of them, in the order in which they are shown; ends with a NULL name. */
extern const struct rc_limit rc_limit_rows[];

/* NULL: there is no such limit. */
const struct rc_limit *rc_limit_find(const char *name);
/* Its name as one word: "cpu_cap"; buf holds at least 32 bytes.  Returns buf. */
char *rc_limit_word(char buf[32], const struct rc_limit *limit);
uint64_t rc_limit_get(const struct rc_limits *limits, const struct rc_limit *limit);
void rc_limit_put(struct rc_limits *limits, const struct rc_limit *limit, uint64_t value);
/* As people write it; "none" is RC_NO_LIMIT.  The value's range is rc_limits_check()'s. */
RC_MUST_CHECK int rc_limit_parse(
    uint64_t *ret, const struct rc_limit *limit, const char *text, struct rc_error *err);
/* The same back, with " a second" behind a rate; buf holds at least 32 bytes.  Returns buf. */
char *rc_limit_format(char buf[32], const struct rc_limit *limit, uint64_t value);

bool rc_limits_equal(const struct rc_limits *a, const struct rc_limits *b);
/*
 * base, with what wish says in its place; where that is CPUs without a cap, the
 * cap keeps its share of them.
 */
struct rc_limits rc_limits_over(const struct rc_limits *base, const struct rc_limits *wish);
/* What of the wish has is without; 0 the rest. */
struct rc_limits rc_limits_missing(const struct rc_limits *has, const struct rc_limits *wish);

/* "1", "1.5", "0.25": percent of one CPU. */
RC_MUST_CHECK int rc_cpus_parse(unsigned *ret_percent, const char *text, struct rc_error *err);
/* Limits that qemu and libvirt can mean at all; whether the host has room is another question. */
RC_MUST_CHECK int rc_limits_check(const struct rc_limits *limits, struct rc_error *err);

#endif
