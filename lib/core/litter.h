/*
 * What is ours although no domain says so any more.  A name alone proves
 * nothing: each kind has a mark besides, and what any domain of the host
 * mentions, whosever it is, is in use.
 */
#ifndef RC_CORE_LITTER_H
#define RC_CORE_LITTER_H

#include "base/str.h"
#include "core/appliance.h"

/* "ci-1.3.data" or "ci-1.3.config"; for volumes of our own pool. */
bool rc_litter_volume(const char *volume, char name[32], unsigned *ret_generation);
/* A network filter whose UUID is made from its name, as ours are. */
bool rc_litter_filter(const char *name, const char *uuid);
/* "UUID.config", what is put together for a config disk. */
bool rc_litter_file(const char *file, char uuid[37]);

/*
 * The description of the secret that holds a runner's token says all that is
 * needed to remove the runner when its domain is lost.
 */
char *rc_secret_description(const struct rc_appliance *appliance);
/* Back from that, with the UUID of the secret; false for any other text. */
bool rc_secret_read(struct rc_appliance *ret, const char *description, const char *uuid);

/*
 * UUIDs of our domains begin with a mark of their host, because several hosts
 * may make runners at the same place of the same GitLab.  host is whatever tells
 * hosts apart.
 */
void rc_host_mark(char uuid[37], const char *host);
bool rc_host_marked(const char *uuid, const char *host);

/* Does one of the texts hold it, in upper or lower case? */
bool rc_mentioned(const struct rc_strv *texts, const char *what);

#endif
