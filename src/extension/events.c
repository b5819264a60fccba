/* SPDX-License-Identifier: MIT */
/* Threads for extensions that make events, and how they are told to end. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "extension/internal.h"

struct runner {
	struct extension_events *events;
	struct extension_instance *instance;
	pthread_t thread;
	int status; /* what run has returned */
};

struct extension_events {
	int stopping, over; /* descriptors */
	u32 running;	    /* atomic: threads that have not ended, and who starts them */
	u32 count;
	struct runner runners[];
};

static void signal_to(int fd)
{
	const u64 one = 1;

	/* Its counter does not come to its end. */
	while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR) {
	}
}

static void leave(struct extension_events *events)
{
	if (__atomic_sub_fetch(&events->running, 1, __ATOMIC_ACQ_REL) == 0)
		signal_to(events->over);
}

static void *run(void *arg)
{
	struct runner *runner = arg;
	struct extension_instance *instance = runner->instance;

	runner->status = instance->extension->table.run(instance->arg);
	leave(runner->events);
	return NULL;
}

int extension_wait(struct oriel_ext_registry *registry, int fd, int milliseconds)
{
	const struct extension_instance *instance = (const struct extension_instance *)registry;
	struct pollfd fds[] = {
		{ .fd = __atomic_load_n(&instance->stopping, __ATOMIC_ACQUIRE), .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	int r;

	do {
		r = poll(fds, ARRAY_COUNT(fds), milliseconds);
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return ERR_IO;
	if (fds[0].revents != 0)
		return ERR_CANCELED;
	if ((fds[1].revents & POLLNVAL) != 0)
		return ERR_BADF;
	return fds[1].revents != 0;
}

/* Signals are for the thread that waits for them. */
static int start_one(struct runner *runner)
{
	sigset_t all, old;
	int code;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	code = pthread_create(&runner->thread, NULL, run, runner);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return code;
}

static int start_all(struct extension_events *events, struct extension_instance *const *instances,
		     u32 count, struct error *err)
{
	for (u32 i = 0; i < count; i++) {
		struct runner *runner = &events->runners[events->count];
		int code;

		if (instances[i]->extension->table.run == NULL)
			continue;
		runner->events = events;
		runner->instance = instances[i];
		__atomic_store_n(&instances[i]->stopping, events->stopping, __ATOMIC_RELEASE);
		__atomic_add_fetch(&events->running, 1, __ATOMIC_RELAXED);
		code = start_one(runner);
		if (code != 0) {
			leave(events);
			__atomic_store_n(&instances[i]->stopping, -1, __ATOMIC_RELEASE);
			return error_set(err, ERR_AGAIN, "extension %s: no thread: %s",
					 instances[i]->extension->name, strerror(code));
		}
		events->count++;
	}
	return 0;
}

int extension_events_start(struct extension_instance *const *instances, u32 count,
			   struct extension_events **ret_events, struct error *err)
{
	struct extension_events *events =
		mem_zalloc(sizeof(*events) + count * sizeof(struct runner));
	int r;

	if (events == NULL)
		return error_set(err, ERR_NOMEM, "no memory for events");
	events->running = 1;
	events->stopping = eventfd(0, EFD_CLOEXEC);
	events->over = eventfd(0, EFD_CLOEXEC);
	if (events->stopping < 0 || events->over < 0)
		r = error_set(err, ERR_IO, "no descriptor for events: %s", strerror(errno));
	else
		r = start_all(events, instances, count, err);
	if (r != 0) {
		(void)!extension_events_stop(events, NULL);
		return r;
	}
	/* Where nobody makes events, nobody says that there are no more. */
	if (events->count > 0)
		leave(events);
	*ret_events = events;
	return 0;
}

int extension_events_over(const struct extension_events *events)
{
	return events->over;
}

int extension_events_stop(struct extension_events *events, struct error *err)
{
	int r = 0;

	if (events == NULL)
		return 0;
	if (events->count > 0)
		signal_to(events->stopping);
	for (u32 i = 0; i < events->count; i++) {
		struct runner *runner = &events->runners[i];

		(void)pthread_join(runner->thread, NULL);
		__atomic_store_n(&runner->instance->stopping, -1, __ATOMIC_RELEASE);
		if (r == 0 && runner->status < 0 && runner->status != ERR_CANCELED)
			r = error_set(err, runner->status > -4096 ? runner->status : ERR_INVAL,
				      "extension %s: its events ended: %s",
				      runner->instance->extension->name,
				      error_name(runner->status));
	}
	if (events->stopping >= 0)
		(void)close(events->stopping);
	if (events->over >= 0)
		(void)close(events->over);
	mem_free(events);
	return r;
}
