/* Config disks by the real libguestfs, looked at with the tools of e2fsprogs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "host/guestfs.h"
#include "host/kvm.h"

#define DISKS 5
#define BIG ((size_t)5 << 20) /* more than a message of libguestfs holds */
#define SKIP_STATUS 77

static char directory[] = "/tmp/rc-guestfs-XXXXXX";
static bool emulate;
static volatile sig_atomic_t stop;

/* Counts the steps, and asks for the end at the one that `context` names. */
static void
on_step(void *context, const char *what)
{
	print_message("          %s\n", what ? what : "(end)");
	if (context && what && strcmp(what, context) == 0)
		stop = 1;
}

static struct rc_run
run_until(const char *last_step)
{
	stop = 0;
	return (struct rc_run){
		.step = on_step, .stop = &stop, .context = (void *)(uintptr_t)last_step
	};
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static unsigned
entries(const char *path)
{
	DIR *listed = opendir(path);
	unsigned count = 0;

	assert_non_null(listed);
	for (struct dirent *entry = readdir(listed); entry; entry = readdir(listed))
		count += entry->d_name[0] != '.';
	closedir(listed);
	return count;
}

/* What a command prints, whatever its exit status. */
static char *
output(const char *command)
{
	char *text = rc_alloc(1 << 16, 1);
	FILE *pipe = popen(command, "r");

	assert_non_null(pipe);
	text[fread(text, 1, (1 << 16) - 1, pipe)] = '\0';
	pclose(pipe);
	return text;
}

static char *
debugfs(const char *request, const char *disk)
{
	scoped(rc_str_release) char *command =
	    rc_format("debugfs -R '%s' %s 2>/dev/null", request, disk);

	return output(command);
}

static void
check_inode(const char *disk, const char *path, const char *type_and_mode)
{
	scoped(rc_str_release) char *request = rc_format("stat %s", path);
	scoped(rc_str_release) char *text = debugfs(request, disk);

	if (!strstr(text, type_and_mode) || !strstr(text, "User:     0   Group:     0"))
		fail_msg("%s: %s", path, text);
}

static struct rc_injection
sample(unsigned number)
{
	struct rc_injection injection = { 0 };
	scoped(rc_str_release) char *secret = rc_format("token = \"glrt-%u\"\n", number);

	rc_injection_add(&injection, "/config.toml", secret, strlen(secret), 0600);
	rc_injection_add(&injection, "/hostname", "ci-1.3\n", 7, 0644);
	rc_injection_add(&injection, "/ca/deep/er.crt", "PEM\0bytes", 9, 0644);
	rc_injection_add(&injection, "/empty", "", 0, 0644);
	if (number == 0) {
		scoped(rc_str_release) char *big = rc_alloc(BIG, 1);

		for (size_t i = 0; i < BIG; i++)
			big[i] = (char)(i / 4096 * 7 + i);
		rc_injection_add(&injection, "/big", big, BIG, 0640);
	}
	return injection;
}

static void
check_big(const char *disk)
{
	scoped(rc_str_release) char *request = rc_format("dump /big %s/big", directory);
	scoped(rc_str_release) char *path = rc_format("%s/big", directory), *bytes = NULL;
	scoped(rc_str_release) char *said = debugfs(request, disk);
	struct rc_error err = { 0 };
	size_t size = 0;

	assert_string_equal(said, "");
	if (rc_file_read(&bytes, &size, path, BIG + 1, &err) < 0)
		fail_msg("%s", err.text);
	unlink(path);
	assert_int_equal(size, BIG);
	for (size_t i = 0; i < BIG; i++)
		if (bytes[i] != (char)(i / 4096 * 7 + i))
			fail_msg("byte %zu of /big is wrong", i);
	check_inode(disk, "/big", "Type: regular    Mode:  0640");
}

static void
check_disk(const char *disk, unsigned number)
{
	scoped(rc_str_release) char *fsck = rc_format("e2fsck -fn %s 2>&1; echo $?", disk);
	scoped(rc_str_release) char *blkid =
	    rc_format("blkid -p -o value -s LABEL -s TYPE %s", disk);
	scoped(rc_str_release) char *clean = output(fsck), *label = output(blkid);
	scoped(rc_str_release) char *config = debugfs("cat /config.toml", disk);
	scoped(rc_str_release) char *expected = rc_format("token = \"glrt-%u\"\n", number);
	struct stat status;

	assert_return_code(stat(disk, &status), errno);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(status.st_size % (1 << 20), 0);
	if (strcmp(clean + strlen(clean) - 2, "0\n") != 0)
		fail_msg("%s", clean);
	assert_string_equal(label, "RUNNERCFG\next2\n");
	assert_string_equal(config, expected);
	check_inode(disk, "/", "Type: directory    Mode:  0755");
	check_inode(disk, "/config.toml", "Type: regular    Mode:  0600");
	check_inode(disk, "/hostname", "Type: regular    Mode:  0644");
	check_inode(disk, "/ca", "Type: directory    Mode:  0755");
	check_inode(disk, "/ca/deep", "Type: directory    Mode:  0755");
	check_inode(disk, "/ca/deep/er.crt", "Type: regular    Mode:  0644");
	check_inode(disk, "/empty", "Size: 0");
	if (number == 0)
		check_big(disk);
}

/* count disks in one launch; returns what the call returned. */
static int
make(size_t count, const struct rc_run *run, struct rc_error *err)
{
	struct rc_config_disk disks[DISKS];
	struct rc_injection injections[DISKS];
	double start = now();
	int result;

	for (size_t i = 0; i < count; i++) {
		injections[i] = sample((unsigned)i);
		disks[i] = (struct rc_config_disk){ rc_format("%s/%zu.raw", directory, i),
			&injections[i] };
	}
	result = rc_guestfs_make_disks(disks, count, emulate, run, err);
	print_message(
	    "          %zu disks: %.1f s %s\n", count, now() - start, result < 0 ? err->text : "");
	for (size_t i = 0; i < count; i++) {
		if (result == 0)
			check_disk(disks[i].path, (unsigned)i);
		if (result == 0)
			unlink(disks[i].path);
		free((void *)(uintptr_t)disks[i].path);
		rc_injection_release(&injections[i]);
	}
	return result;
}

static bool
can_launch(void)
{
	glob_t found = { 0 };
	bool kernel = getenv("SUPERMIN_KERNEL") || glob("/boot/vmlinu*", 0, NULL, &found) == 0;

	globfree(&found);
	return kernel;
}

static void
test_disks(void **state)
{
	const struct rc_run run = run_until(NULL);
	unsigned before = entries("/proc/self/fd");
	struct rc_error err = { 0 };

	(void)state;
	if (make(1, &run, &err) < 0 || make(DISKS, &run, &err) < 0)
		fail_msg("%s (%s)", err.text, err.hint);
	assert_int_equal(entries(directory), 0);
	assert_int_equal(entries("/proc/self/fd"), before);
	assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

static void
test_stopped_between_disks(void **state)
{
	const struct rc_run run = run_until("config disk 1 of 2");
	struct rc_error err = { 0 };

	(void)state;
	assert_int_equal(make(2, &run, &err), -1);
	assert_string_equal(err.text, "interrupted");
	assert_int_equal(entries(directory), 0);
}

/* What fails in the guest: a directory is where a file must go. */
static void
test_write_fails(void **state)
{
	scoped(rc_injection_release) struct rc_injection injection = sample(1);
	scoped(rc_str_release) char *path = rc_format("%s/0.raw", directory);
	const struct rc_config_disk disk = { path, &injection };
	const struct rc_run run = run_until(NULL);
	struct rc_error err = { 0 };

	(void)state;
	rc_injection_add(&injection, "/ca/deep", "x", 1, 0644);
	assert_int_equal(rc_guestfs_make_disks(&disk, 1, emulate, &run, &err), -1);
	if (!strstr(err.text, "0.raw: cannot write: /ca/deep: ") || strstr(err.text, "glrt"))
		fail_msg("%s", err.text);
	assert_int_equal(entries(directory), 0);
}

/* Runs body in a process with mounts of its own; a failed assertion there is one here. */
static void
in_namespace(void (*body)(void))
{
	int status = 0;
	pid_t pid;

	if (geteuid() != 0) {
		print_message("          not root: left out\n");
		return;
	}
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			_exit(9);
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
cover(const char *path, const char *options)
{
	if (mount("tmpfs", path, "tmpfs", 0, options) < 0)
		_exit(8);
}

static void
expect_failure(enum rc_code code, const char *text, const char *hint)
{
	const struct rc_run run = run_until(NULL);
	struct rc_error err = { 0 };

	if (make(1, &run, &err) == 0 || err.code != code || !strstr(err.text, text) ||
	    !strstr(err.hint, hint) || entries(directory) != 0) {
		print_message("          %s (%s)\n", err.text, err.hint);
		_exit(1);
	}
}

static void
without_kernel(void)
{
	unsetenv("SUPERMIN_KERNEL");
	cover("/boot", "");
	cover("/lib/modules", "");
	cover("/var/cache", "");
	expect_failure(RC_HOST, "supermin: failed to find a suitable kernel", "install one");
}

static void
without_room_for_appliance(void)
{
	cover("/var/cache", "size=10m");
	expect_failure(RC_HOST, "No space left on device", "about 500 MiB in /var/cache");
}

static void
without_room_for_disk(void)
{
	cover(directory, "size=64k");
	expect_failure(RC_FAILED, "0.raw: No space left on device", "make room on the file system");
}

/* The last words of supermin come through, with a hint that fits. */
static void
test_host_lacks_something(void **state)
{
	(void)state;
	in_namespace(without_kernel);
	in_namespace(without_room_for_appliance);
	in_namespace(without_room_for_disk);
}

static void
on_signal(int number)
{
	if (number == SIGALRM)
		kill(0, SIGINT); /* as a terminal does it: to the whole process group */
	else
		stop = 1;
}

/* The appliance dies of the ^C itself, so the launch is not waited for. */
static void
interrupted_launch(void)
{
	double start = now();

	setpgid(0, 0);
	signal(SIGINT, on_signal);
	signal(SIGALRM, on_signal);
	alarm(1);
	expect_failure(RC_FAILED, "interrupted", "");
	if (now() - start > 4)
		_exit(2);
}

static void
test_interrupted_launch(void **state)
{
	(void)state;
	in_namespace(interrupted_launch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_disks),
		cmocka_unit_test(test_stopped_between_disks),
		cmocka_unit_test(test_write_fails),
		cmocka_unit_test(test_host_lacks_something),
		cmocka_unit_test(test_interrupted_launch),
	};
	char why[128];
	int failed;

	if (!can_launch()) {
		puts("SKIP: no kernel in /boot for libguestfs, and SUPERMIN_KERNEL is not set");
		return getenv("RC_MUST_RUN") ? 1 : SKIP_STATUS;
	}
	if (!mkdtemp(directory))
		return 1;
	emulate = !rc_kvm_works(why);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(directory);
	return failed;
}
