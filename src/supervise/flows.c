/* SPDX-License-Identifier: MIT */
/* Connections that are there later than the call that began them has ended, and the end of each. No
 * descriptor is kept for it: the kernel tells which TCP sockets are gone, and is asked now and then
 * about those whose connection is being made. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "os/os.h"
#include "supervise/diag.h"
#include "supervise/internal.h"

#define TICK_MS_FIRST 1
#define TICK_MS_LAST  50
#define NS_PER_MS     1000000
#define BUCKETS_FIRST 64 /* a power of two */
#define GRACE_MS      50 /* for what the kernel has not told yet */

struct flow {
	struct flow *next;	/* of its bucket */
	struct flow *next_made; /* of those whose connection is being made */
	struct diag_id id;
	u64 netns;
	u32 process, thread, compartment;
	/* FAILED: it may have been there for a moment; what the kernel says in the end tells. */
	enum { FLOW_PENDING, FLOW_FAILED, FLOW_MADE } state;
};

struct flows {
	struct server *server;
	pthread_t thread;
	int ends, questions; /* of diag.h */
	int wake;	     /* eventfd: there is something new to look at, or all is over */
	u64 netns;	     /* ours: the only one that the kernel tells us about */
	u64 seed;
	pthread_mutex_t mutex;
	/* Under the mutex. */
	struct flow **buckets;
	u32 bucket_count; /* a power of two */
	u32 count;
	struct flow *pending;
	u64 next_look; /* at those, by the clock */
	u32 tick;      /* milliseconds from that one to the one after it */
	bool over;
};

/* --- the table; all under the mutex --- */

static struct flow **place(const struct flows *flows, u64 cookie)
{
	u64 at = hash_mix(cookie ^ flows->seed) & (flows->bucket_count - 1);
	struct flow **link = &flows->buckets[at];

	while (*link != NULL && (*link)->id.cookie != cookie)
		link = &(*link)->next;
	return link;
}

/* Without memory the chains get longer. */
static void grow(struct flows *flows)
{
	struct flow **old = flows->buckets, *flow, *next;
	u32 old_count = flows->bucket_count;
	struct flow **buckets = mem_zalloc_array((size_t)old_count * 2, sizeof(struct flow *));

	if (buckets == NULL)
		return;
	flows->buckets = buckets;
	flows->bucket_count = old_count * 2;
	for (u32 i = 0; i < old_count; i++)
		for (flow = old[i]; flow != NULL; flow = next) {
			struct flow **link = place(flows, flow->id.cookie);

			next = flow->next;
			flow->next = NULL;
			*link = flow;
		}
	mem_free(old);
}

static struct flow *add(struct flows *flows, u64 cookie)
{
	struct flow *flow = mem_zalloc(sizeof(*flow));

	if (flow == NULL)
		return NULL;
	if (flows->count >= flows->bucket_count)
		grow(flows);
	flow->id.cookie = cookie;
	flow->state = FLOW_FAILED;
	*place(flows, cookie) = flow;
	flows->count++;
	return flow;
}

static void not_pending(struct flows *flows, const struct flow *flow)
{
	struct flow **link = &flows->pending;

	while (*link != NULL && *link != flow)
		link = &(*link)->next_made;
	if (*link != NULL)
		*link = flow->next_made;
}

static void drop(struct flows *flows, struct flow **link)
{
	struct flow *flow = *link;

	if (flow->state == FLOW_PENDING)
		not_pending(flows, flow);
	*link = flow->next;
	flows->count--;
	mem_free(flow);
}

/* --- telling --- */

/* The task may be gone by now, and its number another's. */
static u64 number(void *arg, enum net_question question)
{
	const struct flow *flow = arg;

	switch (question) {
	case NET_SOCKET_COOKIE: return flow->id.cookie;
	case NET_NETNS_COOKIE: return flow->netns;
	case NET_UID_GID: return (u64)OS_NOBODY << 32 | OS_NOBODY;
	case NET_LOGON_ID:
	case NET_IS_ADMIN:
	case NET_PROCESS_START_KEY:
	case NET_THREAD_CREATED:
	case NET_INTERFACE_TYPE: return 0;
	}
	return 0;
}

static void name(UNUSED void *arg, UNUSED char *buf, UNUSED size_t size) {}

static const struct net_asker asker = { NULL, number, name };

static void tell(const struct flows *flows, struct flow *flow, enum net_operation operation)
{
	const struct supervise_options *options = flows->server->options;
	struct net_event event = {
		.operation = operation,
		.process = flow->process,
		.thread = flow->thread,
		.compartment = flow->compartment,
		.protocol = IPPROTO_TCP,
		.socket_type = SOCK_STREAM,
		.interface_luid = flow->id.interface,
		.flow = flow->id.cookie,
		.local = flow->id.local,
		.remote = flow->id.remote,
		.asker = &asker,
		.asker_arg = flow,
	};

	for (u32 i = 0; i < options->net_count; i++)
		(void)net_permits(options->nets[i], &event);
}

static void tell_end(const struct flows *flows, struct flow *flow)
{
	if (flow->state == FLOW_MADE)
		tell(flows, flow, NET_DELETED);
}

static void tell_made(struct flows *flows, struct flow *flow)
{
	if (flow->state == FLOW_PENDING)
		not_pending(flows, flow);
	flow->state = FLOW_MADE;
	tell(flows, flow, NET_ESTABLISHED_ACTIVE);
}

/* --- what happens by itself; under the mutex --- */

static void look_at_pending(struct flows *flows)
{
	struct flow *next;

	for (struct flow *flow = flows->pending; flow != NULL; flow = next) {
		enum diag_state state = diag_ask(flows->questions, &flow->id);

		next = flow->next_made;
		if (state == DIAG_MADE) {
			tell_made(flows, flow);
		} else if (state == DIAG_NONE) {
			not_pending(flows, flow);
			flow->state = FLOW_FAILED;
		}
	}
	flows->tick = MIN(flows->tick * 2, (u32)TICK_MS_LAST);
	flows->next_look = os_clock_monotonic() + flows->tick * (u64)NS_PER_MS;
}

/* The kernel had more to tell than we could hear. */
static void look_at_all(struct flows *flows)
{
	look_at_pending(flows);
	for (u32 i = 0; i < flows->bucket_count; i++)
		for (struct flow **link = &flows->buckets[i]; *link != NULL;) {
			if ((*link)->state == FLOW_PENDING ||
			    diag_ask(flows->questions, &(*link)->id) == DIAG_MADE) {
				link = &(*link)->next;
				continue;
			}
			tell_end(flows, *link);
			drop(flows, link);
		}
}

static void hear_ends(struct flows *flows)
{
	struct diag_end end;
	int r;

	while ((r = diag_next_end(flows->ends, &end)) > 0) {
		struct flow **link = place(flows, end.cookie);

		if (*link == NULL)
			continue;
		if ((*link)->state != FLOW_MADE && end.made)
			tell_made(flows, *link);
		tell_end(flows, *link);
		drop(flows, link);
	}
	if (r == -ENOBUFS)
		look_at_all(flows);
}

/* Until something is to be looked at, in milliseconds; -1: until somebody says so. */
static int next_tick(const struct flows *flows, u64 now)
{
	if (flows->pending == NULL)
		return -1;
	return flows->next_look <= now ? 0 : (int)((flows->next_look - now) / NS_PER_MS) + 1;
}

static void *watch(void *arg)
{
	struct flows *flows = arg;
	struct pollfd fds[] = { { .fd = flows->ends, .events = POLLIN },
				{ .fd = flows->wake, .events = POLLIN } };
	bool over = false;
	int tick = -1;
	u64 count;

	while (!over) {
		if (poll(fds, ARRAY_COUNT(fds), tick) < 0 && errno != EINTR)
			break;
		if ((fds[1].revents & POLLIN) != 0 && read(flows->wake, &count, sizeof(count)) < 0)
			break;
		(void)pthread_mutex_lock(&flows->mutex);
		if (flows->over || os_clock_monotonic() >= flows->next_look)
			look_at_pending(flows);
		hear_ends(flows);
		over = flows->over;
		tick = next_tick(flows, os_clock_monotonic());
		(void)pthread_mutex_unlock(&flows->mutex);
	}
	return NULL;
}

static void wake(const struct flows *flows)
{
	const u64 one = 1;

	if (write(flows->wake, &one, sizeof(one)) < 0)
		return; /* it is awake */
}

/* --- what calls do --- */

static u64 cookie(int fd, int option)
{
	u64 value = 0;
	socklen_t len = sizeof(value);

	(void)getsockopt(fd, SOL_SOCKET, option, &value, &len);
	return value;
}

/* Nowhere in particular is this machine, in the address that the socket has got for it. */
static void describe(struct call *call, struct flow *flow)
{
	static const u8 any[16];
	const struct net_event *event = &call->event;

	flow->id.local = event->local;
	flow->id.remote = event->remote;
	if (memcmp(event->remote.ip, any, sizeof(any)) == 0)
		memcpy(flow->id.remote.ip, event->local.ip, sizeof(any));
	flow->id.interface = (u32)event->interface_luid;
	flow->compartment = event->compartment;
	flow->process = event->process;
	flow->thread = event->thread;
}

static bool same_address(const struct net_address *a, const struct net_address *b)
{
	return a->family == b->family && a->port == b->port &&
	       memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

static bool same_connection(const struct flow *a, const struct flow *b)
{
	return same_address(&a->id.local, &b->id.local) &&
	       same_address(&a->id.remote, &b->id.remote);
}

/* Under the mutex: whether there is a connection that nobody has told of. */
static bool take(struct flows *flows, const struct flow *seen, bool made)
{
	struct flow *flow = *place(flows, seen->id.cookie);

	if (flow != NULL && flow->state == FLOW_MADE && made && same_connection(flow, seen))
		return false;
	if (flow == NULL)
		flow = add(flows, seen->id.cookie);
	if (flow == NULL)
		return made;
	tell_end(flows, flow); /* of the one before */
	if (flow->state == FLOW_PENDING)
		not_pending(flows, flow);
	flow->id = seen->id;
	flow->netns = seen->netns;
	flow->process = seen->process;
	flow->thread = seen->thread;
	flow->compartment = seen->compartment;
	flow->state = made ? FLOW_MADE : FLOW_PENDING;
	if (made)
		return true;
	flow->next_made = flows->pending;
	flows->pending = flow;
	flows->tick = TICK_MS_FIRST;
	flows->next_look = 0;
	return false;
}

bool flow_take(struct call *call, bool made)
{
	struct flows *flows = call->server->flows;
	struct net_event *event = &call->event;
	struct flow seen;
	bool news;

	if (flows == NULL)
		return made;
	memset(&seen, 0, sizeof(seen));
	seen.id.cookie = cookie(call->socket, SO_COOKIE);
	seen.netns = cookie(call->socket, SO_NETNS_COOKIE);
	target_describe(call, NET_ESTABLISHED_ACTIVE);
	event->asker->tell(call, event,
			   NET_PROTOCOL | NET_INTERFACE_LUID | NET_COMPARTMENT | NET_LOCAL);
	if (seen.id.cookie == 0 || seen.netns != flows->netns || event->protocol != IPPROTO_TCP)
		return made;
	describe(call, &seen);
	(void)pthread_mutex_lock(&flows->mutex);
	news = take(flows, &seen, made);
	(void)pthread_mutex_unlock(&flows->mutex);
	if (!made)
		wake(flows);
	return news;
}

void flow_cut(struct call *call)
{
	struct flows *flows = call->server->flows;
	struct flow **link;

	if (flows == NULL)
		return;
	(void)pthread_mutex_lock(&flows->mutex);
	link = place(flows, cookie(call->socket, SO_COOKIE));
	if (*link != NULL) {
		tell_end(flows, *link);
		drop(flows, link);
	}
	(void)pthread_mutex_unlock(&flows->mutex);
}

/* --- from start to end --- */

static void free_flows(struct flows *flows)
{
	const int fds[] = { flows->ends, flows->questions, flows->wake };

	for (u32 i = 0; flows->buckets != NULL && i < flows->bucket_count; i++)
		while (flows->buckets[i] != NULL)
			drop(flows, &flows->buckets[i]);
	for (size_t i = 0; i < ARRAY_COUNT(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	mem_free(flows->buckets);
	mem_free(flows);
}

struct flows *flows_start(struct server *server)
{
	struct flows *flows = mem_zalloc(sizeof(*flows));

	if (flows == NULL)
		return NULL;
	flows->server = server;
	flows->bucket_count = BUCKETS_FIRST;
	flows->buckets = mem_zalloc_array(BUCKETS_FIRST, sizeof(struct flow *));
	flows->ends = diag_open(true);
	flows->questions = diag_open(false);
	flows->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	os_random(&flows->seed, sizeof(flows->seed));
	(void)pthread_mutex_init(&flows->mutex, NULL);
	if (flows->buckets == NULL || flows->ends < 0 || flows->questions < 0 || flows->wake < 0)
		goto out_free;
	flows->netns = cookie(flows->ends, SO_NETNS_COOKIE);
	if (pthread_create(&flows->thread, NULL, watch, flows) == 0)
		return flows;
out_free:
	free_flows(flows);
	return NULL;
}

/* Whether there are some of which only the kernel can tell whether they ever were there. */
static bool has_open_questions(const struct flows *flows)
{
	for (u32 i = 0; i < flows->bucket_count; i++)
		for (const struct flow *flow = flows->buckets[i]; flow != NULL; flow = flow->next)
			if (flow->state != FLOW_MADE)
				return true;
	return false;
}

/* Nobody is left who has a connection: what the kernel still brings to its end has ended for all
 * who were told of it. */
void flows_stop(struct flows *flows)
{
	struct pollfd ends;

	if (flows == NULL)
		return;
	(void)pthread_mutex_lock(&flows->mutex);
	flows->over = true;
	(void)pthread_mutex_unlock(&flows->mutex);
	wake(flows);
	(void)pthread_join(flows->thread, NULL);
	ends = (struct pollfd){ .fd = flows->ends, .events = POLLIN };
	while (has_open_questions(flows) && poll(&ends, 1, GRACE_MS) > 0)
		hear_ends(flows);
	for (u32 i = 0; i < flows->bucket_count; i++)
		for (struct flow *flow = flows->buckets[i]; flow != NULL; flow = flow->next)
			tell_end(flows, flow);
	free_flows(flows);
}
