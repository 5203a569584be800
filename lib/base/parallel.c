/* Threads that take the next index until there is none. */
#include "base/parallel.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/str.h"

struct queue {
	atomic_size_t next;
	size_t count;
	void (*work)(void *data, size_t i);
	void *data;
};

static void *
take(void *context)
{
	struct queue *queue = context;

	for (size_t i; (i = atomic_fetch_add(&queue->next, 1)) < queue->count;)
		queue->work(queue->data, i);
	return NULL;
}

void
rc_parallel(size_t count, unsigned most, void (*work)(void *data, size_t i), void *data)
{
	struct queue queue = { .count = count, .work = work, .data = data };
	size_t wanted = count < most ? count : most, made = 0;
	pthread_t *threads = rc_alloc(wanted, sizeof(*threads));
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	/* The caller's own thread is one of them. */
	while (made + 1 < wanted && pthread_create(&threads[made], NULL, take, &queue) == 0)
		made++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	take(&queue);
	while (made > 0)
		pthread_join(threads[--made], NULL);
	free(threads);
}
