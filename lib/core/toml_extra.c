/* The keys, their types, and whose they are; a test compares them with gitlab-runner's own list. */
#include "core/toml_extra.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/suggest.h"

#define HINT "runnerctl.conf(5) tells of them"
#define FLAGS "runners.feature_flags"

/* What a runner with the docker executor has a use for.  A table without names takes any. */
static const struct table {
	const char *table;
	enum rc_toml_type type;
	const char *names; /* a blank before and after each; NULL: any */
} tables[] = {
	{ "", RC_TOML_STRING, " log_format log_level sentry_dsn " },
	{ "", RC_TOML_DURATION, " connection_max_age " },
	{ "session_server", RC_TOML_STRING, " advertise_address listen_address " },
	{ "session_server", RC_TOML_INTEGER, " session_timeout " },
	{ "runners", RC_TOML_STRING,
	    " builds_dir cache_dir clone_url post_build_script post_get_sources_script "
	    "pre_build_script pre_get_sources_script shell slot_cgroup_template "
	    "step_runner_image " },
	{ "runners", RC_TOML_BOOLEAN,
	    " clean_git_config debug_trace_disabled proxy_exec safe_directory_checkout "
	    "strict_check_interval use_slot_cgroups " },
	{ "runners", RC_TOML_INTEGER,
	    " job_status_final_update_retry_limit limit output_limit request_concurrency "
	    "unhealthy_requests_limit " },
	{ "runners", RC_TOML_DURATION, " get_sources_timeout prepare_timeout unhealthy_interval " },
	{ "runners", RC_TOML_LIST, " environment " },
	{ "runners.artifact", RC_TOML_DURATION, " response_header_timeout upload_timeout " },
	{ "runners.custom_build_dir", RC_TOML_BOOLEAN, " enabled " },
	{ FLAGS, RC_TOML_BOOLEAN, NULL },
	{ "runners.cache", RC_TOML_STRING, " Path Type " },
	{ "runners.cache", RC_TOML_BOOLEAN, " Shared " },
	{ "runners.cache", RC_TOML_INTEGER, " MaxUploadedArchiveSize " },
	{ "runners.cache.s3", RC_TOML_STRING,
	    " AccessKey AuthenticationType BucketLocation BucketName RoleARN SecretKey "
	    "ServerAddress ServerSideEncryption ServerSideEncryptionKeyID SessionToken "
	    "UploadRoleARN " },
	{ "runners.cache.s3", RC_TOML_BOOLEAN,
	    " Accelerate DisableAssumeRoleCredentialsCaching DualStack Insecure PathStyle " },
	{ "runners.cache.s3", RC_TOML_INTEGER, " AssumeRoleMaxConcurrency " },
	{ "runners.cache.gcs", RC_TOML_STRING, " AccessID BucketName PrivateKey UniverseDomain " },
	{ "runners.cache.azure", RC_TOML_STRING,
	    " AccountKey AccountName ContainerName StorageDomain " },
	{ "runners.docker", RC_TOML_STRING,
	    " cache_dir cgroup_parent cpus cpuset_cpus cpuset_mems gpus helper_image "
	    "helper_image_flavor hostname ipcmode isolation mac_address memory "
	    "memory_reservation memory_swap network_mode pid_mode runtime "
	    "service_cgroup_parent service_cpus service_cpuset_cpus service_gpus "
	    "service_memory service_memory_reservation service_memory_swap "
	    "service_slot_cgroup_template user userns_mode volume_driver " },
	{ "runners.docker", RC_TOML_BOOLEAN,
	    " disable_cache disable_entrypoint_overwrite enable_ipv6 oom_kill_disable "
	    "services_privileged volume_keep " },
	{ "runners.docker", RC_TOML_INTEGER,
	    " cpu_shares network_mtu oom_score_adjust service_cpu_shares services_limit "
	    "shm_size wait_for_services_timeout " },
	{ "runners.docker", RC_TOML_LIST,
	    " allowed_images allowed_privileged_images allowed_privileged_services "
	    "allowed_pull_policies allowed_services allowed_users cap_add cap_drop "
	    "device_cgroup_rules devices dns dns_search extra_hosts group_add links "
	    "security_opt services_security_opt volumes volumes_from " },
	{ "runners.docker.container_labels", RC_TOML_STRING, NULL },
	{ "runners.docker.log_options", RC_TOML_STRING, NULL },
	{ "runners.docker.services_tmpfs", RC_TOML_STRING, NULL },
	{ "runners.docker.sysctls", RC_TOML_STRING, NULL },
	{ "runners.docker.tmpfs", RC_TOML_STRING, NULL },
	{ "runners.docker.ulimit", RC_TOML_STRING, NULL },
	{ "runners.docker.volume_driver_ops", RC_TOML_STRING, NULL },
};

/* What runnerctl writes; the key of its own, if there is one. */
static const struct {
	const char *key, *instead;
} owned[] = {
	{ "check_interval", NULL },
	{ "concurrent", "[runner] concurrent" },
	{ "listen_address", NULL },
	{ "shutdown_timeout", NULL },
	{ "user", NULL },
	{ "runners.executor", NULL },
	{ "runners.id", NULL },
	{ "runners.name", NULL },
	{ "runners.tls-ca-file", "[gitlab] ca-file" },
	{ "runners.token", "[gitlab] token-file" },
	{ "runners.token_expires_at", NULL },
	{ "runners.token_obtained_at", NULL },
	{ "runners.url", "[gitlab] url" },
	{ FLAGS ".FF_DISABLE_AUTOMATIC_TOKEN_ROTATION", NULL },
	{ "runners.docker.host", NULL },
	{ "runners.docker.image", "[runner] docker-image" },
	{ "runners.docker.privileged", "[runner] docker" },
	{ "runners.docker.pull_policy", "[runner] pull-policy" },
	{ "runners.docker.tls_cert_path", NULL },
	{ "runners.docker.tls_verify", NULL },
};

void
rc_toml_extras_release(struct rc_toml_extras *extras)
{
	for (size_t i = 0; i < extras->count; i++) {
		free(extras->items[i].name);
		rc_secret_release(&extras->items[i].text);
		rc_strv_release(&extras->items[i].list);
	}
	free(extras->items);
	*extras = (struct rc_toml_extras){ 0 };
}

static bool
is_listed(const char *names, const char *name)
{
	scoped(rc_str_release) char *word = rc_format(" %s ", name);

	return !strchr(name, ' ') && strstr(names, word) != NULL;
}

/* What stands in the table that may hold any name; NULL if key is in none such. */
static const char *
free_name(const struct table *table, const char *key)
{
	size_t length = strlen(table->table);

	return !table->names && rc_str_starts(key, table->table) && key[length] == '.' &&
		       key[length + 1]
		   ? key + length + 1
		   : NULL;
}

static const struct table *
find(const char *key, const char **ret_name)
{
	const char *dot = strrchr(key, '.');
	size_t length = dot ? (size_t)(dot - key) : 0;
	const char *name = dot ? dot + 1 : key;

	for (size_t i = 0; i < RC_COUNT(tables); i++) {
		*ret_name = free_name(&tables[i], key);
		if (*ret_name)
			return &tables[i];
		*ret_name = name;
		if (tables[i].names && strlen(tables[i].table) == length &&
		    strncmp(tables[i].table, key, length) == 0 && is_listed(tables[i].names, name))
			return &tables[i];
	}
	return NULL;
}

/* All keys by their whole names; a table that takes any name has none to show. */
static void
list_keys(struct rc_strv *ret)
{
	for (size_t i = 0; i < RC_COUNT(tables); i++) {
		scoped(rc_strv_release) struct rc_strv names = { 0 };
		const char *dot = *tables[i].table ? "." : "";

		rc_strv_split(&names, tables[i].names ? tables[i].names : "", ' ');
		for (size_t j = 0; j < names.count; j++) {
			scoped(rc_str_release) char *key =
			    rc_format("%s%s%s", tables[i].table, dot, names.items[j]);

			rc_strv_add(ret, key);
		}
	}
}

static int
refuse_unknown(const char *key, struct rc_error *err)
{
	scoped(rc_strv_release) struct rc_strv known = { 0 };
	struct rc_suggestion near = { .word = key, .length = strlen(key) };

	list_keys(&known);
	for (size_t i = 0; i < known.count; i++)
		rc_suggestion_try(&near, known.items[i]);
	rc_fail(err, RC_USAGE, "config.toml has no key '%s' that an appliance could use", key);
	return near.best ? rc_hint(err, "did you mean '%s'?", near.best) : rc_hint(err, HINT);
}

static int
check_owner(const char *key, struct rc_error *err)
{
	for (size_t i = 0; i < RC_COUNT(owned); i++) {
		if (strcmp(key, owned[i].key) != 0)
			continue;
		rc_fail(err, RC_USAGE, "config.toml's '%s' is for runnerctl to write", key);
		return owned[i].instead ? rc_hint(err, "set %s", owned[i].instead) : -1;
	}
	return 0;
}

/* As Go has them: "90s", "1h30m", "1.5h". */
static bool
is_duration(const char *text)
{
	static const char *const units[] = { "ns", "us", "ms", "s", "m", "h" };

	if (!*text)
		return false;
	while (*text) {
		size_t digits = strspn(text, "0123456789."), i = 0;

		text += digits;
		/* "ms" before "m" and "s" */
		while (i < RC_COUNT(units) && !rc_str_starts(text, units[i]))
			i++;
		if (digits == 0 || text[-1] == '.' || i == RC_COUNT(units))
			return false;
		text += strlen(units[i]);
	}
	return true;
}

static bool
is_integer(const char *text)
{
	size_t digits;

	text += *text == '-';
	digits = strspn(text, "0123456789");
	return digits > 0 && digits <= 18 && !text[digits] && (text[0] != '0' || digits == 1);
}

static int
check_value(struct rc_toml_extra *extra, struct rc_error *err)
{
	const char *text = extra->text;

	switch (extra->type) {
	case RC_TOML_STRING:
		return rc_str_is_utf8(text)
			   ? 0
			   : rc_fail(err, RC_USAGE, "the value is not valid UTF-8");
	case RC_TOML_BOOLEAN:
		if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
			return 0;
		return rc_fail(err, RC_USAGE, "the value is neither true nor false");
	case RC_TOML_INTEGER:
		return is_integer(text) ? 0
					: rc_fail(err, RC_USAGE, "the value is not a whole number");
	case RC_TOML_DURATION:
		if (is_duration(text))
			return 0;
		return rc_fail(err, RC_USAGE, "the value is not a time such as 90s or 1h30m");
	case RC_TOML_LIST:
		rc_strv_split(&extra->list, text, ',');
		if (rc_str_is_utf8(text) && extra->list.count > 0)
			return 0;
		return rc_fail(err, RC_USAGE, "the value is not a list such as: one, two");
	}
	return 0;
}

/* A name that config.toml can hold between quotes; a flag's is one of gitlab-runner's. */
static int
check_name(const struct table *table, const char *name, struct rc_error *err)
{
	if (!rc_str_is_utf8(name))
		return rc_fail(err, RC_USAGE, "the name is not valid UTF-8");
	if (strcmp(table->table, FLAGS) == 0 &&
	    (!rc_str_starts(name, "FF_") ||
		name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")]))
		return rc_fail(err, RC_USAGE, "a feature flag is called FF_ and something");
	return 0;
}

int
rc_toml_extras_add(
    struct rc_toml_extras *extras, const char *key, const char *text, struct rc_error *err)
{
	const char *name;
	const struct table *table;
	struct rc_toml_extra extra;
	size_t at;

	if (check_owner(key, err) < 0)
		return -1;
	table = find(key, &name);
	if (!table)
		return refuse_unknown(key, err);
	extra = (struct rc_toml_extra){ .table = table->table, .type = table->type };
	extra.order = (unsigned)(table - tables);
	extra.name = rc_strdup(name);
	extra.text = rc_strdup(text);
	extras->items = rc_grow(extras->items, extras->count + 1, sizeof(*extras->items));
	at = extras->count++;
	for (; at > 0 && extras->items[at - 1].order > extra.order; at--)
		extras->items[at] = extras->items[at - 1];
	extras->items[at] = extra;
	if (check_name(table, name, err) < 0 || check_value(&extras->items[at], err) < 0)
		return rc_within(err, "%s", key);
	return 0;
}
