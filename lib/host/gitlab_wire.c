/*
 * One HTTP exchange over libcurl.  What it refuses to do: skip the check of a
 * certificate, read .netrc, follow a redirect (libcurl would take the
 * PRIVATE-TOKEN header along), take more than a megabyte, or let libcurl send
 * a request twice that must not be.
 *
 * Proxies are libcurl's default: the environment's https_proxy and no_proxy.
 * Buffers of ours that held a token are wiped; libcurl's own are out of reach.
 */
#include "host/gitlab_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/str.h"
#include "host/gitlab_try.h"

#define BODY_MAX ((size_t)1024 * 1024)
#define CA_MAX ((size_t)8 * 1024 * 1024)
#define CONNECT_MS 15000

struct rc_wire {
	CURL *curl;
	char *ca_file; /* or NULL */
	char *anchors; /* ca_file's and the system's certificates, or NULL */
	const struct rc_run *run;
};

/* The body as it grows. */
struct sink {
	char *data;
	size_t size, room;
	bool too_large;
};

/*
 * An own CA comes on top of the system's: CURLOPT_CAINFO would replace the
 * system's bundle (though not its directory, where there is one).
 */
static int
load_anchors(struct rc_wire *wire, const char *ca_file, struct rc_error *err)
{
	scoped(rc_str_release) char *own = NULL, *system = NULL;
	struct rc_error ignored;
	char *bundle = NULL;

	if (rc_file_read(&own, NULL, ca_file, CA_MAX, err) < 0) {
		err->code = RC_USAGE;
		return rc_within(err, "CA certificates");
	}
	if (!strstr(own, "-----BEGIN CERTIFICATE-----"))
		return rc_fail(err, RC_USAGE, "%s holds no certificate in PEM format", ca_file);
	curl_easy_getinfo(wire->curl, CURLINFO_CAINFO, &bundle);
	if (!bundle || rc_file_read(&system, NULL, bundle, CA_MAX, &ignored) < 0)
		system = NULL;
	wire->ca_file = rc_strdup(ca_file);
	wire->anchors = rc_format("%s\n%s", own, system ? system : "");
	return 0;
}

int
rc_wire_open(
    struct rc_wire **ret, const char *ca_file, const struct rc_run *run, struct rc_error *err)
{
	scoped(rc_wire_release) struct rc_wire *wire = rc_alloc(1, sizeof(*wire));

	wire->run = run;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return rc_fail(err, RC_FAILED, "libcurl cannot start");
	wire->curl = curl_easy_init();
	if (!wire->curl)
		return rc_fail(err, RC_FAILED, "libcurl cannot start");
	if (ca_file && load_anchors(wire, ca_file, err) < 0)
		return -1;
	*ret = wire;
	wire = NULL;
	return 0;
}

void
rc_wire_close(struct rc_wire *wire)
{
	if (!wire)
		return;
	curl_easy_cleanup(wire->curl);
	curl_global_cleanup();
	free(wire->ca_file);
	free(wire->anchors);
	free(wire);
}

static void
sink_release(struct sink *sink)
{
	rc_wipe(sink->data, sink->room);
	free(sink->data);
	*sink = (struct sink){ 0 };
}

/* Grows by copying, so that no copy of a token stays behind as realloc() would leave it. */
static size_t
take_body(char *data, size_t one, size_t size, void *context)
{
	struct sink *sink = context;

	(void)one;
	if (size > BODY_MAX - sink->size) {
		sink->too_large = true;
		return 0;
	}
	if (sink->size + size >= sink->room) {
		struct sink bigger = { .size = sink->size, .room = 2 * (sink->size + size) + 1024 };

		bigger.data = rc_alloc(bigger.room, 1);
		if (sink->data)
			memcpy(bigger.data, sink->data, sink->size);
		sink_release(sink);
		*sink = bigger;
	}
	memcpy(sink->data + sink->size, data, size);
	sink->size += size;
	return size;
}

static int
watch_stop(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct rc_run *run = context;

	(void)a, (void)b, (void)c, (void)d;
	return rc_run_stopped(run);
}

static void
headers_release(struct curl_slist **list)
{
	for (struct curl_slist *item = *list; item; item = item->next)
		rc_wipe(item->data, strlen(item->data));
	curl_slist_free_all(*list);
	*list = NULL;
}

/* Appends or aborts: a lost header would be a request without its token. */
static void
add_header(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (!longer)
		abort();
	*list = longer;
}

static struct curl_slist *
headers_of(const struct rc_http_request *request)
{
	struct curl_slist *list = NULL;

	add_header(&list, "Accept: application/json");
	if (request->body)
		add_header(&list, "Content-Type: application/json");
	if (request->access_token) {
		scoped(rc_secret_release) char *line =
		    rc_format("PRIVATE-TOKEN: %s", request->access_token);

		add_header(&list, line);
	}
	return list;
}

/* What holds for every request. */
static void
set_manners(struct rc_wire *wire, struct rc_try *try)
{
	CURL *curl = wire->curl;

	try->detail[0] = '\0';
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, try->detail);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	/* A name server that hangs must not hold up ^C: its thread is left behind. */
	curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "runnerctl/" RC_VERSION);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch_stop);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, wire->run);
	if (wire->anchors) {
		struct curl_blob blob = { wire->anchors, strlen(wire->anchors), CURL_BLOB_NOCOPY };

		/* Not every TLS library can; then it is our CA and the system's directory. */
		if (curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob) != CURLE_OK)
			curl_easy_setopt(curl, CURLOPT_CAINFO, wire->ca_file);
	}
}

static void
set_request(CURL *curl, const struct rc_http_request *request, int64_t limit)
{
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)limit);
	curl_easy_setopt(
	    curl, CURLOPT_CONNECTTIMEOUT_MS, (long)(limit < CONNECT_MS ? limit : CONNECT_MS));
	if (request->body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
	/*
	 * On a connection it has used before, libcurl silently sends a request again
	 * when no byte of an answer came.
	 */
	curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, request->once ? 1L : 0L);
}

/* A header of the last answer, or NULL. */
static const char *
header_of(CURL *curl, const char *name)
{
	struct curl_header *header = NULL;

	return curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK
		   ? header->value
		   : NULL;
}

/* Takes the body out of the sink. */
static void
read_reply(struct rc_http_reply *ret, CURL *curl, struct sink *body)
{
	const char *type = NULL, *next = header_of(curl, "X-Next-Page");

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &ret->status);
	curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	snprintf(ret->content_type, sizeof(ret->content_type), "%s", type ? type : "");
	ret->next_page = next ? strtoll(next, NULL, 10) : 0;
	ret->retry_after = rc_try_retry_after(header_of(curl, "Retry-After"),
	    header_of(curl, "RateLimit-Reset"), header_of(curl, "Date"), time(NULL));
	if (!body->data)
		ret->body = rc_strdup("");
	else if (!memchr(body->data, '\0', body->size)) {
		ret->body = body->data;
		*body = (struct sink){ 0 };
	}
}

void
rc_wire_exchange(struct rc_wire *wire, const struct rc_http_request *request, const char *url,
    struct rc_http_reply *ret, struct rc_try *try)
{
	scoped(headers_release) struct curl_slist *headers = headers_of(request);
	scoped(sink_release) struct sink body = { 0 };
	CURL *curl = wire->curl;
	char *target = NULL;
	long sent = 0;

	rc_http_reply_release(ret);
	set_manners(wire, try);
	set_request(curl, request, try->limit);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
	try->result = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
	curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &target);
	try->sent = sent > 0;
	try->too_large = body.too_large;
	rc_str_set(&try->target, target);
	if (try->result == CURLE_OK)
		read_reply(ret, curl, &body);
	if (try->result != CURLE_OK && !*try->detail)
		snprintf(try->detail, sizeof(try->detail), "%s", curl_easy_strerror(try->result));
	curl_easy_reset(curl); /* it must not keep pointers to what is released now */
}
