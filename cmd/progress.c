/*
 * The steps of a long run.  On a terminal a thread repaints one line ten times
 * a second, because a step that blocks in a library calls nobody; that thread
 * takes no signals, so that ^C still interrupts the step.  A step that ended
 * is never called "done": the listener is not told whether it succeeded.
 */
#include "cmd/progress.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/size.h"
#include "base/str.h"
#include "cmd/text.h"

#define FRAME_NS INT64_C(100000000)
#define SECOND_NS INT64_C(1000000000)

struct rc_progress {
	const struct rc_voice *voice;
	bool verbose, live;
	pthread_t painter;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t wake;
	bool ending;
	char *step; /* NULL: no step runs */
	int64_t begun;
	uint64_t done, total;
	unsigned frame;
};

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND_NS + now.tv_nsec;
}

/* "42%", or how much when the whole is not known; "" when nothing was said. */
static void
format_part(char buf[24], const struct rc_progress *p)
{
	char size[16];

	buf[0] = '\0';
	if (p->total)
		snprintf(buf, 24, "  %d%%", (int)(100.0 * (double)p->done / (double)p->total));
	else if (p->done)
		snprintf(buf, 24, "  %s", rc_size_format(size, p->done));
}

static void
format_elapsed(char buf[24], int64_t ns)
{
	char duration[16];

	buf[0] = '\0';
	if (ns >= SECOND_NS)
		snprintf(buf, 24, "  %s", rc_duration_format(duration, ns / SECOND_NS));
}

/* One line of at most the terminal's width; mark stands in front. */
static void
paint(const struct rc_progress *p, const char *mark, enum rc_hue hue, const char *end)
{
	const struct rc_terminal *terminal = &p->voice->terminal;
	size_t width = rc_terminal_width(terminal, STDERR_FILENO), taken;
	char part[24], elapsed[24];

	format_part(part, p);
	format_elapsed(elapsed, now_ns() - p->begun);
	taken = 3 + rc_text_width(part) + rc_text_width(elapsed);
	fprintf(p->voice->out, "\r%s%s%s %.*s%s%s\033[K%s", rc_hue_on(terminal, hue), mark,
	    rc_hue_off(terminal, hue), (int)rc_text_fit(p->step, width > taken ? width - taken : 1),
	    p->step, part, elapsed, end);
}

static void
paint_frame(struct rc_progress *p)
{
	static const char *const braille[] = { "⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏" };
	static const char *const ascii[] = { "-", "\\", "|", "/" };
	unsigned frame = p->frame++;

	paint(p, p->voice->terminal.utf8 ? braille[frame % 10] : ascii[frame % 4], RC_HUE_BUSY, "");
}

static void *
painter_main(void *context)
{
	struct rc_progress *p = context;

	pthread_mutex_lock(&p->lock);
	while (!p->ending) {
		int64_t next = now_ns() + FRAME_NS;
		struct timespec until = { next / SECOND_NS, next % SECOND_NS };

		if (p->step)
			paint_frame(p);
		pthread_cond_timedwait(&p->wake, &p->lock, &until);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Without a thread there is no living line, and everything else works. */
static bool
start_painter(struct rc_progress *p)
{
	pthread_condattr_t attributes;
	sigset_t all, before;
	int failed;

	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&p->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	if (!p->voice->terminal.live || p->voice->quiet)
		return false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&p->painter, NULL, painter_main, p);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return !failed;
}

struct rc_progress *
rc_progress_new(const struct rc_voice *voice, bool verbose)
{
	struct rc_progress *p = rc_alloc(1, sizeof(*p));

	p->voice = voice;
	p->verbose = verbose;
	p->live = start_painter(p);
	return p;
}

/* The step's last word: its time if that was asked for, else what remains of the living line. */
static void
close_step(struct rc_progress *p)
{
	int64_t ns = now_ns() - p->begun;

	if (p->step && p->verbose)
		fprintf(p->voice->out, "%s%7.3f s  %s\n", p->live ? "\r\033[K" : "",
		    (double)ns / SECOND_NS, p->step);
	else if (p->step && p->live) {
		p->done = p->total = 0;
		paint(p, " ", RC_HUE_NONE, "\n");
	}
	rc_str_release(&p->step);
}

static void
on_step(void *context, const char *what)
{
	struct rc_progress *p = context;

	pthread_mutex_lock(&p->lock);
	close_step(p);
	if (what && !p->voice->quiet) {
		p->step = rc_text_clean(what);
		p->begun = now_ns();
		p->done = p->total = 0;
		if (p->live)
			paint_frame(p);
		else if (!p->verbose)
			fprintf(p->voice->out, "%s\n", p->step);
	}
	pthread_mutex_unlock(&p->lock);
}

static void
on_warning(void *context, const char *what)
{
	struct rc_progress *p = context;

	pthread_mutex_lock(&p->lock);
	if (p->live && p->step)
		fputs("\r\033[K", p->voice->out);
	rc_say_warning(p->voice, what);
	pthread_mutex_unlock(&p->lock);
}

static void
on_progress(void *context, uint64_t done, uint64_t total)
{
	struct rc_progress *p = context;

	pthread_mutex_lock(&p->lock);
	p->done = total && done > total ? total : done;
	p->total = total;
	pthread_mutex_unlock(&p->lock);
}

struct rc_run
rc_progress_listener(struct rc_progress *progress)
{
	return (struct rc_run){
		.step = on_step,
		.warn = on_warning,
		.progress = on_progress,
		.context = progress,
	};
}

void
rc_progress_end(struct rc_progress *progress)
{
	if (progress)
		on_step(progress, NULL);
}

void
rc_progress_free(struct rc_progress *p)
{
	if (!p)
		return;
	rc_progress_end(p);
	if (p->live) {
		pthread_mutex_lock(&p->lock);
		p->ending = true;
		pthread_cond_signal(&p->wake);
		pthread_mutex_unlock(&p->lock);
		pthread_join(p->painter, NULL);
	}
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
