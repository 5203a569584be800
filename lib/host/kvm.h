/* Does KVM really run a vCPU here?  A /dev/kvm that opens proves nothing. */
#ifndef RC_HOST_KVM_H
#define RC_HOST_KVM_H

#include <stdbool.h>

/*
 * Runs some million instructions of a tiny guest, in a child process that is
 * given half a second: on some hosts KVM creates vCPUs that spin in the kernel
 * for ever, or interprets them, far slower than emulation.
 * why (128 bytes) gets the reason when the answer is no, else "".
 */
bool rc_kvm_works(char why[128]);
/* The same for another device node than /dev/kvm. */
bool rc_kvm_device_works(const char *device, char why[128]);

#endif
