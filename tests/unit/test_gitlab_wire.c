/* The door to GitLab and the network: time, ^C, redirects, certificates, and what goes over the
 * wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "gitlab_standin.h"

static const struct rc_runner_wish wish = {
	.group_id = GROUP, .description = MARKER, .run_untagged = true
};

/* A token is never sent to where somebody else's Location points. */
static void
test_redirect_away(void **state)
{
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = door_to(&standin, ADMIN, 5, &notes);
	scoped(rc_str_release) char *fault = NULL, *there = NULL;
	struct rc_error err;
	int port;
	scoped(rc_fd_release) int fd = bind_somewhere(&port);

	(void)state;
	assert_int_equal(listen(fd, 5), 0);
	there = rc_format("http://127.0.0.1:%d", port);
	fault = rc_format("{'action':'redirect','status':307,'times':0,'location':'%s/x'}", there);
	standin_fault(&standin, fault);
	ask_in_vain(gitlab, &err);
	assert_error(&err, RC_GITLAB,
	    "redirects GET /personal_access_tokens/self to http://127.0.0.1:", "`url`");
	assert_non_null(strstr(err.text, there));
	create_in_vain(gitlab, &wish, &err);
	assert_error(&err, RC_GITLAB, "redirects POST /user/runners to http://127.0.0.1:", "`url`");
	assert_null(strstr(err.text, "left"));
	assert_int_equal(accept(fd, NULL, NULL), -1);
}

static void
test_redirect_within(void **state)
{
	static const char self[] = "/api/v4/personal_access_tokens/self";
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = door_to(&standin, ADMIN, 5, &notes);
	struct rc_token_scopes scopes = { 0 };
	struct rc_error err;

	(void)state;
	standin_fault(
	    &standin, "{'action':'redirect','location':'/api/v4/personal_access_tokens/self?x=1'}");
	assert_int_equal(rc_gitlab_scopes(gitlab, &scopes, &err), 0);
	assert_true(scopes.api);
	assert_int_equal(standin_requests(&standin, "GET", self), 2);
	standin_fault(
	    &standin, "{'action':'redirect','times':0,'location':'/api/v4/user/runners'}");
	create_in_vain(gitlab, &wish, &err);
	assert_error(
	    &err, RC_GITLAB, "redirects POST /user/runners to another of its pages", "`url`");
	assert_int_equal(standin_requests(&standin, "POST", "/api/v4/user/runners"), 1);
	ask_in_vain(gitlab, &err);
	assert_error(&err, RC_GITLAB, "in circles", "");
}

/* A certificate for "localhost" that signed itself; false if there is no openssl to make it. */
static bool
make_certificate(const struct standin *where)
{
	scoped(rc_str_release) char *command = rc_format(
	    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
	    "-subj /CN=localhost -addext subjectAltName=DNS:localhost "
	    "-keyout %s/key.pem -out %s/cert.pem 2>/dev/null",
	    where->folder, where->folder);

	return system(command) == 0;
}

/* Asks for the scopes over TLS; err is empty on success. */
static void
ask_over_tls(const char *url, const char *ca_file, struct rc_error *err)
{
	const struct rc_gitlab_settings settings = {
		.url = url, .ca_file = ca_file, .access_token = ADMIN, .deadline = 60
	};
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = NULL;
	struct rc_token_scopes scopes;

	*err = (struct rc_error){ 0 };
	if (rc_gitlab_open(&gitlab, &settings, &notes.run, err) == 0)
		(void)!rc_gitlab_scopes(gitlab, &scopes, err);
}

static void
test_tls(void **state)
{
	scoped(rc_str_release) char *cert = rc_format("%s/cert.pem", standin.folder);
	scoped(rc_str_release) char *key = rc_format("%s/key.pem", standin.folder);
	scoped(rc_str_release) char *by_name = NULL, *plain = NULL;
	struct standin secure;
	struct rc_error err;

	(void)state;
	if (!make_certificate(&standin)) {
		if (getenv("RC_MUST_RUN"))
			fail_msg("openssl is needed to make a certificate");
		skip();
	}
	standin_start(&secure, cert, key);
	by_name = rc_format("https://localhost%s", strrchr(secure.url, ':'));
	plain = rc_format("https://127.0.0.1%s", strrchr(standin.url, ':'));
	ask_over_tls(by_name, cert, &err);
	assert_string_equal(err.text, "");
	ask_over_tls(by_name, NULL, &err);
	assert_error(&err, RC_FAILED, "cannot trust https://localhost", "ca-file");
	ask_over_tls(secure.url, cert, &err);
	assert_error(&err, RC_FAILED, "cannot trust https://127.0.0.1", "correct `url`");
	ask_over_tls(plain, NULL, &err);
	assert_error(&err, RC_FAILED, "no TLS with", "https");
	ask_over_tls(by_name, key, &err);
	assert_error(&err, RC_USAGE, "holds no certificate in PEM format", "");
	ask_over_tls(by_name, "/nonexistent/ca.pem", &err);
	assert_error(&err, RC_USAGE, "CA certificates: cannot open /nonexistent/ca.pem", "");
	assert_int_equal(notes.warned, 0);
	standin_stop(&secure);
}

static void
test_open(void **state)
{
	struct rc_gitlab_settings settings = { .url = "https://gitlab.example.com",
		.access_token = "glpat-x\r\nX: y" };
	struct rc_gitlab *gitlab = NULL;
	struct rc_error err = { 0 };

	(void)state;
	assert_int_equal(rc_gitlab_open(&gitlab, &settings, &notes.run, &err), -1);
	assert_error(&err, RC_USAGE, "the access token holds", "");
	settings.access_token = NULL;
	settings.url = "gitlab.example.com";
	assert_int_equal(rc_gitlab_open(&gitlab, &settings, &notes.run, &err), -1);
	assert_error(&err, RC_USAGE, "not a URL", "https://");
	assert_null(gitlab);
	settings.url = "http://gitlab.example.com/";
	assert_int_equal(rc_gitlab_open(&gitlab, &settings, NULL, &err), 0);
	rc_gitlab_close(gitlab);
	rc_gitlab_close(NULL);
}

static void
test_echo(void **state)
{
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = door_to(&standin, ADMIN, 10, &notes);
	struct rc_runner_grant grant = { 0 };
	struct rc_error err = { 0 };

	(void)state;
	standin_fault(&standin, "{'action':'status','status':400,"
				"'body':{'message':'bad " ADMIN " and " ADMIN "'}}");
	assert_int_equal(rc_gitlab_create_runner(gitlab, &grant, &wish, &err), -1);
	assert_error(&err, RC_GITLAB, "bad ***", "");
	standin_fault(&standin, "{'action':'status','status':403,'body':'glrt-mine is bad'}");
	assert_int_equal(rc_gitlab_verify(gitlab, &grant, "glrt-mine", SYSTEM_ID, &err), -1);
	assert_error(&err, RC_GITLAB, "********* is bad", "");
	assert_null(grant.token);
}

/* What every request carries, as the other side sees it. */
static void
test_manners(void **state)
{
	scoped(rc_gitlab_release) struct rc_gitlab *gitlab = door_to(&standin, ADMIN, 10, &notes);
	scoped(rc_runner_grant_release) struct rc_runner_grant grant = { 0 };
	scoped(rc_str_release) char *journal = NULL;
	struct rc_error err = { 0 };

	(void)state;
	assert_int_equal(rc_gitlab_create_runner(gitlab, &grant, &wish, &err), 0);
	journal = standin_control(&standin, "GET", "/requests", NULL);
	assert_non_null(strstr(journal, "\"user_agent\": \"runnerctl/" RC_VERSION "\""));
	assert_non_null(strstr(journal, "\"via\": \"PRIVATE-TOKEN\""));
	assert_non_null(strstr(journal, "\"query_keys\": []"));
	assert_true(holds_no_token(journal));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_redirect_away, standin_clean),
		cmocka_unit_test_setup(test_redirect_within, standin_clean),
		cmocka_unit_test_setup(test_tls, standin_clean),
		cmocka_unit_test_setup(test_open, standin_clean),
		cmocka_unit_test_setup(test_echo, standin_clean),
		cmocka_unit_test_setup(test_manners, standin_clean),
	};

	return cmocka_run_group_tests_name("gitlab_wire", tests, standin_setup, standin_teardown);
}
