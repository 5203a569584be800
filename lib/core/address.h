/* IPv4 addresses: which the filter's own rules already deny. */
#ifndef RC_CORE_ADDRESS_H
#define RC_CORE_ADDRESS_H

#include <stdbool.h>

/* Outside every block that templates/filter-ipv4.xml drops; false for what is no IPv4 address. */
bool rc_ipv4_is_global(const char *text);

#endif
