/* What the kernel says about pressure on this machine. */
#ifndef RC_HOST_PRESSURE_H
#define RC_HOST_PRESSURE_H

#include "core/pressure.h"

/* root: "" for this machine, or a directory that stands for it.  What cannot be read is not known.
 */
struct rc_pressure rc_pressure_look(const char *root);

#endif
