/*
 * A host that is made of memory: what lib/host/ would do to libvirt, libguestfs,
 * the clock and locks is done to this struct by fakes that are linked in its place.
 * It is shared between processes, so that a run can be killed in the middle and
 * the next one finds what it left.  Whatever changes the world, or asks libvirt, is a
 * call with a number; an order interferes with a call.
 */
#ifndef TESTS_FAKE_HOST_H
#define TESTS_FAKE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "core/limits.h"

#define FAKE_POOL "/pool/"
#define FAKE_MOST 110 /* domains */

struct fake_domain {
	char uuid[37], name[48];
	char xml[12000]; /* without our element */
	char metadata[2000];
	bool active;
	bool foreign;             /* its definition says nothing of us */
	char token[80];           /* that its runner has */
	bool job;                 /* it has one */
	int64_t off_at;           /* ms: when it powers off, 0: nobody asked */
	struct rc_limits changed; /* caps since its definition, as in a wish */
};
struct fake_volume {
	char name[64];
	char token[80]; /* in the configuration on it */
};
struct fake_secret {
	char uuid[37], description[160], value[80];
};
struct fake_reservation {
	char mac[18], ip[16];
};
struct fake_filter {
	char name[40], uuid[37];
};

enum fake_deed {
	FAKE_KILL_BEFORE,
	FAKE_KILL_AFTER,
	FAKE_FAIL,
	FAKE_LOSE,   /* it is done, and seems to have failed */
	FAKE_VANISH, /* before it, somebody undefines the appliance's newest domain */
	FAKE_BREAK,  /* libvirt is gone from here on */
	FAKE_HTTP,   /* GitLab's answer is another one: `call` counts requests */
	FAKE_APPEAR, /* before it, somebody defines a domain with the appliance's name */
	FAKE_START,  /* before it, somebody starts made.1, which gets a job at once */
	FAKE_DEEDS
};
struct fake_order {
	enum fake_deed deed;
	unsigned call, times; /* from 1 */
	unsigned fault;       /* FAKE_HTTP: of fake_http_name() */
};
#define FAKE_ORDERS 4

struct fake_host {
	struct fake_domain domains[FAKE_MOST];
	struct fake_volume volumes[3 * FAKE_MOST];
	struct fake_secret secrets[FAKE_MOST];
	struct fake_reservation reservations[FAKE_MOST];
	struct fake_filter filters[8];
	size_t domain_count, volume_count, secret_count, reservation_count, filter_count;
	bool pool, network;

	int64_t now;      /* ms since the world began */
	int64_t job_time; /* ms that a drain takes; 0: guests have no jobs */
	bool dumb;        /* no guest agent answers */
	uint64_t memory;  /* of the host */
	unsigned jobs_killed;
	char held[48]; /* a lock that another run has */
	_Atomic unsigned trims;

	/* The run. */
	unsigned calls, requests;
	bool broken;
	struct fake_order orders[FAKE_ORDERS];
	size_t order_count;
	unsigned first;  /* call that was interfered with */
	char last[64];   /* its name, or that of a later one */
	char said[4000]; /* errors, hints and warnings */
};
extern struct fake_host *fake_host;

/* A new one for this process and its children. */
void fake_host_begin(void);

/* A call begins; false: it is not to be made, and err says why. */
bool fake_call(const char *name, struct rc_error *err);
/* It was made: 0, or -1 where that is not to be known. */
int fake_done(const char *name, struct rc_error *err);
/* The present call is one that an order is about. */
void fake_interfered(const char *name);
/* Time passes, and guests do what they do. */
void fake_pass(int64_t ms);
/* The appliance's own domain, or NULL. */
struct fake_domain *fake_domain(const char *uuid);
/* Out of an array of count items of that size. */
void fake_remove(void *array, size_t *count, size_t item, size_t at);

/* What GitLab, or what is in front of it, answers instead: a name each, NULL after the last. */
const char *fake_http_name(unsigned fault);

#endif
