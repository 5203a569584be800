/* Canned left-overs for gc. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "fake.h"

static struct rc_find *
add_find(struct rc_finds *to, const char *kind, const char *name)
{
	to->items = rc_grow(to->items, to->count + 1, sizeof(*to->items));
	to->items[to->count] =
	    (struct rc_find){ .kind = kind, .name = rc_strdup(name), .removed = true };
	return &to->items[to->count++];
}

int
fake_gc(struct rc_session *session, const struct rc_gc_wish *wish, struct rc_finds *ret,
    struct rc_error *err)
{
	struct rc_find *find;

	(void)err;
	fake_record("gc dry_run=%d\n", wish->dry_run);
	ret->gitlab_asked = strcmp(session->connect, "fake:alone") != 0;
	if (strcmp(session->connect, "fake:empty") == 0 || !ret->gitlab_asked)
		return 0;
	add_find(ret, "volume", "ci-1.3.data");
	add_find(ret, "address", "52:54:00:00:00:01 192.168.231.9\033[2J");
	if (strcmp(session->connect, "fake:stuck") != 0)
		return 0;
	find = add_find(ret, "runner", "#42");
	find->removed = rc_fail(&find->error, RC_GITLAB, "GitLab says: 403 Forbidden") == 0;
	return 0;
}

void
fake_finds_release(struct rc_finds *finds)
{
	for (size_t i = 0; i < finds->count; i++)
		free(finds->items[i].name);
	free(finds->items);
}
