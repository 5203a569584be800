/*
 * A stream of libvirt cannot be polled without an event loop of libvirt's; a
 * thread that reads it and a pipe can.
 */
#include "host/virt_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "host/virt_internal.h"

struct rc_console {
	virStreamPtr stream;
	pthread_t thread;
	int pipe[2];
};

int
rc_virt_probe_start(struct rc_virt *virt, const char *xml, struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain =
	    virDomainCreateXML(virt->connection, xml,
		VIR_DOMAIN_START_PAUSED | VIR_DOMAIN_START_AUTODESTROY | VIR_DOMAIN_START_VALIDATE);

	return domain ? 0 : rc_fail_virt(err, "cannot start the probe machine");
}

static void *
listen_to(void *context)
{
	struct rc_console *console = context;
	char bytes[4096];
	struct rc_error ignored;
	int n;

	while ((n = virStreamRecv(console->stream, bytes, sizeof(bytes))) > 0)
		if (rc_fd_write(console->pipe[1], bytes, (size_t)n, &ignored) < 0)
			break;
	close(console->pipe[1]);
	return NULL;
}

/* No signal is this thread's: ^C must reach the one that can act. */
static int
start_thread(struct rc_console *console)
{
	sigset_t all, before;
	int result;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&console->thread, NULL, listen_to, console);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result;
}

int
rc_virt_probe_resume(struct rc_virt *virt, const char *uuid, struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain =
	    virDomainLookupByUUIDString(virt->connection, uuid);

	return domain && virDomainResume(domain) == 0
		   ? 0
		   : rc_fail_virt(err, "cannot start the machine");
}

int
rc_virt_probe_run(
    struct rc_console **ret, struct rc_virt *virt, const char *uuid, struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain =
	    virDomainLookupByUUIDString(virt->connection, uuid);
	scoped(rc_stream_handle_release) virStreamPtr stream = virStreamNew(virt->connection, 0);
	struct rc_console console = { .stream = stream };

	if (!domain || !stream || virDomainOpenConsole(domain, NULL, stream, 0) < 0)
		return rc_fail_virt(err, "cannot listen to the probe machine");
	if (pipe2(console.pipe, O_CLOEXEC) < 0)
		return rc_fail_sys(err, errno, "cannot listen to the probe machine");
	*ret = rc_alloc(1, sizeof(console));
	**ret = console;
	if (start_thread(*ret) != 0) {
		close(console.pipe[0]);
		close(console.pipe[1]);
		free(*ret);
		*ret = NULL;
		return rc_fail(err, RC_FAILED, "cannot listen to the probe machine");
	}
	stream = NULL;
	if (virDomainResume(domain) < 0)
		return rc_fail_virt(err, "cannot start the probe machine");
	return 0;
}

int
rc_console_fd(const struct rc_console *console)
{
	return console->pipe[0];
}

int
rc_virt_probe_end(struct rc_virt *virt, const char *uuid, struct rc_error *err)
{
	scoped(rc_domain_handle_release) virDomainPtr domain =
	    virDomainLookupByUUIDString(virt->connection, uuid);

	if (domain ? virDomainDestroy(domain) < 0 && !rc_virt_error_is(VIR_ERR_NO_DOMAIN) &&
			 !rc_virt_error_is(VIR_ERR_OPERATION_INVALID)
		   : !rc_virt_error_is(VIR_ERR_NO_DOMAIN))
		return rc_fail_virt(err, "cannot stop the probe machine");
	return 0;
}

void
rc_console_close(struct rc_console *console)
{
	if (!console)
		return;
	/* Before the join: a thread that cannot get rid of what it read would never end. */
	close(console->pipe[0]);
	pthread_join(console->thread, NULL);
	virStreamAbort(console->stream);
	virStreamFree(console->stream);
	free(console);
}
