/* A domain for a moment: it dies with our connection, and is heard through its console. */
#ifndef RC_HOST_VIRT_PROBE_H
#define RC_HOST_VIRT_PROBE_H

#include "base/scope.h"
#include "host/virt.h"

struct rc_console;

/* Starts it paused; whatever happens to us, libvirt removes it. */
RC_MUST_CHECK int rc_virt_probe_start(struct rc_virt *virt, const char *xml, struct rc_error *err);
/* Lets it run. */
RC_MUST_CHECK int rc_virt_probe_resume(
    struct rc_virt *virt, const char *uuid, struct rc_error *err);
/*
 * The same, and its console, which a thread reads from now on.  Until that is closed no
 * other call may be made that waits for the guest: libvirt would never hand out its answer.
 */
RC_MUST_CHECK int rc_virt_probe_run(
    struct rc_console **ret, struct rc_virt *virt, const char *uuid, struct rc_error *err);
/* What the domain writes, as bytes to read; ends with the domain. */
int rc_console_fd(const struct rc_console *console);
/* Pulls the plug; no error if it is gone. */
RC_MUST_CHECK int rc_virt_probe_end(struct rc_virt *virt, const char *uuid, struct rc_error *err);
/* Only after the domain's end: until then its thread listens. */
void rc_console_close(struct rc_console *console);
RC_RELEASER(rc_console_release, struct rc_console *, rc_console_close)

#endif
