/* What of the host's settings an appliance could use against its neighbours: read, never changed.
 */
#ifndef RC_HOST_HARDENING_H
#define RC_HOST_HARDENING_H

#include <stdbool.h>

#define RC_NO_NUMBER (-1)

/* Numbers are those of the kernel's files; RC_NO_NUMBER where there is none. */
struct rc_hardening {
	int bridge_calls[3];   /* bridge-nf-call-iptables, -ip6tables, -arptables */
	int shared_pages;      /* KSM: 1 runs */
	int shared_cores;      /* SMT: 1 is active */
	bool swap;             /* there is some */
	bool require_confined; /* libvirt starts no domain that is not confined */
	char vulnerable[200];  /* to what the CPU is, by the kernel: "mds, retbleed" */
};
/* root is put in front of every path; "" on the machine itself. */
void rc_hardening_read(struct rc_hardening *ret, const char *root);

#endif
