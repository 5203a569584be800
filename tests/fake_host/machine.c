/* The fake host's clock, locks, orders and guests, and a libguestfs that keeps a token. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "core/injection.h"
#include "fake_host.h"
#include "host/clock.h"
#include "host/guestfs.h"
#include "host/kvm.h"
#include "host/lock.h"

#define EPOCH 1800000000

struct fake_host *fake_host;

void
fake_host_begin(void)
{
	fake_host = mmap(
	    NULL, sizeof(*fake_host), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fake_host == MAP_FAILED)
		abort();
	fake_host->memory = UINT64_C(64) << 30;
}

void
fake_remove(void *array, size_t *count, size_t item, size_t at)
{
	char *from = array;

	memmove(from + at * item, from + (at + 1) * item, (*count - at - 1) * item);
	--*count;
}

/* -- orders --------------------------------------------------------------------------------- */

/* Somebody else does that, at the worst moment. */
static void
vanish(void)
{
	for (size_t i = fake_host->domain_count; i-- > 0;) {
		struct fake_domain *d = &fake_host->domains[i];

		if (d->foreign || !rc_str_starts(d->name, "made"))
			continue;
		fake_remove(fake_host->domains, &fake_host->domain_count, sizeof(*d), i);
		return;
	}
}

static void
appear(void)
{
	struct fake_domain *d = &fake_host->domains[fake_host->domain_count++];

	*d = (struct fake_domain){ .foreign = true };
	snprintf(d->name, sizeof(d->name), "made.1");
	snprintf(d->uuid, sizeof(d->uuid), "0f7a3c1e-1111-4222-8333-444455556669");
	snprintf(d->xml, sizeof(d->xml), "<domain/>");
}

static void
start(void)
{
	for (size_t i = 0; i < fake_host->domain_count; i++) {
		struct fake_domain *d = &fake_host->domains[i];

		if (strcmp(d->name, "made.1") == 0 && !d->active)
			d->active = d->job = true;
	}
}

static bool
is_due(const struct fake_order *order, enum fake_deed deed)
{
	return order->deed == deed && fake_host->calls >= order->call &&
	       fake_host->calls < order->call + order->times;
}

void
fake_interfered(const char *name)
{
	if (!fake_host->first)
		fake_host->first = fake_host->calls;
	snprintf(fake_host->last, sizeof(fake_host->last), "%s", name);
}

static bool
is_ordered(enum fake_deed deed, const char *name)
{
	bool found = false;

	for (size_t i = 0; i < fake_host->order_count; i++)
		found |= is_due(&fake_host->orders[i], deed);
	if (found)
		fake_interfered(name);
	return found;
}

bool
fake_call(const char *name, struct rc_error *err)
{
	fake_host->calls++;
	if (is_ordered(FAKE_KILL_BEFORE, name))
		raise(SIGKILL);
	if (is_ordered(FAKE_VANISH, name))
		vanish();
	if (is_ordered(FAKE_APPEAR, name))
		appear();
	if (is_ordered(FAKE_START, name))
		start();
	fake_host->broken |= is_ordered(FAKE_BREAK, name);
	if (!fake_host->broken && !is_ordered(FAKE_FAIL, name))
		return true;
	rc_fail(err, RC_FAILED, "%s fails: the test wants it", name);
	return false;
}

int
fake_done(const char *name, struct rc_error *err)
{
	if (is_ordered(FAKE_KILL_AFTER, name))
		raise(SIGKILL);
	return is_ordered(FAKE_LOSE, name) ? rc_fail(err, RC_FAILED, "%s seems to fail", name) : 0;
}

/* -- time and guests ------------------------------------------------------------------------ */

void
fake_pass(int64_t ms)
{
	fake_host->now += ms;
	for (size_t i = 0; i < fake_host->domain_count; i++) {
		struct fake_domain *d = &fake_host->domains[i];

		if (d->active && d->off_at && fake_host->now >= d->off_at)
			d->active = d->job = false;
	}
}

int64_t
rc_clock_now(void)
{
	return EPOCH + fake_host->now / 1000;
}

int64_t
rc_clock_boot(void)
{
	return 0;
}

int64_t
rc_clock_monotonic(void)
{
	return fake_host->now / 1000;
}

void
rc_clock_wait(double seconds)
{
	fake_pass((int64_t)(seconds * 1000));
}

/* What gitlab_http.c waits with. */
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left);

int
__wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
	(void)clock;
	*ret = (struct timespec){ .tv_sec = fake_host->now / 1000,
		.tv_nsec = fake_host->now % 1000 * 1000000 };
	return 0;
}

int
__wrap_nanosleep(const struct timespec *wanted, struct timespec *left)
{
	(void)left;
	fake_pass(wanted->tv_sec * 1000 + wanted->tv_nsec / 1000000);
	return 0;
}

/* -- the rest of the machine ---------------------------------------------------------------- */

int
rc_lock_take(
    int *ret, const char *name, int patience, const struct rc_run *run, struct rc_error *err)
{
	(void)run;
	if (strcmp(name, fake_host->held) == 0) {
		fake_pass((int64_t)patience * 1000);
		return rc_fail(err, RC_BUSY, "another run holds the lock %s", name);
	}
	*ret = dup(STDERR_FILENO);
	return 0;
}

bool
rc_kvm_works(char why[128])
{
	snprintf(why, 128, "this host is made of memory");
	return false;
}

/* Nothing of it is on the disk. */
int __wrap_mkdir(const char *path, mode_t mode);

int
__wrap_mkdir(const char *path, mode_t mode)
{
	(void)path, (void)mode;
	return 0;
}

static struct fake_volume local[8]; /* config disks that are not uploaded yet */
static size_t local_count;

const char *fake_local_token(const char *path);

const char *
fake_local_token(const char *path)
{
	for (size_t i = 0; i < local_count; i++)
		if (*local[i].name && strstr(path, local[i].name))
			return local[i].token;
	return "";
}

static void
make_disk(const struct rc_config_disk *disk)
{
	struct fake_volume *to = &local[local_count++ % RC_COUNT(local)];

	snprintf(to->name, sizeof(to->name), "%s", strrchr(disk->path, '/') + 1);
	for (size_t i = 0; i < disk->injection->count; i++) {
		const struct rc_injected_file *file = &disk->injection->files[i];
		scoped(rc_secret_release) char *text = rc_strndup(file->bytes, file->size);
		const char *line =
		    strstr(file->path, "config.toml") ? strstr(text, "token = \"") : NULL;

		if (line)
			snprintf(to->token, sizeof(to->token), "%.*s", (int)strcspn(line + 9, "\""),
			    line + 9);
	}
}

int
rc_guestfs_make_disks(const struct rc_config_disk *disks, size_t count, bool emulate,
    const struct rc_run *run, struct rc_error *err)
{
	(void)emulate, (void)run;
	if (!fake_call("guestfs", err))
		return -1;
	for (size_t i = 0; i < count; i++)
		make_disk(&disks[i]);
	return fake_done("guestfs", err);
}

/* The image here is none that boots by itself. */
int
rc_guestfs_find_root(
    struct rc_disk_image *image, bool emulate, const struct rc_run *run, struct rc_error *err)
{
	(void)image, (void)emulate, (void)run, (void)err;
	abort();
}

int
rc_guestfs_fill_roots(const struct rc_root_disk *disks, size_t count, bool emulate,
    const struct rc_run *run, struct rc_error *err)
{
	(void)disks, (void)count, (void)emulate, (void)run, (void)err;
	abort();
}
