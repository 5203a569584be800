/*
 * The KVM probe.  A /dev/kvm that opens, and even one that runs an instruction,
 * proves nothing: some clouds give their machines a KVM that interprets every
 * instruction of an ordinary guest in the kernel (kvm_pvm: 1.4 million a
 * second, a hundred times slower than qemu's own emulation, so that a guest
 * seems to hang), others one whose vCPUs spin.  So the probe counts down in
 * 64 bit mode, and against the clock.
 *
 * A child process tries and its parent watches.  The child keeps no descriptor
 * of ours (a lock in a process that cannot be killed would never be free
 * again) and calls nothing that is unsafe after fork().
 *
 * Only x86_64 is tried; elsewhere the answer is no, and the operator decides.
 */
#include "host/kvm.h"

#include <stdio.h>

#define WHY_SIZE 128

#ifdef __x86_64__

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUN_TIME 500   /* milliseconds for the child to finish */
#define DEATH_TIME 100 /* and to die when killed */
#define PAGE 4096
#define TURNS 4000000 /* of two instructions: 2 ms of a CPU; interpreted in the kernel, 6 s */
#define TURNS_TEXT "8 million"

/* In memory shared with the child, which may hang or die between any two lines. */
struct probe {
	const char *doing;    /* the step it is at; NULL: opening the device */
	int sys;              /* errno of the step that failed */
	uint32_t exit_reason; /* why the vCPU stopped */
	bool done;
};

static int
ask(struct probe *probe, const char *doing, int fd, unsigned long request, uintptr_t argument)
{
	probe->doing = doing;
	return ioctl(fd, request, argument);
}

/* A guest of four pages: code, then the page tables that map its first 2 MiB onto themselves. */
static void
fill_memory(unsigned char *memory)
{
	static const unsigned char count_down[] = {
		0xff, 0xc9, /* dec ecx */
		0x75, 0xfc, /* jnz back to it */
		0xf4,       /* hlt */
	};
	enum { PRESENT = 1, WRITABLE = 2, LARGE = 0x80 };
	uint64_t *tables = (uint64_t *)(void *)memory;

	memcpy(memory, count_down, sizeof(count_down));
	tables[1 * PAGE / 8] = 2 * PAGE | PRESENT | WRITABLE;
	tables[2 * PAGE / 8] = 3 * PAGE | PRESENT | WRITABLE;
	tables[3 * PAGE / 8] = LARGE | PRESENT | WRITABLE;
}

/* 64 bit mode, as an operating system would have reached it, at address 0. */
static int
set_registers(struct probe *probe, int vcpu)
{
	struct kvm_segment code = {
		.limit = 0xffffffff, .selector = 8, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1
	};
	struct kvm_segment data = { .limit = 0xffffffff,
		.selector = 16,
		.type = 3,
		.present = 1,
		.s = 1,
		.db = 1,
		.g = 1 };
	struct kvm_regs regs = { .rcx = TURNS, .rflags = 2 };
	struct kvm_sregs sregs;

	if (ask(probe, "tell a vCPU's registers", vcpu, KVM_GET_SREGS, (uintptr_t)&sregs) < 0)
		return -1;
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.cr3 = PAGE;
	sregs.cr4 = 0x20;       /* PAE */
	sregs.cr0 = 0x80000011; /* PG, ET, PE */
	sregs.efer = 0x500;     /* LMA, LME */
	if (ask(probe, "set a vCPU's registers", vcpu, KVM_SET_SREGS, (uintptr_t)&sregs) < 0)
		return -1;
	return ask(probe, "set a vCPU's registers", vcpu, KVM_SET_REGS, (uintptr_t)&regs);
}

/* A vCPU is born in real mode, for which old Intel CPUs need a TSS; that others refuse it is no
 * loss. */
static int
make_vcpu(struct probe *probe, int kvm)
{
	unsigned char *memory =
	    mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region region = {
		.memory_size = 4 * PAGE,
		.userspace_addr = (uintptr_t)memory,
	};
	int vm = ask(probe, "create a machine", kvm, KVM_CREATE_VM, 0), vcpu;

	if (vm < 0 || memory == MAP_FAILED)
		return -1;
	ask(probe, "set up real mode", vm, KVM_SET_TSS_ADDR, 0xfeffd000);
	fill_memory(memory);
	if (ask(probe, "set up memory", vm, KVM_SET_USER_MEMORY_REGION, (uintptr_t)&region) < 0)
		return -1;
	vcpu = ask(probe, "create a vCPU", vm, KVM_CREATE_VCPU, 0);
	return vcpu < 0 || set_registers(probe, vcpu) < 0 ? -1 : vcpu;
}

static int
count_down(struct probe *probe, const char *device)
{
	int kvm = open(device, O_RDWR | O_CLOEXEC), vcpu, size, result;
	struct kvm_run *run;

	if (kvm < 0 || ask(probe, "tell its version", kvm, KVM_GET_API_VERSION, 0) < 0 ||
	    (size = ask(probe, "tell its sizes", kvm, KVM_GET_VCPU_MMAP_SIZE, 0)) < 0 ||
	    (vcpu = make_vcpu(probe, kvm)) < 0)
		return -1;
	run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (run == MAP_FAILED)
		return -1;
	do
		result = ask(probe, "run " TURNS_TEXT " instructions", vcpu, KVM_RUN, 0);
	while (result < 0 && errno == EINTR);
	probe->exit_reason = run->exit_reason;
	return result;
}

static _Noreturn void
child(struct probe *probe, const char *device)
{
	close_range(0, ~0U, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	probe->sys = count_down(probe, device) < 0 ? errno : 0;
	probe->done = true;
	_exit(0);
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Asks every millisecond: a pidfd would save that, but neither valgrind nor every sandbox knows it.
 */
static bool
ends_within(pid_t pid, int64_t ms)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int64_t until = now_ms() + ms;

	do {
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return true;
		nanosleep(&pause, NULL);
	} while (now_ms() < until);
	return false;
}

static bool
judge(const struct probe *probe, const char *device, char why[WHY_SIZE])
{
	if (!probe->done)
		snprintf(why, WHY_SIZE, "the process that tried %s died", device);
	else if (probe->sys && !probe->doing)
		snprintf(why, WHY_SIZE, "cannot open %s: %s", device, strerror(probe->sys));
	else if (probe->sys)
		snprintf(
		    why, WHY_SIZE, "%s cannot %s: %s", device, probe->doing, strerror(probe->sys));
	else if (probe->exit_reason != KVM_EXIT_HLT)
		snprintf(why, WHY_SIZE, "a vCPU of %s stopped for reason %u instead of halting",
		    device, probe->exit_reason);
	else
		return true;
	return false;
}

/*
 * A child that survives SIGKILL is left behind: nothing more can be done to
 * it, and the program must not hang with it.  Init reaps it in the end.
 */
static bool
watch(pid_t pid, const struct probe *probe, const char *device, char why[WHY_SIZE])
{
	bool dead;

	if (ends_within(pid, RUN_TIME))
		return judge(probe, device, why);
	kill(pid, SIGKILL);
	dead = ends_within(pid, DEATH_TIME);
	snprintf(why, WHY_SIZE, "%s did not %s in %d ms%s", device,
	    probe->doing ? probe->doing : "open", RUN_TIME,
	    dead ? "" : ", and its process cannot be killed");
	return false;
}

bool
rc_kvm_device_works(const char *device, char why[WHY_SIZE])
{
	struct probe *probe =
	    mmap(NULL, sizeof(*probe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool works = false;
	pid_t pid = -1;

	why[0] = '\0';
	if (probe != MAP_FAILED)
		pid = fork();
	if (pid == 0)
		child(probe, device);
	if (pid < 0)
		snprintf(why, WHY_SIZE, "cannot start a process: %s", strerror(errno));
	else
		works = watch(pid, probe, device, why);
	if (probe != MAP_FAILED)
		munmap(probe, sizeof(*probe));
	return works;
}

#else

bool
rc_kvm_device_works(const char *device, char why[WHY_SIZE])
{
	snprintf(why, WHY_SIZE, "%s was not tried: runnerctl cannot do that on this architecture",
	    device);
	return false;
}

#endif

bool
rc_kvm_works(char why[WHY_SIZE])
{
	return rc_kvm_device_works("/dev/kvm", why);
}
