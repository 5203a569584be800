/*
 * What stands between the program and GitLab's stand-in: in place of rc_wire_exchange(), it
 * sends a request on, or not, and gives back another answer, or none, as it was ordered.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "fake_host.h"
#include "host/gitlab_wire.h"

#define JSON "application/json"
#define HTML "text/html; charset=utf-8"

static const struct {
	const char *name;
	bool after; /* the request has been processed */
	CURLcode result;
	long status;
	const char *type, *body;
	int64_t retry_after;
	bool slow; /* it takes all the time there is */
} faults[] = {
	{ "connection refused", false, CURLE_COULDNT_CONNECT, 0, NULL, NULL, 0, false },
	{ "no such name", false, CURLE_COULDNT_RESOLVE_HOST, 0, NULL, NULL, 0, false },
	{ "reset before", false, CURLE_RECV_ERROR, 0, NULL, NULL, 0, false },
	{ "reset after", true, CURLE_RECV_ERROR, 0, NULL, NULL, 0, false },
	{ "time-out", false, CURLE_OPERATION_TIMEDOUT, 0, NULL, NULL, 0, true },
	{ "time-out after", true, CURLE_OPERATION_TIMEDOUT, 0, NULL, NULL, 0, true },
	{ "401", false, CURLE_OK, 401, JSON, "{\"message\":\"401 Unauthorized\"}", 0, false },
	{ "403", false, CURLE_OK, 403, JSON, "{\"message\":\"403 Forbidden\"}", 0, false },
	{ "404", false, CURLE_OK, 404, JSON, "{\"message\":\"404 Not found\"}", 0, false },
	{ "409", false, CURLE_OK, 409, JSON, "{\"message\":\"409 Conflict\"}", 0, false },
	{ "409 that passes", false, CURLE_OK, 409, JSON,
	    "{\"message\":\"409 Conflict: Resource lock\"}", 0, false },
	{ "410", false, CURLE_OK, 410, JSON, "{\"message\":\"410 Gone\"}", 0, false },
	{ "422", false, CURLE_OK, 422, JSON, "{\"error\":\"no project\"}", 0, false },
	{ "429", false, CURLE_OK, 429, "text/plain", "Retry later\n", 0, false },
	{ "429 with Retry-After", false, CURLE_OK, 429, "text/plain", "Retry later\n", 60, false },
	{ "500", false, CURLE_OK, 500, JSON, "{\"message\":\"500 Internal Server Error\"}", 0,
	    false },
	{ "500 after", true, CURLE_OK, 500, JSON, "{\"message\":\"500 Internal Server Error\"}", 0,
	    false },
	{ "502 of a proxy", false, CURLE_OK, 502, HTML, "<html>Bad Gateway</html>", 0, false },
	{ "502 of a proxy, after", true, CURLE_OK, 502, HTML, "<html>Bad Gateway</html>", 0,
	    false },
	{ "503", false, CURLE_OK, 503, HTML, "<html>maintenance</html>", 0, false },
	{ "503 with Retry-After", false, CURLE_OK, 503, JSON, "{}", 5, false },
	{ "504 after", true, CURLE_OK, 504, HTML, "<html>Gateway Timeout</html>", 0, false },
	{ "truncated", true, CURLE_PARTIAL_FILE, 0, NULL, NULL, 0, false },
	{ "garbage", true, CURLE_OK, 201, JSON, "{\"id\":]\x01\xff", 0, false },
	{ "wrong type", true, CURLE_OK, 201, "text/plain", "created", 0, false },
	{ "huge", true, CURLE_WRITE_ERROR, 0, NULL, NULL, 0, false },
	{ "slow drip", true, CURLE_OPERATION_TIMEDOUT, 0, NULL, NULL, 0, true },
	{ "no HTTP", true, CURLE_WEIRD_SERVER_REPLY, 0, NULL, NULL, 0, false },
	{ "sign-in page", false, CURLE_OK, 200, HTML, "<title>Sign in</title>", 0, false },
	{ "redirect", false, CURLE_OK, 302, HTML, "", 0, false },
};

const char *
fake_http_name(unsigned fault)
{
	return fault < RC_COUNT(faults) ? faults[fault].name : NULL;
}

static const struct fake_order *
ordered(void)
{
	for (size_t i = 0; i < fake_host->order_count; i++) {
		const struct fake_order *order = &fake_host->orders[i];

		if (order->deed == FAKE_HTTP && fake_host->requests >= order->call &&
		    fake_host->requests < order->call + order->times)
			return order;
	}
	return NULL;
}

void __real_rc_wire_exchange(struct rc_wire *wire, const struct rc_http_request *request,
    const char *url, struct rc_http_reply *ret, struct rc_try *try);
void __wrap_rc_wire_exchange(struct rc_wire *wire, const struct rc_http_request *request,
    const char *url, struct rc_http_reply *ret, struct rc_try *try);

static void
lose(struct rc_http_reply *ret, struct rc_try *try, CURLcode result, bool sent)
{
	rc_http_reply_release(ret);
	try->result = result;
	try->sent = sent;
	snprintf(try->detail, sizeof(try->detail), "the test wants it");
}

static void
go_wrong(unsigned fault, struct rc_http_reply *ret, struct rc_try *try)
{
	lose(ret, try, faults[fault].result,
	    faults[fault].result != CURLE_COULDNT_CONNECT &&
		faults[fault].result != CURLE_COULDNT_RESOLVE_HOST);
	try->too_large = faults[fault].result == CURLE_WRITE_ERROR;
	if (faults[fault].slow)
		fake_pass(try->limit);
	rc_str_set(&try->target, NULL);
	if (faults[fault].status == 302)
		rc_str_set(&try->target, "https://elsewhere.example.com/");
	if (faults[fault].result != CURLE_OK)
		return;
	ret->status = faults[fault].status;
	ret->body = rc_strdup(faults[fault].body);
	ret->retry_after = faults[fault].retry_after;
	snprintf(ret->content_type, sizeof(ret->content_type), "%s", faults[fault].type);
}

void
__wrap_rc_wire_exchange(struct rc_wire *wire, const struct rc_http_request *request,
    const char *url, struct rc_http_reply *ret, struct rc_try *try)
{
	bool broken = fake_host->broken;
	const struct fake_order *order;
	struct rc_error err;
	bool made;

	/* GitLab does not go when libvirt does. */
	fake_host->broken = false;
	fake_host->requests++;
	order = ordered();
	made = fake_call(request->name, &err);
	fake_host->broken |= broken;
	if (order)
		fake_interfered(request->name);
	if (!made && !order)
		lose(ret, try, CURLE_COULDNT_CONNECT, false);
	else if (!order || faults[order->fault].after)
		__real_rc_wire_exchange(wire, request, url, ret, try);
	if (order)
		go_wrong(order->fault, ret, try);
	else if (made && fake_done(request->name, &err) < 0)
		lose(ret, try, CURLE_RECV_ERROR, true);
}
