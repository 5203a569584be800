/* Which images a domain's document speaks of. */
#ifndef RC_CORE_IMAGE_USE_H
#define RC_CORE_IMAGE_USE_H

#include "base/str.h"

/*
 * Adds "NAME@VERSION" of every image whose files the document names anywhere,
 * or whose name stands in an attribute or a text of its own.  Not only where we
 * would write it: a domain of somebody else's may boot our files too.
 */
RC_MUST_CHECK int rc_image_uses(
    struct rc_strv *ret, const char *xml, const char *origin, struct rc_error *err);

#endif
