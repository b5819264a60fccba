/* SPDX-License-Identifier: MIT */
/* The thread that takes frames, asks programs, and acts on what they say. */
#include <errno.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "divert/internal.h"
#include "os/os.h"

#define BURST	    64	 /* frames that programs are asked about in one go */
#define LAST_BURSTS 1024 /* of those that are still under way at the end */
#define MAC_FROM    6	 /* where a frame has its sender */
#define HEADER	    14

/* Our devices' own network stacks are of this host, and not of the interface. */
static bool is_stray(const struct port *port, const u8 *frame, size_t len)
{
	return len < HEADER || memcmp(frame + MAC_FROM, port->tap_mac, MAC_LEN) == 0 ||
	       memcmp(frame + MAC_FROM, port->a_mac, MAC_LEN) == 0;
}

/* --- what becomes of a frame --- */

static void give_back(struct port *port, const struct runtime_packet *packet)
{
	size_t len = (size_t)(packet->end - packet->data);

	port->stats.passed++;
	if (write(port->tap, packet->data, len) != (ssize_t)len)
		port->stats.lost++;
}

static void send_by(struct divert *divert, struct port *port, u32 ifindex,
		    const struct runtime_packet *packet)
{
	const struct sockaddr_ll to = { .sll_family = AF_PACKET,
					.sll_ifindex = (int)ifindex,
					.sll_halen = MAC_LEN };
	size_t len = (size_t)(packet->end - packet->data);

	if (sendto(divert->out, packet->data, len, 0, (const struct sockaddr *)&to, sizeof(to)) !=
	    (ssize_t)len)
		port->stats.lost++;
}

static void act(struct divert *divert, struct port *port, const struct net_frame *frame)
{
	port->stats.seen++;
	switch (frame->verdict) {
	case NET_FRAME_PASS: give_back(port, &frame->packet); break;
	case NET_FRAME_DROP:
		port->stats.dropped++;
		port->stats.aborted += frame->aborted;
		break;
	case NET_FRAME_TX:
		port->stats.sent++;
		send_by(divert, port, port->ifindex, &frame->packet);
		break;
	case NET_FRAME_REDIRECT:
		port->stats.redirected++;
		for (u32 i = 0; i < frame->target_count; i++)
			send_by(divert, port, frame->targets[i], &frame->packet);
		break;
	}
}

/* --- bursts --- */

struct burst {
	struct hook_batch batches[DIVERT_HOOKS];
	u32 count;
};

/* False: programs cannot be asked now. Frames wait. */
static bool burst_begin(struct divert *divert, struct burst *burst)
{
	burst->count = 0;
	for (u32 i = 0; i < divert->hook_count; i++) {
		if (net_xdp_begin(divert->hooks[i], &burst->batches[i]) != 0)
			return false;
		burst->count++;
	}
	return true;
}

static void burst_end(struct burst *burst)
{
	for (u32 i = burst->count; i-- > 0;)
		net_xdp_end(&burst->batches[i]);
}

static void judge(struct divert *divert, const struct burst *burst, struct net_frame *frame)
{
	frame->verdict = NET_FRAME_PASS;
	for (u32 i = 0; i < burst->count && frame->verdict == NET_FRAME_PASS; i++) {
		/* Metadata is one program's. */
		frame->packet.meta = frame->packet.data;
		net_xdp_frame(divert->hooks[i], &burst->batches[i], frame);
	}
}

/* How many frames there were. */
static u32 take_burst(struct divert *divert, struct port *port, struct net_frame *frame)
{
	u8 *data = divert->frame + PACKET_HEADROOM;
	struct burst burst;
	u32 count = 0;

	if (burst_begin(divert, &burst)) {
		for (; count < BURST; count++) {
			ssize_t got = read(port->tap, data, FRAME_MAX);

			if (got <= 0)
				break;
			if (is_stray(port, data, (size_t)got))
				continue;
			frame->packet = (struct runtime_packet){
				.low = divert->frame,
				.high = divert->frame + FRAME_ROOM,
				.meta = data,
				.data = data,
				.end = data + got,
			};
			frame->ifindex = port->ifindex;
			judge(divert, &burst, frame);
			act(divert, port, frame);
		}
	}
	burst_end(&burst);
	return count;
}

static u32 take_all(struct divert *divert, struct net_frame *frame)
{
	u32 count = 0;

	for (u32 i = 0; i < divert->port_count; i++)
		count += take_burst(divert, &divert->ports[i], frame);
	return count;
}

static void sleep_until_frames(struct divert *divert, struct pollfd *fds)
{
	while (poll(fds, divert->port_count + 1, -1) < 0 && errno == EINTR) {
	}
}

static bool is_over(const struct divert *divert)
{
	return __atomic_load_n(&divert->over, __ATOMIC_ACQUIRE);
}

static void serve(struct divert *divert, struct pollfd *fds, struct net_frame *frame)
{
	u64 last = 0;

	fds[0] = (struct pollfd){ .fd = divert->wake, .events = POLLIN };
	for (u32 i = 0; i < divert->port_count; i++)
		fds[i + 1] = (struct pollfd){ .fd = divert->ports[i].tap, .events = POLLIN };
	while (!is_over(divert)) {
		if (take_all(divert, frame) > 0) {
			if (divert->busy_poll_ns > 0)
				last = os_clock_monotonic();
			continue;
		}
		if (divert->busy_poll_ns == 0 ||
		    os_clock_monotonic() - last >= divert->busy_poll_ns)
			sleep_until_frames(divert, fds);
	}
	for (u32 i = 0; i < LAST_BURSTS && take_all(divert, frame) > 0; i++) {
	}
}

void *frames_run(void *arg)
{
	struct divert *divert = arg;

	serve(divert, divert->fds, &divert->judged);
	return NULL;
}
