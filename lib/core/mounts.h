/* A guest's /proc/mounts, which is hostile. */
#ifndef RC_CORE_MOUNTS_H
#define RC_CORE_MOUNTS_H

#include <stdbool.h>

/* Is anything of the device ("/dev/vda", or one of its partitions) mounted, and writable? */
bool rc_mounts_writable(const char *mounts, const char *device);

#endif
