/* One HTTP exchange over libcurl: certificates always verified, sizes bounded, no surprises. */
#ifndef RC_HOST_GITLAB_WIRE_H
#define RC_HOST_GITLAB_WIRE_H

#include "base/run.h"
#include "base/scope.h"
#include "host/gitlab_try.h"

struct rc_wire;

/* run is borrowed until the end; its stop ends an exchange that is under way. */
RC_MUST_CHECK int rc_wire_open(
    struct rc_wire **ret, const char *ca_file, const struct rc_run *run, struct rc_error *err);
void rc_wire_close(struct rc_wire *wire);
RC_RELEASER(rc_wire_release, struct rc_wire *, rc_wire_close)

/*
 * Sends the request to url within try->limit and fills in the rest of try; ret
 * is released first, and has an answer only if try->result is CURLE_OK.
 */
void rc_wire_exchange(struct rc_wire *wire, const struct rc_http_request *request, const char *url,
    struct rc_http_reply *ret, struct rc_try *try);

#endif
