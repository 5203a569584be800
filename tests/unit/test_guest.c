/* Asking many guests: clock and agents are made up, so that silence costs no time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "host/clock.h"
#include "ops/guest.h"

#define GUESTS 40
#define AT_ONCE 5
#define SILENCE 5 /* seconds that a silent guest costs */

static atomic_llong now;
static atomic_int asked;
static bool silent;
static struct rc_guest_answer answers[GUESTS];

int64_t
rc_clock_monotonic(void)
{
	return now;
}

int
rc_virt_agent(
    struct rc_virt *virt, const char *uuid, const char *command, char **ret, struct rc_error *err)
{
	(void)virt;
	(void)uuid;
	asked++;
	if (silent) {
		now += SILENCE;
		return rc_fail(err, RC_FAILED, "the guest agent does not answer");
	}
	if (strstr(command, "guest-file-open"))
		*ret = rc_strdup("{\"return\":1000}");
	else if (strstr(command, "guest-file-read"))
		*ret = rc_strdup("{\"return\":{\"count\":12,\"buf-b64\":\"eyJzY2hlbWEiOjF9\"}}");
	else
		*ret = rc_strdup("{\"return\":{}}");
	return 0;
}

static void
ask(int64_t deadline)
{
	struct rc_session session = { 0 };

	memset(answers, 0, sizeof(answers));
	for (size_t i = 0; i < GUESTS; i++)
		answers[i].uuid = i == 7 ? NULL : "6f1c2a90-0f3e-4a52-8a51-0c9d2f7b1e11";
	now = 1000;
	asked = 0;
	rc_guests_ask(&session, answers, GUESTS, deadline);
}

static void
test_answers(void **state)
{
	(void)state;
	silent = false;
	ask(1001);
	for (size_t i = 0; i < GUESTS; i++)
		assert_int_equal(answers[i].known, i != 7);
	assert_int_equal(asked, (GUESTS - 1) * 3); /* each handle was closed */
}

static void
test_without_end(void **state)
{
	(void)state;
	silent = true;
	ask(0);
	assert_int_equal(asked, GUESTS - 1);
	for (size_t i = 0; i < GUESTS; i++)
		assert_false(answers[i].known);
}

/* Those that are being asked when time is up are waited for, no others are begun with. */
static void
test_deadline(void **state)
{
	size_t late = 0;

	(void)state;
	silent = true;
	ask(1000 + 2 * SILENCE);
	assert_in_range(asked, 2, 2 + AT_ONCE);
	for (size_t i = 0; i < GUESTS; i++)
		late += answers[i].error.code == RC_TIMEOUT;
	assert_int_equal(late, GUESTS - 1 - (size_t)asked);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_without_end),
		cmocka_unit_test(test_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
