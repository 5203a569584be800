/* What is ours and belongs to nothing. */
#include "ops/leftovers.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "core/filter_xml.h"
#include "core/litter.h"
#include "core/rotation.h"
#include "host/clock.h"
#include "host/virt_network.h"
#include "host/virt_storage.h"
#include "ops/fleet.h"
#include "ops/host_objects.h"
#include "ops/making.h"
#include "ops/registration.h"

#define FILE_AGE 3600 /* seconds: a younger file may belong to a run against another host */

/* Everything that could be a left-over, listed before the domains are. */
struct survey {
	struct rc_session *session;
	struct rc_strv secrets, descriptions; /* of secrets */
	struct rc_volumes volumes;
	struct rc_network network;
	struct rc_strv filters, filter_uuids;
	struct rc_marked *runners;
	size_t runner_count;
	char *host; /* its identity, or NULL */
	struct rc_strv texts;
	struct rc_fleet fleet;
};

static void
survey_release(struct survey *s)
{
	rc_strv_release(&s->secrets);
	rc_strv_release(&s->descriptions);
	rc_volumes_release(&s->volumes);
	rc_network_release(&s->network);
	rc_strv_release(&s->filters);
	rc_strv_release(&s->filter_uuids);
	free(s->runners);
	free(s->host);
	rc_strv_release(&s->texts);
	rc_fleet_release(&s->fleet);
}

void
rc_leftovers_release(struct rc_leftovers *leftovers)
{
	for (size_t i = 0; i < leftovers->count; i++) {
		free(leftovers->items[i].find.name);
		rc_appliance_release(&leftovers->items[i].appliance);
	}
	free(leftovers->items);
	*leftovers = (struct rc_leftovers){ 0 };
}

/* Takes name over. */
static struct rc_leftover *
add(struct rc_leftovers *to, enum rc_left kind, char *name)
{
	static const char *const kinds[] = {
		[RC_LEFT_DOMAIN] = "domain",
		[RC_LEFT_SECRET] = "secret",
		[RC_LEFT_VOLUME] = "volume",
		[RC_LEFT_FILE] = "file",
		[RC_LEFT_ADDRESS] = "address",
		[RC_LEFT_FILTER] = "filter",
		[RC_LEFT_RUNNER] = "runner",
		[RC_LEFT_GITLAB] = "GitLab",
	};
	struct rc_leftover *item;

	to->items = rc_grow(to->items, to->count + 1, sizeof(*to->items));
	item = &to->items[to->count++];
	*item = (struct rc_leftover){ .kind = kind, .find = { .kind = kinds[kind], .name = name } };
	return item;
}

/* Half-made and half-removed ones, and those that wait for nothing but their removal. */
static void
find_domains(struct rc_leftovers *to, const struct survey *s)
{
	struct rc_found *found = rc_alloc(s->fleet.count, sizeof(*found));
	struct rc_turn *turns = rc_alloc(s->fleet.count, sizeof(*turns));
	const struct rc_policy policy = { .now = rc_clock_now(), .template = "" };

	for (size_t i = 0; i < s->fleet.count; i++)
		found[i] = (struct rc_found){ .appliance = &s->fleet.items[i].appliance,
			.active = s->fleet.items[i].domain.active,
			.halt = s->fleet.items[i].domain.halt };
	rc_rotation_plan(turns, found, s->fleet.count, &policy);
	for (size_t i = 0; i < s->fleet.count; i++) {
		const struct rc_appliance *a = turns[i].found->appliance;

		if (turns[i].act == RC_ACT_REMOVE ||
		    (turns[i].act == RC_ACT_DRAIN && turns[i].dead))
			rc_appliance_copy(
			    &add(to, RC_LEFT_DOMAIN, rc_appliance_domain(a))->appliance, a);
	}
	free(turns);
	free(found);
}

static void
find_secrets(struct rc_leftovers *to, const struct survey *s)
{
	for (size_t i = 0; i < s->secrets.count; i++) {
		struct rc_appliance a;

		if (!rc_mentioned(&s->texts, s->secrets.items[i]) &&
		    rc_secret_read(&a, s->descriptions.items[i], s->secrets.items[i]))
			add(to, RC_LEFT_SECRET, rc_strdup(a.uuid))->appliance = a;
	}
}

static void
find_volumes(struct rc_leftovers *to, const struct survey *s)
{
	for (size_t i = 0; i < s->volumes.count; i++) {
		const struct rc_volume *volume = &s->volumes.items[i];
		struct rc_leftover *item;
		unsigned generation;
		char name[32];

		if (!rc_litter_volume(volume->name, name, &generation) ||
		    rc_mentioned(&s->texts, volume->path))
			continue;
		item = add(to, RC_LEFT_VOLUME, rc_strdup(volume->name));
		item->appliance.name = rc_strdup(name);
		item->appliance.generation = generation;
	}
}

/* Ours have no name, and a MAC as rc_mac_of() makes it. */
static void
find_addresses(struct rc_leftovers *to, const struct survey *s)
{
	for (size_t i = 0; i < s->network.count; i++) {
		const struct rc_reservation *one = &s->network.reservations[i];
		struct rc_leftover *item;

		if (one->named || !rc_str_starts(one->mac, "52:54:00:") ||
		    rc_mentioned(&s->texts, one->mac))
			continue;
		item = add(to, RC_LEFT_ADDRESS, rc_format("%s %s", one->mac, one->ip));
		item->appliance.mac = rc_strdup(one->mac);
		item->appliance.ip = rc_strdup(one->ip);
	}
}

/* Versions that no domain refers to. */
static void
find_filters(struct rc_leftovers *to, const struct survey *s)
{
	for (size_t i = 0; i < s->filters.count; i++) {
		const char *name = s->filters.items[i];

		if (rc_litter_filter(name, s->filter_uuids.items[i]) &&
		    !rc_mentioned(&s->texts, name))
			add(to, RC_LEFT_FILTER, rc_strdup(name));
	}
}

/* Config disks that were being put together; only here, and not those of a run at another host. */
static void
find_files(struct rc_leftovers *to, const struct survey *s)
{
	const struct rc_appliance nobody = { 0 };
	scoped(rc_str_release) char *path = rc_config_disk_path(&nobody);
	DIR *folder;

	*strrchr(path, '/') = '\0';
	folder = rc_virt_is_local(s->session->virt) ? opendir(path) : NULL;
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		char *file = rc_format("%s/%s", path, entry->d_name);
		struct stat about;
		char uuid[37];

		if (rc_litter_file(entry->d_name, uuid) && !rc_mentioned(&s->texts, uuid) &&
		    stat(file, &about) == 0 && rc_clock_now() - about.st_mtime > FILE_AGE)
			add(to, RC_LEFT_FILE, file);
		else
			free(file);
	}
	if (folder)
		closedir(folder);
}

/* A run that was told nothing of a runner that GitLab made goes on to make another. */
bool
rc_leftovers_runner(
    const struct rc_fleet *fleet, const char *uuid, int64_t id, const char **ret_name)
{
	for (size_t i = 0; i < fleet->count; i++) {
		const struct rc_appliance *a = &fleet->items[i].appliance;

		if (strcmp(a->uuid, uuid) != 0)
			continue;
		*ret_name = a->name;
		return a->runner_id != id && (a->state == RC_STATE_CREATED || a->runner_id > 0);
	}
	return false;
}

static void
find_runners(struct rc_leftovers *to, const struct survey *s)
{
	if (!s->host && s->runner_count)
		rc_run_warn(&s->session->run,
		    "runnerctl made runners that are at GitLab (%zu); without its network "
		    "nobody can tell whether it did so here: they are left alone",
		    s->runner_count);
	for (size_t i = 0; i < s->runner_count; i++) {
		const struct rc_marked *one = &s->runners[i];
		const char *name = NULL;
		struct rc_leftover *item;

		if (!s->host || !rc_host_marked(one->uuid, s->host) ||
		    (rc_mentioned(&s->texts, one->uuid) &&
			!rc_leftovers_runner(&s->fleet, one->uuid, one->id, &name)))
			continue;
		item = add(to, RC_LEFT_RUNNER, rc_format("#%lld", (long long)one->id));
		item->appliance.name = rc_strdup(name);
		item->appliance.runner_id = one->id;
		memcpy(item->appliance.uuid, one->uuid, sizeof(item->appliance.uuid));
	}
}

/* A GitLab that cannot be asked does not keep this host from being cleaned. */
static void
survey_gitlab(struct survey *s, struct rc_leftovers *to)
{
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = NULL;
	const struct rc_config *config = &s->session->config;
	const struct rc_runner_wish where = { .group_id = config->group,
		.project_id = config->project };
	struct rc_error err;
	bool access = false;

	if (rc_reach_gitlab(s->session, config->url, &gitlab, &access, &err) == 0) {
		if (!access)
			return;
		rc_run_step(&s->session->run, "ask GitLab for runners");
		to->gitlab_asked =
		    rc_gitlab_marked(gitlab, &where, &s->runners, &s->runner_count, &err) == 0;
	}
	if (!to->gitlab_asked)
		add(to, RC_LEFT_GITLAB, rc_strdup(config->url))->find.error = err;
}

/* Objects of our pool and network only, and never those of a pool or network that is not ours. */
static int
survey_host(struct survey *s, struct rc_error *err)
{
	struct rc_virt *virt = s->session->virt;
	char uuid[37], expected[37];

	if (rc_virt_secrets(virt, &s->secrets, &s->descriptions, err) < 0 ||
	    rc_virt_filters(virt, &s->filters, &s->filter_uuids, err) < 0 ||
	    rc_virt_pool_uuid(virt, uuid, err) < 0)
		return -1;
	if (strcmp(uuid, rc_uuid_of(expected, "runnerctl pool")) == 0 &&
	    rc_virt_volumes(virt, RC_VOLUME_FACTS, &s->volumes, err) < 0)
		return -1;
	if (rc_virt_network_read(virt, &s->network, err) < 0)
		return err->code == RC_NOT_FOUND ? 0 : -1;
	if (!s->network.uuid ||
	    strcmp(s->network.uuid, rc_uuid_of(expected, "runnerctl network")) != 0) {
		rc_network_release(&s->network);
		return 0;
	}
	return rc_host_identity(s->session, &s->host, err);
}

int
rc_leftovers_texts(struct rc_strv *to, struct rc_session *session, struct rc_error *err)
{
	scoped(rc_documents_release) struct rc_documents documents = { 0 };

	if (rc_virt_documents(session->virt, &documents, err) < 0)
		return -1;
	for (size_t i = 0; i < documents.count; i++)
		rc_strv_add(to, documents.items[i].xml);
	return 0;
}

int
rc_leftovers_find(struct rc_leftovers *ret, struct rc_session *session, struct rc_error *err)
{
	scoped(survey_release) struct survey s = { .session = session };
	scoped(rc_leftovers_release) struct rc_leftovers found = { 0 };

	rc_run_step(&session->run, "look at libvirt");
	if (survey_host(&s, err) < 0)
		return -1;
	survey_gitlab(&s, &found);
	/* Last: whatever was listed above had its domain before. */
	if (rc_leftovers_texts(&s.texts, session, err) < 0 ||
	    rc_fleet_read(session, &s.fleet, err) < 0)
		return -1;
	find_domains(&found, &s);
	find_secrets(&found, &s);
	find_volumes(&found, &s);
	find_files(&found, &s);
	find_addresses(&found, &s);
	find_filters(&found, &s);
	find_runners(&found, &s);
	*ret = found;
	found = (struct rc_leftovers){ 0 };
	return 0;
}
