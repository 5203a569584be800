/* Who uses which image: every domain of the host counts, whoever made it. */
#include "ops/image_users.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/image_use.h"

#define NAMED_MAX 3 /* in an error */

void
rc_image_users_release(struct rc_image_users *users)
{
	for (size_t i = 0; i < users->count; i++) {
		free(users->items[i].reference);
		free(users->items[i].domain);
	}
	free(users->items);
	*users = (struct rc_image_users){ 0 };
}

static void
add_once(struct rc_image_users *users, const char *reference, const char *domain)
{
	for (size_t i = 0; i < users->count; i++)
		if (strcmp(users->items[i].reference, reference) == 0 &&
		    strcmp(users->items[i].domain, domain) == 0)
			return;
	users->items = rc_grow(users->items, users->count + 1, sizeof(*users->items));
	users->items[users->count++] =
	    (struct rc_image_user){ rc_strdup(reference), rc_strdup(domain) };
}

static int
by_domain(const void *a, const void *b)
{
	return strcmp(
	    ((const struct rc_image_user *)a)->domain, ((const struct rc_image_user *)b)->domain);
}

/* libvirt lists domains in no order that stays. */
int
rc_image_users_read(struct rc_session *session, struct rc_image_users *ret, struct rc_error *err)
{
	scoped(rc_documents_release) struct rc_documents documents = { 0 };
	scoped(rc_image_users_release) struct rc_image_users users = { 0 };

	if (rc_virt_documents(session->virt, &documents, err) < 0)
		return -1;
	for (size_t i = 0; i < documents.count; i++) {
		const struct rc_document *document = &documents.items[i];
		scoped(rc_strv_release) struct rc_strv uses = { 0 };

		if (rc_image_uses(&uses, document->xml, document->domain, err) < 0)
			return -1;
		for (size_t j = 0; j < uses.count; j++)
			add_once(&users, uses.items[j], document->domain);
	}
	if (users.count)
		qsort(users.items, users.count, sizeof(*users.items), by_domain);
	*ret = users;
	users = (struct rc_image_users){ 0 };
	return 0;
}

unsigned
rc_image_users_count(const struct rc_image_users *users, const char *reference)
{
	unsigned count = 0;

	for (size_t i = 0; i < users->count; i++)
		count += strcmp(users->items[i].reference, reference) == 0;
	return count;
}

int
rc_image_unused(const struct rc_image_users *users, const char *reference, struct rc_error *err)
{
	unsigned count = rc_image_users_count(users, reference);
	scoped(rc_strv_release) struct rc_strv named = { 0 };
	scoped(rc_str_release) char *names = NULL;

	if (count == 0)
		return 0;
	for (size_t i = 0; i < users->count && named.count < NAMED_MAX; i++)
		if (strcmp(users->items[i].reference, reference) == 0)
			rc_strv_add(&named, users->items[i].domain);
	names = rc_strv_join(&named, ", ");
	if (count > named.count)
		rc_fail(
		    err, RC_FAILED, "it is used by %s and %zu more", names, count - named.count);
	else
		rc_fail(err, RC_FAILED, "it is used by %s", names);
	return rc_hint(err, "destroy what uses it first; see: runnerctl list, virsh list --all");
}
