/* The group of cgroups that caps all appliances together, if the host has it. */
#ifndef RC_HOST_PARTITION_H
#define RC_HOST_PARTITION_H

#include <stdbool.h>

/* As libvirt calls it; systemd's slice is machine-runnerctl.slice. */
#define RC_PARTITION "/machine/runnerctl"

/* root is "", or the directory that a test has a host in. */
bool rc_host_has_partition(const char *root);

#endif
