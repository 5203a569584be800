/*
 * Canned answers in place of libvirt, GitLab and disks; what was asked is recorded.
 *
 *	-c fake:empty    nothing is there
 *	-c fake:broken   the session cannot be opened
 *	NAME full...     the host has no room        NAME lost...   no such appliance
 *	NAME refused...  GitLab refuses              NAME slow...   steps until it is stopped
 *	NAME plain...    comes out without a runner  NAME emu...    emulated
 *	NAME gone...     nothing is left to be done  NAME used...   an image that is in use
 *
 * RC_FAKE_LOG names the file that the record is added to.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/scope.h"
#include "fake.h"

void RC_PRINTF(1, 2) fake_record(const char *fmt, ...)
{
	const char *path = getenv("RC_FAKE_LOG");
	FILE *log = path ? fopen(path, "ae") : NULL;
	va_list args;

	if (!log)
		return;
	va_start(args, fmt);
	vfprintf(log, fmt, args);
	va_end(args);
	fclose(log);
}

const char *
fake_or_none(const char *text)
{
	return text ? text : "-";
}

void
fake_pause(long ms)
{
	struct timespec span = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&span, NULL);
}

static int
fake_open(struct rc_session **ret, const struct rc_session_wish *wish, struct rc_error *err)
{
	fake_record("open connect=%s config=%s accel=%s writes=%d\n", fake_or_none(wish->connect),
	    fake_or_none(wish->config), fake_or_none(wish->accel), wish->writes);
	if (wish->connect && strcmp(wish->connect, "fake:broken") == 0) {
		rc_fail(err, RC_HOST, "cannot reach libvirt at %s", wish->connect);
		return rc_hint(err, "is libvirtd running?");
	}
	*ret = rc_alloc(1, sizeof(**ret));
	(*ret)->run = wish->run;
	(*ret)->connect = rc_strdup(wish->connect ? wish->connect : "");
	return 0;
}

static void
fake_close(struct rc_session *session)
{
	fake_record("close\n");
	free(session->connect);
	free(session);
}

static void
record_registration(const struct rc_registration_wish *wish)
{
	fake_record("runner token=%s file=%s url=%s ca=%s tags=%s group=%" PRId64
		    " project=%" PRId64 " wait=%" PRId64 " dry_run=%d\n",
	    fake_or_none(wish->token.value), fake_or_none(wish->token.file),
	    fake_or_none(wish->url), fake_or_none(wish->ca_file), fake_or_none(wish->tags),
	    wish->group, wish->project, wish->wait, wish->dry_run);
}

void
fake_appliance(struct rc_appliance *a, const char *name, enum rc_state state)
{
	*a = (struct rc_appliance){
		.name = rc_strdup(name),
		.generation = 1,
		.uuid = "6f1c2a90-0f3e-4a52-8a51-0c9d2f7b1e11",
		.state = state,
		.image = rc_strdup("appliance@20260115"),
		.profile = rc_strdup("default"),
		.limits = { .cpus = 2, 150, 20, UINT64_C(2) << 30, UINT64_C(20) << 30 },
		.created = 1768471200,
		.mac = rc_strdup("52:54:00:8a:51:0c"),
		.ip = rc_strdup("192.168.231.10"),
	};
	if (state == RC_STATE_CREATED)
		return;
	a->url = rc_strdup("https://gitlab.example.com");
	a->ownership = RC_RUNNER_OWNED;
	a->runner_id = 42;
	snprintf(a->system_id, sizeof(a->system_id), "s_6f1c2a900f3e");
	a->tags = rc_strdup("docker,linux");
}

/* Works until it is stopped, then takes back what it did. */
static int
work_slowly(const struct rc_run *run, struct rc_error *err)
{
	rc_run_step(run, "make the disks of slow.1");
	fake_record("in the step\n");
	for (uint64_t i = 0; i < 600 && !rc_run_stopped(run); i++) {
		rc_run_progress(run, i, 600);
		fake_pause(50);
	}
	if (rc_run_stopped(run)) {
		rc_run_step(run, "undo: remove the disks of slow.1");
		fake_pause(300);
	}
	rc_run_steps_end(run);
	return rc_run_check(run, err);
}

void
fake_answer(struct rc_session *session, struct rc_outcome *outcome, const char *name)
{
	static const struct {
		const char *prefix, *text, *hint;
		enum rc_code code;
	} refusals[] = {
		{ "full", "the host has 1.5 GiB of memory to spare, 2 GiB are asked for",
		    "destroy an appliance, or use --memory", RC_NO_ROOM },
		{ "lost", "there is no such appliance", "", RC_NOT_FOUND },
		{ "used", "it is used by ci-1.1", "destroy what uses it first", RC_FAILED },
		{ "refused", "GitLab says: 403 Forbidden\033[2J - insufficient scope",
		    "the token needs the scope create_runner", RC_GITLAB },
	};

	outcome->name = rc_strdup(name);
	outcome->ok = true;
	outcome->emulated = rc_str_starts(name, "emu");
	for (size_t i = 0; i < RC_COUNT(refusals); i++) {
		if (!rc_str_starts(name, refusals[i].prefix))
			continue;
		rc_fail(&outcome->error, refusals[i].code, "%s", refusals[i].text);
		outcome->ok = rc_hint(&outcome->error, "%s", refusals[i].hint) == 0;
	}
	if (rc_str_starts(name, "slow"))
		outcome->ok = work_slowly(session->run, &outcome->error) == 0;
}

static void
add_outcome(struct rc_session *session, struct rc_outcomes *to, const char *name, bool dry_run)
{
	struct rc_outcome *outcome;

	to->items = rc_grow(to->items, to->count + 1, sizeof(*to->items));
	outcome = &to->items[to->count++];
	*outcome = (struct rc_outcome){ 0 };
	fake_answer(session, outcome, name);
	if (!outcome->ok || rc_str_starts(name, "gone"))
		return;
	if (dry_run) {
		rc_strv_split(&outcome->plan, "define the domain,make the disks", ',');
		return;
	}
	rc_run_step(session->run, "define the domain %s.1", name);
	rc_run_step(session->run, "make the disks of %s.1", name);
	rc_run_steps_end(session->run);
}

static int
fake_create(struct rc_session *session, const struct rc_create_wish *wish, struct rc_outcomes *ret,
    struct rc_error *err)
{
	scoped(rc_str_release) char *names = rc_strv_join(&wish->names, ",");

	(void)err;
	fake_record("create names=%s image=%s profile=%s cpus=%u cap=%u memory=%" PRIu64
		    " disk=%" PRIu64 " dry_run=%d xml=%d\n",
	    names, fake_or_none(wish->image), fake_or_none(wish->profile), wish->limits.cpus,
	    wish->limits.cpu_cap, wish->limits.memory, wish->limits.disk, wish->dry_run,
	    wish->print_xml);
	record_registration(&wish->registration);
	for (size_t i = 0; i < wish->names.count; i++) {
		const char *name = wish->names.items[i];
		bool plain = rc_str_starts(name, "plain");

		add_outcome(session, ret, name, wish->dry_run && !wish->print_xml);
		if (ret->items[i].ok && wish->print_xml)
			ret->items[i].xml =
			    rc_format("<domain>\n\t<name>%s.1</name>\n</domain>\n", name);
		else if (ret->items[i].ok && !wish->dry_run)
			fake_appliance(&ret->items[i].appliance, name,
			    plain                     ? RC_STATE_CREATED
			    : wish->registration.wait ? RC_STATE_READY
						      : RC_STATE_STARTED);
	}
	return 0;
}

static int
fake_enrol(struct rc_session *session, const struct rc_register_wish *wish, struct rc_outcomes *ret,
    struct rc_error *err)
{
	fake_record("register name=%s\n", wish->name);
	record_registration(&wish->registration);
	if (strcmp(wish->name, "nothing") == 0)
		return rc_fail(err, RC_BUSY, "another run of runnerctl works on %s", wish->name);
	rc_run_warn(session->run, "GitLab's clock is 7s ahead");
	add_outcome(session, ret, wish->name, wish->registration.dry_run);
	if (ret->items[0].ok && !wish->registration.dry_run)
		fake_appliance(&ret->items[0].appliance, wish->name, RC_STATE_READY);
	return 0;
}

static int
fake_destroy(struct rc_session *session, const struct rc_destroy_wish *wish,
    struct rc_outcomes *ret, struct rc_error *err)
{
	scoped(rc_str_release) char *names = rc_strv_join(&wish->names, ",");

	(void)err;
	fake_record("destroy names=%s drain=%" PRId64 " now=%d forget=%d dry_run=%d\n", names,
	    wish->drain_timeout, wish->now, wish->forget, wish->dry_run);
	for (size_t i = 0; i < wish->names.count; i++)
		add_outcome(session, ret, wish->names.items[i], wish->dry_run);
	return 0;
}

static void
fake_outcomes_release(struct rc_outcomes *outcomes)
{
	for (size_t i = 0; i < outcomes->count; i++) {
		free(outcomes->items[i].name);
		free(outcomes->items[i].xml);
		rc_strv_release(&outcomes->items[i].plan);
		rc_appliance_release(&outcomes->items[i].appliance);
	}
	free(outcomes->items);
}

static void
fake_rotation_release(struct rc_rotation *rotation)
{
	fake_outcomes_release(&rotation->outcomes);
	free(rotation->busy);
}

__attribute__((visibility("default"))) extern const struct rc_verbs rc_verbs;
const struct rc_verbs rc_verbs = {
	.version = RC_VERSION,
	.open = fake_open,
	.close = fake_close,
	.create = fake_create,
	.enrol = fake_enrol,
	.set = fake_set,
	.destroy = fake_destroy,
	.rotate = fake_rotate,
	.doctor = fake_doctor,
	.reclaim = fake_reclaim,
	.gc = fake_gc,
	.verify = fake_verify,
	.list = fake_list,
	.status = fake_status,
	.survey = fake_survey,
	.logs = fake_logs,
	.image_build = fake_image_build,
	.image_import = fake_image_import,
	.image_list = fake_image_list,
	.image_remove = fake_image_remove,
	.image_verify = fake_image_verify,
	.image_boot = fake_image_boot,
	.release_outcomes = fake_outcomes_release,
	.release_rotation = fake_rotation_release,
	.release_checks = fake_checks_release,
	.release_reclaimeds = fake_reclaimeds_release,
	.release_finds = fake_finds_release,
	.release_verification = fake_verification_release,
	.release_views = fake_views_release,
	.release_image_views = fake_images_release,
};
