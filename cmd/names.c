/* Names on the command line: checked before anything is loaded or touched. */
#include "cmd/names.h"

#include <string.h>

#include "base/scope.h"
#include "core/name.h"
#include "core/token.h"

/* A token that lost its option must not be repeated in a message. */
static int
check_name(const char *name, struct rc_error *err)
{
	if (rc_token_kind(name) == RC_TOKEN_REGISTRATION && !rc_token_objection(name))
		return rc_name_check(name, err);
	rc_fail(err, RC_USAGE, "a token stands where a name should");
	return rc_hint(err, "write it to a file and use --token-file FILE");
}

int
rc_names_check(const struct rc_strv *names, struct rc_error *err)
{
	for (size_t i = 0; i < names->count; i++) {
		if (check_name(names->items[i], err) < 0)
			return -1;
		for (size_t j = 0; j < i; j++)
			if (strcmp(names->items[i], names->items[j]) == 0)
				return rc_fail(
				    err, RC_USAGE, "'%s' is there twice", names->items[i]);
	}
	return 0;
}

void
rc_names_expand(struct rc_strv *ret, const struct rc_strv *names, unsigned count)
{
	for (size_t i = 0; i < names->count; i++) {
		if (count == 0)
			rc_strv_add(ret, names->items[i]);
		for (unsigned n = 1; n <= count; n++) {
			scoped(rc_str_release) char *name = rc_format("%s-%u", names->items[i], n);

			rc_strv_add(ret, name);
		}
	}
}
