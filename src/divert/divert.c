/* SPDX-License-Identifier: MIT */
/* Setting up and taking away, in an order in which no frame is lost on a way that ends nowhere. */
#include "divert/divert.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/if_packet.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "divert/internal.h"
#include "os/os.h"

static int open_port(struct divert *divert, u32 ifindex, struct error *err)
{
	struct port *port = &divert->ports[divert->port_count];
	int r;

	*port = (struct port){ .ifindex = ifindex, .lock = -1, .tap = -1 };
	divert->port_count++;
	r = device_look(port, err);
	if (r == 0)
		r = device_lock(ifindex, &port->lock, err);
	return r < 0 && port->name[0] != '\0' ? error_prefix(err, "%s", port->name) : r;
}

static u32 new_mark(void)
{
	u32 mark;

	do {
		os_random(&mark, sizeof(mark));
	} while (mark == 0);
	return mark;
}

static int add_ways(struct divert *divert, struct error *err)
{
	int r = 0;

	for (u32 i = 0; r == 0 && i < divert->port_count; i++) {
		struct port *port = &divert->ports[i];

		port->mark = new_mark();
		r = device_make(divert, port, err);
		if (r < 0)
			(void)error_prefix(err, "%s", port->name);
	}
	/* From here on frames come. */
	for (u32 i = 0; r == 0 && i < divert->port_count; i++) {
		r = rules_add(divert, &divert->ports[i], err);
		if (r < 0)
			(void)error_prefix(err, "%s", divert->ports[i].name);
	}
	return r;
}

static int open_out(struct divert *divert, struct error *err)
{
	const int one = 1;

	divert->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	/* Of no protocol: it is for sending only. */
	divert->out = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (divert->out < 0)
		return error_set(err, -errno, "frames cannot be sent from here: %s",
				 strerror(errno));
	if (divert->wake < 0)
		return error_set(err, ERR_IO, "no event descriptor: %s", strerror(errno));
	(void)setsockopt(divert->out, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	return 0;
}

/* Signals are for others. */
static int start_thread(struct divert *divert, struct error *err)
{
	sigset_t all, old;
	int code;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	code = pthread_create(&divert->thread, NULL, frames_run, divert);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	divert->running = code == 0;
	return code == 0 ? 0 : error_set(err, ERR_AGAIN, "no thread: %s", strerror(code));
}

static int start(struct divert *divert, const struct divert_options *options, struct error *err)
{
	int r = open_out(divert, err);

	if (r == 0)
		r = netlink_open(NETLINK_ROUTE, &divert->route, err);
	if (r == 0)
		r = netlink_open(NETLINK_NETFILTER, &divert->filter, err);
	if (r == 0)
		device_sweep(divert);
	for (u32 i = 0; r == 0 && i < options->interface_count; i++)
		r = open_port(divert, options->interfaces[i], err);
	if (r == 0)
		r = add_ways(divert, err);
	return r < 0 ? r : start_thread(divert, err);
}

int divert_start(const struct divert_options *options, struct divert **ret_divert,
		 struct error *err)
{
	struct divert *divert =
		mem_zalloc(sizeof(*divert) + options->interface_count * sizeof(struct port));
	int r;

	if (divert == NULL)
		return error_set(err, ERR_NOMEM, "out of memory");
	divert->route.fd = divert->filter.fd = divert->wake = divert->out = -1;
	divert->busy_poll_ns = options->busy_poll_ns;
	divert->frame = os_low_alloc(FRAME_ROOM);
	divert->fds = mem_zalloc_array((size_t)options->interface_count + 1, sizeof(*divert->fds));
	for (u32 i = 0; i < MIN(options->hook_count, (u32)DIVERT_HOOKS); i++)
		divert->hooks[divert->hook_count++] = options->hooks[i];
	if (divert->frame == NULL || divert->fds == NULL)
		r = error_set(err, ERR_NOMEM, "no memory for frames");
	else if (options->hook_count > DIVERT_HOOKS)
		r = error_set(err, ERR_INVAL, "more than %u hooks", DIVERT_HOOKS);
	else
		r = start(divert, options, err);
	if (r < 0) {
		divert_stop(divert, NULL);
		return r;
	}
	*ret_divert = divert;
	return 0;
}

void divert_stop(struct divert *divert, struct divert_stats *ret_stats)
{
	const u64 one = 1;

	if (divert == NULL)
		return;
	for (u32 i = 0; i < divert->port_count; i++)
		rules_stop(divert, &divert->ports[i]);
	if (divert->running) {
		__atomic_store_n(&divert->over, true, __ATOMIC_RELEASE);
		(void)!write(divert->wake, &one, sizeof(one));
		(void)pthread_join(divert->thread, NULL);
	}
	for (u32 i = 0; i < divert->port_count; i++) {
		struct port *port = &divert->ports[i];

		rules_remove(divert, port);
		device_remove(divert, port);
		if (port->lock >= 0)
			close(port->lock);
		if (ret_stats != NULL)
			ret_stats[i] = port->stats;
	}
	netlink_close(&divert->filter);
	netlink_close(&divert->route);
	if (divert->wake >= 0)
		close(divert->wake);
	if (divert->out >= 0)
		close(divert->out);
	os_low_free(divert->frame, FRAME_ROOM);
	mem_free(divert->fds);
	mem_free(divert);
}
