/* The world that runs are played in. */
#include "play_world.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/gitlab_standin.h"
#include "base/file.h"

char play_config[80], play_lent_file[80];

static char folder[] = "/tmp/rc-play-XXXXXX", bare_config[80], token_file[80];

char *
play_get_gitlab(void)
{
	return standin_control(&standin, "GET", "/state", NULL);
}

void
play_put_gitlab(const char *state)
{
	free(standin_control(&standin, "PUT", "/state", state));
}

void
play_give_up(const char *why)
{
	fprintf(stderr, "%s; last interfered with: %s; said:\n%s", why, fake_host->last,
	    fake_host->said);
	play_end();
	exit(1);
}

static void
write_file(char path[80], const char *name, const char *text)
{
	struct rc_error err;

	snprintf(path, 80, "%s/%s", folder, name);
	if (rc_file_publish(path, text, strlen(text), 0600, &err) < 0)
		play_give_up(err.text);
}

static void
write_config(char path[80], const char *name, const char *more)
{
	scoped(rc_str_release) char *text =
	    rc_format("[host]\naccel = tcg\ntemplates = " RC_TESTS "/../templates\n"
		      "[appliance]\nimage = appliance@1\n"
		      "[profile default]\nmemory = 1GiB\n"
		      "[rotation]\nready-timeout = 30s\n"
		      "max-age = 0\n[runner]\ndrain-timeout = 60s\n"
		      "[gitlab]\nurl = %s\n%s",
		standin.url, more);

	write_file(path, name, text);
}

static void
lend(void)
{
	scoped(rc_runner_grant_release) struct rc_runner_grant grant = { 0 };
	const struct rc_runner_wish wish = { .description = "lent", .run_untagged = true };
	struct rc_gitlab *admin = door_to(&standin, ADMIN, 100, &notes);
	struct rc_error err;

	if (rc_gitlab_create_runner(admin, &grant, &wish, &err) < 0)
		play_give_up(err.text);
	rc_gitlab_close(admin);
	write_file(play_lent_file, "lent", grant.token);
}

static void
add_foreign(void)
{
	static const char *const parts[] = { "vmlinuz", "initrd", "root.squashfs",
		"manifest.json" };
	struct fake_domain *other = &fake_host->domains[fake_host->domain_count++];

	for (size_t i = 0; i < RC_COUNT(parts); i++)
		snprintf(fake_host->volumes[fake_host->volume_count++].name, 64, "appliance@1.%s",
		    parts[i]);
	snprintf(fake_host->volumes[fake_host->volume_count++].name, 64, "made.1.data.bak");
	snprintf(other->name, sizeof(other->name), "made.9");
	snprintf(other->uuid, sizeof(other->uuid), "0f7a3c1e-1111-4222-8333-444455556666");
	snprintf(other->xml, sizeof(other->xml), "<domain/>");
	other->foreign = other->active = true;
	fake_host->reservations[fake_host->reservation_count++] =
	    (struct fake_reservation){ "02:00:00:00:00:01", "192.168.231.2" };
	fake_host->secrets[fake_host->secret_count++] =
	    (struct fake_secret){ "0f7a3c1e-1111-4222-8333-444455556667", "of made.1", "mine" };
	fake_host->filters[fake_host->filter_count++] =
	    (struct fake_filter){ "runnerctl-mine", "0f7a3c1e-1111-4222-8333-444455556668" };
}

/* -- the states before the verbs ------------------------------------------------------------ */

static int
make_keeper(struct rc_session *session, enum play_verb verb, struct rc_error *err)
{
	(void)verb;
	return play_create(session, "keeper", false, err);
}

static int
make(struct rc_session *session, enum play_verb verb, struct rc_error *err)
{
	bool lent = verb == PLAY_DESTROY_LENT || verb == PLAY_SURGE_LENT ||
		    verb == PLAY_REPLACE_LENT || verb == PLAY_RESET;

	return play_create(session, "made", lent, err);
}

static int
make_second(struct rc_session *session, enum play_verb verb, struct rc_error *err)
{
	return play_create(session, "made-2", verb == PLAY_RESET, err);
}

static void
must(int (*what)(struct rc_session *, enum play_verb, struct rc_error *), enum play_verb verb,
    int status)
{
	int ended = play_apart(what, verb);

	if (ended == status)
		return;
	fprintf(stderr, "before %s: status %d after %u calls\n", play_name(verb), ended,
	    fake_host->calls);
	play_give_up("the beginning failed");
}

/* A domain that somebody undefined by hand, and a create that was killed. */
static void
litter(void)
{
	const struct fake_order killed = { FAKE_KILL_BEFORE, 28, 1, 0 };

	must(make, PLAY_GC, 0);
	fake_remove(fake_host->domains, &fake_host->domain_count, sizeof(struct fake_domain),
	    fake_host->domain_count - 1);
	fake_host->orders[0] = killed;
	fake_host->order_count = 1;
	must(make_second, PLAY_GC, -1);
	fake_host->order_count = 0;
}

static void
begin_verb(enum play_verb verb)
{
	char with_token[80];

	switch (verb) {
	case PLAY_REGISTER:
	case PLAY_REGISTER_LENT:
		memcpy(with_token, play_config, sizeof(with_token));
		memcpy(play_config, bare_config, sizeof(with_token));
		must(make, verb, 0);
		memcpy(play_config, with_token, sizeof(with_token));
		break;
	case PLAY_GC:
		litter();
		break;
	case PLAY_RESET:
		must(make_second, verb, 0);
		must(make, verb, 0);
		break;
	case PLAY_CREATE:
	case PLAY_CREATE_LENT:
	case PLAY_VERBS:
		break;
	case PLAY_DESTROY:
	case PLAY_DESTROY_LENT:
	case PLAY_SURGE:
	case PLAY_SURGE_LENT:
	case PLAY_REPLACE:
	case PLAY_REPLACE_LENT:
	case PLAY_SET:
		must(make, verb, 0);
		break;
	}
	play_keep(verb);
}

void
play_begin(void)
{
	scoped(rc_str_release) char *token = NULL;

	fake_host_begin();
	notes_init(&notes);
	standin_start(&standin, NULL, NULL);
	if (!mkdtemp(folder))
		play_give_up("no folder");
	write_file(token_file, "token", ADMIN);
	token = rc_format("token-file = %s\n", token_file);
	write_config(play_config, "with-token", token);
	write_config(bare_config, "bare", "");
	lend();
	add_foreign();
	must(make_keeper, PLAY_CREATE, 0);
	fake_host->job_time = 10 * 1000;
	play_keep(PLAY_CREATE);
	for (enum play_verb verb = PLAY_CREATE; verb < PLAY_VERBS; verb++) {
		play_prepare(PLAY_CREATE, NULL, 0);
		begin_verb(verb);
	}
}

/* A copy of the text in which one word is another. */
static void
reword(char *text, size_t size, const char *from, const char *to)
{
	scoped(rc_str_release) char *old = rc_strdup(text);
	size_t used = 0;
	const char *rest = old;

	for (const char *at; (at = strstr(rest, from)); rest = at + strlen(from))
		used += (size_t)snprintf(
		    text + used, size - used, "%.*s%s", (int)(at - rest), rest, to);
	snprintf(text + used, size - used, "%s", rest);
}

void
play_multiply(unsigned count)
{
	const struct fake_domain *keeper = fake_host->domains;

	while (!rc_str_starts(keeper->name, "keeper"))
		keeper++;
	for (unsigned i = 0; i < count; i++) {
		struct fake_domain *to = &fake_host->domains[fake_host->domain_count++];
		char name[16], uuid[48];

		memcpy(to, keeper, sizeof(*to));
		snprintf(name, sizeof(name), "k%u", i);
		snprintf(uuid, sizeof(uuid), "%.28s%08u", keeper->uuid, i);
		snprintf(to->name, sizeof(to->name), "%s.1", name);
		memcpy(to->uuid, uuid, sizeof(to->uuid));
		reword(to->metadata, sizeof(to->metadata), "keeper", name);
		reword(to->metadata, sizeof(to->metadata), keeper->uuid, uuid);
	}
}

void
play_end(void)
{
	const char *const files[] = { play_config, bare_config, token_file, play_lent_file };

	standin_stop(&standin);
	play_forget();
	for (size_t i = 0; i < RC_COUNT(files); i++)
		unlink(files[i]);
	rmdir(folder);
}
