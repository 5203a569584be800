/* Room on the host: every resource at its edge, and a refusal that tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "core/room.h"

#define MiB (UINT64_C(1) << 20)
#define GiB (UINT64_C(1) << 30)

static char one[] = "ci-1.1", two[] = "ci-2.1", web[] = "web", small[] = "small";

/* Two of ours and two others on 16 GiB, 4 CPUs, and 100 GiB of which 60 are free. */
static struct rc_tenant tenants[] = {
	{ one, { 4 * GiB, 2, 20 * GiB } },
	{ web, { 5 * GiB, 4, 0 } },
	{ two, { 4 * GiB, 2, 10 * GiB } },
	{ small, { 256 * MiB, 1, 0 } },
};
static const struct rc_room room = {
	.has = { 16 * GiB, 16, 100 * GiB },
	.free = { 16 * GiB, 16, 60 * GiB },
	.keeps = { 1 * GiB, 0, 5 * GiB },
	.cpus = 4,
	.tenants = tenants,
	.count = RC_COUNT(tenants),
};

static void
test_admit(void **state)
{
	static const struct {
		const char *why;
		uint64_t takes[RC_RESOURCES], instead[RC_RESOURCES];
		const char *refusal; /* NULL: it fits */
	} cases[] = {
		{ "all that is left of all", { 1792 * MiB, 4, 25 * GiB }, { 0 }, NULL },
		{ "a byte too much memory", { 1792 * MiB + 1, 1, 0 }, { 0 },
		    "no room: memory 1.8 GiB wanted, 1.8 GiB left of 16 GiB, 1 GiB kept; most take "
		    "web 5 GiB, ci-1.1 4 GiB, ci-2.1 4 GiB" },
		{ "more disk", { 1, 1, 26 * GiB }, { 0 },
		    "no room: disk 26 GiB wanted, 25 GiB left of 100 GiB, 5 GiB kept; most take "
		    "ci-1.1 20 GiB, ci-2.1 10 GiB" },
		{ "more CPUs than there are", { 1, 5, 0 }, { 0 },
		    "no room: 5 vCPUs wanted, the host has 4 CPUs" },
		{ "everything at once", { 2 * GiB, 5, 26 * GiB }, { 0 },
		    "no room: memory 2 GiB wanted, 1.8 GiB left of 16 GiB, 1 GiB kept; most take "
		    "web 5 GiB, ci-1.1 4 GiB, ci-2.1 4 GiB. 5 vCPUs wanted, the host has 4 CPUs. "
		    "disk 26 GiB wanted, 25 GiB left of 100 GiB, 5 GiB kept; most take ci-1.1 20 "
		    "GiB, ci-2.1 10 GiB" },
		{ "in the place of one that is as large", { 4 * GiB, 2, 20 * GiB },
		    { 4 * GiB, 2, 20 * GiB }, NULL },
		{ "in the place of a larger one", { 1 * GiB, 1, GiB }, { 4 * GiB, 2, 20 * GiB },
		    NULL },
		{ "in the place of one, and the rest", { 5888 * MiB, 2, 45 * GiB },
		    { 4 * GiB, 2, 20 * GiB }, NULL },
		{ "in the place of one, and more than the rest", { 6 * GiB, 2, 20 * GiB },
		    { 4 * GiB, 2, 20 * GiB },
		    "no room: memory 2 GiB wanted, 1.8 GiB left of 16 GiB, 1 GiB kept; most take "
		    "web 5 GiB, ci-1.1 4 GiB, ci-2.1 4 GiB" },
		{ "no overflow", { UINT64_MAX, 1, 0 }, { 0 },
		    "no room: memory 16 EiB wanted, 1.8 GiB left of 16 GiB, 1 GiB kept; most take "
		    "web 5 GiB, ci-1.1 4 GiB, ci-2.1 4 GiB" },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_error err = { .text = "" };
		int result = rc_room_admit(&room, cases[i].takes, cases[i].instead, &err);
		const char *text = cases[i].refusal ? cases[i].refusal : "";

		if ((result == 0) != !cases[i].refusal || strcmp(err.text, text) != 0)
			fail_msg("%s: %d \"%s\"", cases[i].why, result, err.text);
		if (result < 0)
			assert_int_equal(RC_NO_ROOM, err.code);
	}
}

/* A host that promised too much already, or knows less, or is to keep all it has. */
static void
test_odd_hosts(void **state)
{
	const uint64_t takes[RC_RESOURCES] = { GiB, 1, GiB };
	struct rc_room odd = room;
	struct rc_error err;

	(void)state;
	odd.has[RC_DISK] = odd.free[RC_DISK] = 0;
	assert_int_equal(0, rc_room_admit(&odd, takes, NULL, &err));
	odd = room;
	odd.has[RC_MEMORY] = odd.free[RC_MEMORY] = 8 * GiB;
	assert_int_equal(-1, rc_room_admit(&odd, takes, NULL, &err));
	assert_non_null(strstr(err.text, "memory 1 GiB wanted, 0 B left of 8 GiB"));
	assert_int_equal(0, rc_room_admit(&odd, takes, takes, &err));
	odd = room;
	odd.has[RC_CPUS] = odd.free[RC_CPUS] = 9;
	assert_int_equal(-1, rc_room_admit(&odd, takes, NULL, &err));
	assert_string_equal(
	    "no room: vCPUs 1 wanted, 0 left of 9; most take web 4, ci-1.1 2, ci-2.1 2", err.text);
	odd = room;
	odd.keeps[RC_MEMORY] = 16 * GiB;
	assert_int_equal(-1, rc_room_admit(&odd, takes, NULL, &err));
	assert_int_equal(RC_USAGE, err.code);
	assert_string_equal("reserve-memory is 16 GiB, but the host has 16 GiB", err.text);
	odd.keeps[RC_MEMORY] = 0;
	odd.keeps[RC_DISK] = UINT64_MAX;
	assert_int_equal(-1, rc_room_admit(&odd, takes, NULL, &err));
	assert_string_equal("reserve-disk is 16 EiB, but the host has 100 GiB", err.text);
}

/* The tenth that asks for the last room finds none: each that was let in counts for the next. */
static void
test_full(void **state)
{
	struct rc_room host = { .has = { 1, 1, 100 * MiB } };

	(void)state;
	host.free[RC_DISK] = 4 * MiB;
	assert_false(rc_room_disk_full(&host));
	host.free[RC_DISK]--;
	assert_true(rc_room_disk_full(&host));
	host.has[RC_DISK] = 0; /* not known */
	assert_false(rc_room_disk_full(&host));
}

static void
test_one_after_the_other(void **state)
{
	const uint64_t takes[RC_RESOURCES] = { GiB, 1, GiB };
	struct rc_room host = {
		.has = { 4 * GiB, 8, 0 }, .free = { 4 * GiB, 8, 0 }, .keeps = { GiB }, .cpus = 2
	};
	struct rc_error err;
	int admitted = 0;

	(void)state;
	for (int i = 0; i < 10; i++)
		if (rc_room_admit(&host, takes, NULL, &err) == 0) {
			rc_room_add(&host, "ci", takes);
			admitted++;
		}
	assert_int_equal(3, admitted);
	rc_room_release(&host);
}

static void
test_reserve(void **state)
{
	static const struct {
		const char *why, *text;
		uint64_t of_1000; /* UINT64_MAX: refused */
	} cases[] = {
		{ "a size", "512MiB", 512 * MiB },
		{ "a part", "10%", 100 },
		{ "nothing", "0%", 0 },
		{ "nearly all", "99%", 990 },
		{ "all", "100%", UINT64_MAX },
		{ "a plain number", "10", UINT64_MAX },
		{ "no number", "%", UINT64_MAX },
		{ "negative", "-5%", UINT64_MAX },
		{ "a fraction", "1.5%", UINT64_MAX },
		{ "something behind", "5%%", UINT64_MAX },
		{ "absurd", "99999999999999999999TiB", UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < RC_COUNT(cases); i++) {
		struct rc_reserve reserve = { 7, 7 };
		struct rc_error err;
		int result = rc_reserve_parse(&reserve, cases[i].text, &err);

		if (cases[i].of_1000 == UINT64_MAX
			? result == 0
			: result < 0 || rc_reserve_of(&reserve, 1000) != cases[i].of_1000)
			fail_msg("%s", cases[i].why);
	}
}

static void
test_qemu(void **state)
{
	(void)state;
	assert_int_equal(200 * MiB, rc_room_of_qemu(false, 2 * GiB));
	assert_int_equal(456 * MiB, rc_room_of_qemu(true, 2 * GiB));
	assert_int_equal(1224 * MiB, rc_room_of_qemu(true, 64 * GiB));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_admit),
		cmocka_unit_test(test_odd_hosts),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_one_after_the_other),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_qemu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
