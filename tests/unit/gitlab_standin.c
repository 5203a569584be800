/* Starting and steering the GitLab stand-in: the program under tests/fake/, over libcurl. */
#include "gitlab_standin.h"

#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/scope.h"
#include "base/str.h"

struct standin standin;
struct notes notes;

#define PROGRAM RC_TESTS "/fake/gitlab-standin"

static void __attribute__((noreturn, format(printf, 1, 2))) give_up(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(99);
}

int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads the URL from the file that the stand-in writes when it listens. */
static bool
read_url(struct standin *where)
{
	scoped(rc_str_release) char *path = rc_format("%s/ready", where->folder);
	FILE *file = fopen(path, "re");
	bool found = file && fscanf(file, "%63s", where->url) == 1;

	if (file)
		fclose(file);
	return found;
}

void
standin_start(struct standin *where, const char *cert, const char *key)
{
	scoped(rc_str_release) char *ready = NULL;
	const char *argv[] = { PROGRAM, "--listen", "127.0.0.1:0", "--ready-file", NULL,
		cert ? "--tls-cert" : NULL, cert, "--tls-key", key, NULL };

	*where = (struct standin){ .folder = "/tmp/rc-gitlab-XXXXXX" };
	if (!mkdtemp(where->folder))
		give_up("mkdtemp: %s", strerror(errno));
	ready = rc_format("%s/ready", where->folder);
	argv[4] = ready;
	where->pid = fork();
	if (where->pid == 0) {
		/* A test that fails does not come to stop it. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!freopen("/dev/null", "w", stderr))
			_exit(126);
		execv(PROGRAM, (char **)(uintptr_t)argv);
		_exit(127);
	}
	for (int64_t end = now_ms() + 90000; !read_url(where);) {
		if (now_ms() > end || waitpid(where->pid, NULL, WNOHANG) != 0)
			give_up("%s does not start", PROGRAM);
		usleep(20000);
	}
}

void
standin_stop(struct standin *where)
{
	kill(where->pid, SIGKILL);
	waitpid(where->pid, NULL, 0);
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = { "ready", "cert.pem", "key.pem" };
		scoped(rc_str_release) char *path = rc_format("%s/%s", where->folder, names[i]);

		unlink(path);
	}
	rmdir(where->folder);
}

struct text {
	char *data;
	size_t size;
};

static size_t
take(char *data, size_t one, size_t size, void *context)
{
	struct text *text = context;

	(void)one;
	text->data = rc_grow(text->data, text->size + size + 1, 1);
	memcpy(text->data + text->size, data, size);
	text->size += size;
	text->data[text->size] = '\0';
	return size;
}

char *
standin_control(const struct standin *where, const char *method, const char *path, const char *body)
{
	scoped(rc_str_release) char *url = rc_format("%s/-/standin%s", where->url, path);
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	struct text text = { rc_strdup(""), 0 };
	CURL *curl = curl_easy_init();
	long status = 0;

	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &text);
	if (body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	if (curl_easy_perform(curl) == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	if (status < 200 || status > 299)
		give_up("%s %s: %ld %s", method, url, status, text.data);
	return text.data;
}

void
standin_fault(const struct standin *where, const char *fault)
{
	scoped(rc_str_release) char *body = rc_strdup(fault);

	for (char *c = body; *c; c++) {
		if (*c == '\'')
			*c = '"';
	}
	free(standin_control(where, "POST", "/faults", body));
}

/* The journal cannot be emptied, so its length is where the next test begins to count. */
static int journal_start;

static cJSON *
journal_of(const struct standin *where)
{
	scoped(rc_str_release) char *path = rc_format("/requests?after=%d", journal_start);
	scoped(rc_str_release) char *text = standin_control(where, "GET", path, NULL);
	cJSON *journal = cJSON_Parse(text);

	if (!cJSON_IsArray(journal))
		give_up("no journal: %s", text);
	return journal;
}

void
standin_reset(struct standin *where)
{
	cJSON *journal;

	free(standin_control(where, "DELETE", "/faults", NULL));
	free(standin_control(where, "PUT", "/state", "{}"));
	journal = journal_of(where);
	journal_start += cJSON_GetArraySize(journal);
	cJSON_Delete(journal);
}

int
standin_requests(const struct standin *where, const char *method, const char *path)
{
	cJSON *journal = journal_of(where), *item;
	int count = 0;

	cJSON_ArrayForEach(item, journal)
	{
		const char *was = cJSON_GetStringValue(cJSON_GetObjectItem(item, "method"));
		const char *path_was = cJSON_GetStringValue(cJSON_GetObjectItem(item, "path"));

		count += strcmp(was, method) == 0 && strcmp(path_was, path) == 0;
	}
	cJSON_Delete(journal);
	return count;
}

int
standin_runners(const struct standin *where)
{
	scoped(rc_str_release) char *text = standin_control(where, "GET", "/state", NULL);
	cJSON *state = cJSON_Parse(text);
	int count = cJSON_GetArraySize(cJSON_GetObjectItem(state, "runners"));

	cJSON_Delete(state);
	return count;
}

static void
note_warning(void *context, const char *what)
{
	struct notes *to = context;
	size_t used = strlen(to->warnings);

	snprintf(to->warnings + used, sizeof(to->warnings) - used, "%s\n", what);
	to->warned++;
	if (to->stop_at_warning)
		to->stop = 1;
}

void
notes_init(struct notes *to)
{
	*to = (struct notes){ 0 };
	to->run = (struct rc_run){ .warn = note_warning, .context = to, .stop = &to->stop };
}

struct rc_gitlab *
door_to(const struct standin *where, const char *token, int64_t deadline, struct notes *to)
{
	struct rc_gitlab_settings settings = {
		.url = where->url, .access_token = token, .deadline = deadline
	};
	struct rc_gitlab *gitlab = NULL;
	struct rc_error err = { 0 };

	if (rc_gitlab_open(&gitlab, &settings, &to->run, &err) < 0)
		give_up("%s", err.text);
	return gitlab;
}

bool
holds_no_token(const char *text)
{
	static const char *const prefixes[] = { "glpat-", "glrt-", "GR1348941" };

	for (size_t i = 0; i < RC_COUNT(prefixes); i++) {
		const char *at = text;

		/* "glrt- token" in a hint is none. */
		while ((at = strstr(at, prefixes[i]))) {
			at += strlen(prefixes[i]);
			if (isalnum((unsigned char)*at))
				return false;
		}
	}
	return true;
}

int
standin_setup(void **state)
{
	(void)state;
	standin_start(&standin, NULL, NULL);
	return 0;
}

int
standin_teardown(void **state)
{
	(void)state;
	standin_stop(&standin);
	return 0;
}

int
standin_clean(void **state)
{
	(void)state;
	standin_reset(&standin);
	notes_init(&notes);
	return 0;
}

void
assert_error(const struct rc_error *err, enum rc_code code, const char *text, const char *hint)
{
	if (err->code != code || !strstr(err->text, text) || !strstr(err->hint, hint))
		fail_msg("code %d, \"%s\" (%s); expected %d, \"%s\" (%s)", err->code, err->text,
		    err->hint, code, text, hint);
	assert_true(holds_no_token(err->text));
	assert_true(holds_no_token(err->hint));
	assert_true(holds_no_token(notes.warnings));
}

int64_t
ask_in_vain(struct rc_gitlab *gitlab, struct rc_error *err)
{
	struct rc_token_scopes scopes;
	int64_t before = now_ms();

	*err = (struct rc_error){ 0 };
	assert_int_equal(rc_gitlab_scopes(gitlab, &scopes, err), -1);
	return now_ms() - before;
}

int64_t
create_in_vain(struct rc_gitlab *gitlab, const struct rc_runner_wish *wish, struct rc_error *err)
{
	struct rc_runner_grant grant = { 0 };
	int64_t before = now_ms();

	*err = (struct rc_error){ 0 };
	assert_int_equal(rc_gitlab_create_runner(gitlab, &grant, wish, err), -1);
	assert_null(grant.token);
	return now_ms() - before;
}

int
bind_somewhere(int *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}
