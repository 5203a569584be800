/* Names of appliances, and of the libvirt domains of their generations. */
#ifndef RC_CORE_NAME_H
#define RC_CORE_NAME_H

#include <stdbool.h>

#include "base/error.h"

/* [a-z][a-z0-9-]{0,30}, no trailing '-'. */
RC_MUST_CHECK int rc_name_check(const char *name, struct rc_error *err);
/* "ci-1.3" into its parts; false for anything else.  name may be NULL. */
bool rc_domain_name_split(const char *domain, char name[32], unsigned *ret_generation);
/* Tags as GitLab takes them: "a, b,c" becomes "a,b,c"; at most 50; the caller frees. */
RC_MUST_CHECK int rc_tags_check(char **ret, const char *text, struct rc_error *err);

#endif
