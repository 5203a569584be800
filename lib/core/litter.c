/* What is ours although no domain says so any more. */
#include "core/litter.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/sha256.h"
#include "core/filter_xml.h"
#include "core/injection.h"
#include "core/name.h"

#define HASH_SIZE 12
#define UUID_SIZE 36
#define MARK_SIZE 8

static const char *const ownerships[] = {
	[RC_RUNNER_OWNED] = "runner token of ",
	[RC_RUNNER_LENT] = "lent runner token of ",
};
static const char at[] = " at ", ours[] = " (runnerctl)";

static bool
ends(const char *text, const char *suffix)
{
	size_t length = strlen(text), tail = strlen(suffix);

	return length > tail && strcmp(text + length - tail, suffix) == 0;
}

bool
rc_litter_volume(const char *volume, char name[32], unsigned *ret_generation)
{
	const char *suffix = ends(volume, ".data") ? ".data" : ".config";
	scoped(rc_str_release) char *domain = NULL;

	if (!ends(volume, suffix))
		return false;
	domain = rc_strndup(volume, strlen(volume) - strlen(suffix));
	return rc_domain_name_split(domain, name, ret_generation);
}

/* n lower case hex digits and no more; with dashes where a UUID has them. */
static bool
is_hex(const char *text, size_t n, bool uuid)
{
	for (size_t i = 0; i < n; i++) {
		bool dash = uuid && (i == 8 || i == 13 || i == 18 || i == 23);

		if (dash ? text[i] != '-' : !text[i] || !strchr("0123456789abcdef", text[i]))
			return false;
	}
	return true;
}

bool
rc_litter_filter(const char *name, const char *uuid)
{
	static const char begin[] = "runnerctl-";
	const char *hash = name + strlen(begin);
	char expected[37];

	return rc_str_starts(name, begin) && strlen(hash) == HASH_SIZE &&
	       is_hex(hash, HASH_SIZE, false) && strcmp(uuid, rc_uuid_of(expected, name)) == 0;
}

bool
rc_litter_file(const char *file, char uuid[37])
{
	if (strlen(file) != UUID_SIZE + strlen(".config") || !is_hex(file, UUID_SIZE, true) ||
	    strcmp(file + UUID_SIZE, ".config") != 0)
		return false;
	memcpy(uuid, file, UUID_SIZE);
	uuid[UUID_SIZE] = '\0';
	return true;
}

char *
rc_secret_description(const struct rc_appliance *a)
{
	return rc_format(
	    "%s%s.%u%s%s%s", ownerships[a->ownership], a->name, a->generation, at, a->url, ours);
}

bool
rc_secret_read(struct rc_appliance *ret, const char *description, const char *uuid)
{
	enum rc_ownership ownership = rc_str_starts(description, ownerships[RC_RUNNER_LENT])
					  ? RC_RUNNER_LENT
					  : RC_RUNNER_OWNED;
	const char *domain = description + strlen(ownerships[ownership]), *url;
	scoped(rc_str_release) char *text = NULL;
	char name[32];
	unsigned generation;

	if (!rc_str_starts(description, ownerships[ownership]) || !ends(description, ours))
		return false;
	url = strstr(domain, at);
	if (!url || url + strlen(at) >= description + strlen(description) - strlen(ours))
		return false;
	text = rc_strndup(domain, (size_t)(url - domain));
	if (!rc_domain_name_split(text, name, &generation))
		return false;
	*ret = (struct rc_appliance){
		.name = rc_strdup(name), .generation = generation, .ownership = ownership
	};
	snprintf(ret->uuid, sizeof(ret->uuid), "%s", uuid);
	rc_system_id(ret->system_id, uuid);
	url += strlen(at);
	ret->url = rc_strndup(url, strlen(url) - strlen(ours));
	return true;
}

static void
mark_of(char mark[RC_SHA256_HEX], const char *host)
{
	scoped(rc_str_release) char *text = rc_format("runnerctl host %s", host);

	rc_sha256_of(mark, text, strlen(text));
}

void
rc_host_mark(char uuid[37], const char *host)
{
	char mark[RC_SHA256_HEX];

	mark_of(mark, host);
	memcpy(uuid, mark, MARK_SIZE);
}

bool
rc_host_marked(const char *uuid, const char *host)
{
	char mark[RC_SHA256_HEX];

	mark_of(mark, host);
	return strncmp(uuid, mark, MARK_SIZE) == 0;
}

bool
rc_mentioned(const struct rc_strv *texts, const char *what)
{
	for (size_t i = 0; i < texts->count; i++)
		if (strcasestr(texts->items[i], what))
			return true;
	return false;
}
