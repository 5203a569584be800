/* What a guest wrote to its serial line. */
#ifndef RC_OPS_SERIAL_H
#define RC_OPS_SERIAL_H

#include "ops/session.h"

/* The last line, as one harmless line; "" where there is none, or it is not to be seen from here.
 */
char *rc_serial_last(struct rc_session *session, const struct rc_appliance *appliance);

#endif
