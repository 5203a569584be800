/* The fake host's libvirt: secrets and filters. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/network_xml.h"
#include "fake_host.h"
#include "host/virt.h"
#include "host/virt_network.h"

static size_t
secret_at(const char *uuid)
{
	size_t i = 0;

	while (i < fake_host->secret_count && strcmp(fake_host->secrets[i].uuid, uuid) != 0)
		i++;
	return i;
}

int
rc_virt_secret_set(struct rc_virt *virt, const char *uuid, const char *description,
    const char *value, struct rc_error *err)
{
	size_t at = secret_at(uuid);
	struct fake_secret *to = &fake_host->secrets[at];

	(void)virt;
	if (!fake_call("keep the secret", err))
		return -1;
	if (at == RC_COUNT(fake_host->secrets))
		abort();
	fake_host->secret_count += at == fake_host->secret_count;
	snprintf(to->uuid, sizeof(to->uuid), "%s", uuid);
	snprintf(to->description, sizeof(to->description), "%s", description);
	snprintf(to->value, sizeof(to->value), "%s", value);
	return fake_done("keep the secret", err);
}

int
rc_virt_secret_get(struct rc_virt *virt, const char *uuid, char **ret, struct rc_error *err)
{
	size_t at = secret_at(uuid);

	(void)virt;
	if (!fake_call("read the secret", err))
		return -1;
	*ret = at < fake_host->secret_count ? rc_strdup(fake_host->secrets[at].value) : NULL;
	return 0;
}

int
rc_virt_secret_delete(struct rc_virt *virt, const char *uuid, struct rc_error *err)
{
	size_t at = secret_at(uuid);

	(void)virt;
	if (!fake_call("delete the secret", err))
		return -1;
	if (at < fake_host->secret_count)
		fake_remove(
		    fake_host->secrets, &fake_host->secret_count, sizeof(struct fake_secret), at);
	return fake_done("delete the secret", err);
}

int
rc_virt_secrets(struct rc_virt *virt, struct rc_strv *ret_uuids, struct rc_strv *ret_descriptions,
    struct rc_error *err)
{
	(void)virt;
	if (!fake_call("list the secrets", err))
		return -1;
	for (size_t i = 0; i < fake_host->secret_count; i++) {
		rc_strv_add(ret_uuids, fake_host->secrets[i].uuid);
		rc_strv_add(ret_descriptions, fake_host->secrets[i].description);
	}
	return 0;
}

static size_t
filter_at(const char *name)
{
	size_t i = 0;

	while (i < fake_host->filter_count && strcmp(fake_host->filters[i].name, name) != 0)
		i++;
	return i;
}

int
rc_virt_filter_ensure(struct rc_virt *virt, const struct rc_filter *filter, struct rc_error *err)
{
	size_t at = filter_at(filter->name);

	(void)virt;
	if (at < fake_host->filter_count)
		return 0;
	if (!fake_call("define the filter", err))
		return -1;
	if (at == RC_COUNT(fake_host->filters))
		abort();
	snprintf(
	    fake_host->filters[at].name, sizeof(fake_host->filters[at].name), "%s", filter->name);
	rc_uuid_of(fake_host->filters[at].uuid, filter->name);
	fake_host->filter_count++;
	return fake_done("define the filter", err);
}

int
rc_virt_filters(struct rc_virt *virt, struct rc_strv *ret_names, struct rc_strv *ret_uuids,
    struct rc_error *err)
{
	(void)virt;
	if (!fake_call("list the filters", err))
		return -1;
	for (size_t i = 0; i < fake_host->filter_count; i++) {
		rc_strv_add(ret_names, fake_host->filters[i].name);
		rc_strv_add(ret_uuids, fake_host->filters[i].uuid);
	}
	return 0;
}

int
rc_virt_filter_delete(struct rc_virt *virt, const char *name, struct rc_error *err)
{
	size_t at = filter_at(name);

	(void)virt;
	if (!fake_call("delete the filter", err))
		return -1;
	if (at < fake_host->filter_count)
		fake_remove(
		    fake_host->filters, &fake_host->filter_count, sizeof(struct fake_filter), at);
	return fake_done("delete the filter", err);
}
