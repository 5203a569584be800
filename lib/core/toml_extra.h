/*
 * Keys of gitlab-runner's config.toml that the operator adds to those that
 * runnerctl writes.  gitlab-runner ignores a misspelt one without a word, so
 * here it is an error.
 */
#ifndef RC_CORE_TOML_EXTRA_H
#define RC_CORE_TOML_EXTRA_H

#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

enum rc_toml_type {
	RC_TOML_STRING,
	RC_TOML_BOOLEAN,
	RC_TOML_INTEGER,
	RC_TOML_DURATION,
	RC_TOML_LIST, /* of strings */
};

struct rc_toml_extra {
	const char *table; /* "", "runners", "runners.docker", ...; static */
	char *name;        /* in it */
	unsigned order;    /* of the tables */
	enum rc_toml_type type;
	char *text;          /* secret: a cache has keys */
	struct rc_strv list; /* if it is one */
};

/* Tables stand together, and behind those that they are part of. */
struct rc_toml_extras {
	struct rc_toml_extra *items;
	size_t count;
};

/*
 * key is the whole path, such as "runners.docker.memory".  What runnerctl
 * writes itself is refused, too; no error repeats the value.
 */
RC_MUST_CHECK int rc_toml_extras_add(
    struct rc_toml_extras *extras, const char *key, const char *text, struct rc_error *err);
void rc_toml_extras_release(struct rc_toml_extras *extras);

#endif
