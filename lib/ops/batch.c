/*
 * Some at a time, as many as may be unavailable, go through the same stages side by side, each
 * holding its own appliance's lock.  What drains or boots there keeps nobody else waiting.
 */
#include "ops/batch.h"

#include <stdlib.h>

#include "host/clock.h"
#include "ops/rotation_record.h"

/* As far as they are started; from then on each is on trial for itself. */
static void
make_successors(struct rc_spoke **spokes, size_t count)
{
	struct rc_work **works = rc_alloc(count, sizeof(*works));
	size_t n = 0, started = 0;

	for (size_t i = 0; i < count; i++)
		if (!spokes[i]->over)
			works[n++] = &spokes[i]->creation.work;
	if (n)
		rc_steps_run(rc_create_and_start_steps, works, n);
	for (size_t i = 0; i < n; i++)
		if (!works[i]->failed)
			works[started++] = works[i];
	if (started)
		rc_ready_begin(works, started);
	for (size_t i = 0; i < count; i++)
		if (spokes[i]->creation.work.failed)
			rc_spoke_judge_successor(spokes[i]);
		else
			spokes[i]->stage = RC_STAGE_TRIAL;
	free(works);
}

static void
surge(struct rc_spoke *spokes, size_t count)
{
	struct rc_spoke **some = rc_alloc(count, sizeof(struct rc_spoke *));
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (spokes[i].surge)
			some[n++] = &spokes[i];
	make_successors(some, n);
	free(some);
}

static void
end(struct rc_spoke *spoke)
{
	rc_spoke_remove_elder(spoke);
	rc_rotation_note(spoke);
	rc_spoke_release(spoke);
}

/* Each goes on as soon as it can; returns how many are still waited for. */
static size_t
go_on(struct rc_spoke **waiting, size_t count)
{
	struct rc_spoke **off = rc_alloc(count, sizeof(struct rc_spoke *));
	size_t n = 0, rest = 0;

	for (size_t i = 0; i < count; i++) {
		struct rc_spoke *spoke = waiting[i];

		if (!rc_spoke_look(spoke)) {
			waiting[rest++] = spoke;
		} else if (spoke->over || spoke->surge == (spoke->stage == RC_STAGE_DRAIN)) {
			end(spoke);
		} else if (spoke->surge) {
			rc_spoke_drain_begin(spoke);
			waiting[rest++] = spoke;
		} else {
			off[n++] = spoke;
		}
	}
	make_successors(off, n);
	for (size_t i = 0; i < n; i++)
		waiting[rest++] = off[i];
	free(off);
	return rest;
}

static void
wait_for_all(struct rc_spoke *spokes, size_t count)
{
	struct rc_spoke **waiting = rc_alloc(count, sizeof(struct rc_spoke *));
	size_t rest = count;

	for (size_t i = 0; i < count; i++)
		waiting[i] = &spokes[i];
	while ((rest = go_on(waiting, rest)) > 0)
		rc_clock_wait(RC_DRAIN_PAUSE);
	free(waiting);
}

/* Everything that can be refused is refused before the first elder is asked to go. */
void
rc_batch_rotate(struct rc_wheel *wheel, struct rc_outcome *outcomes, size_t count)
{
	struct rc_spoke *spokes = rc_alloc(count, sizeof(*spokes));

	rc_room_release(&wheel->room);
	wheel->room_known = false;
	for (size_t i = 0; i < count; i++) {
		spokes[i] =
		    (struct rc_spoke){ .wheel = wheel, .outcome = &outcomes[i], .lock = -1 };
		rc_spoke_open(&spokes[i]);
		rc_spoke_prepare(&spokes[i]);
	}
	/* What is replaced in its place serves while the others' successors are made. */
	surge(spokes, count);
	for (size_t i = 0; i < count; i++)
		if (!spokes[i].surge)
			rc_spoke_drain_begin(&spokes[i]);
	wait_for_all(spokes, count);
	free(spokes);
}
