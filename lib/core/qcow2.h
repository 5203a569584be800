/* The header of a qcow2 image that somebody made. */
#ifndef RC_CORE_QCOW2_H
#define RC_CORE_QCOW2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define RC_QCOW2_HEADER 512 /* bytes of a file that are enough to judge it */

/* Does it begin like one? */
bool rc_qcow2_begins(const unsigned char *bytes, size_t size);

/*
 * Takes an image that is whole by itself: no backing file, no external data
 * file, no encryption, nothing that qemu 7.2 does not know.  *ret_size: what a
 * guest would see, in bytes.
 */
RC_MUST_CHECK int rc_qcow2_check(
    uint64_t *ret_size, const unsigned char *bytes, size_t size, struct rc_error *err);

#endif
