/* What ebtables-save says of one interface. */
#ifndef RC_CORE_EBTABLES_H
#define RC_CORE_EBTABLES_H

#include <stdbool.h>

/*
 * A hash of the rules that frames from the interface meet, with its name taken
 * out of them: the same filter has the same hash on any interface.  false: it has
 * none, or they do not end in dropping everything.
 */
bool rc_ebtables_rules(char ret_hash[17], const char *listing, const char *tap);

#endif
