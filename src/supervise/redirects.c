/* SPDX-License-Identifier: MIT */
/* The last connections that were redirected. A proxy may ask before the call that connects has come
 * back: what is not known before that is asked of the socket itself, as long as we have it. */
#include "supervise/redirects.h"

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "supervise/diag.h"
#include "supervise/internal.h"

#define SLOTS 4096

struct redirect {
	u32 slot;
	int fd; /* while it is being made; -1: after that */
	struct diag_id id;
	struct net_address origin;
	u32 process;
	u32 context_len;
	u8 context[];
};

struct redirects {
	pthread_mutex_t mutex;
	int diag;
	u64 netns; /* that the kernel answers for */
	struct redirect *slots[SLOTS];
	u32 next;
};

static u64 cookie(int fd, int option)
{
	u64 value = 0;
	socklen_t len = sizeof(value);

	(void)getsockopt(fd, SOL_SOCKET, option, &value, &len);
	return value;
}

/* --- keeping them --- */

struct redirects *redirects_new(void)
{
	struct redirects *redirects = mem_zalloc(sizeof(*redirects));

	if (redirects == NULL)
		return NULL;
	(void)pthread_mutex_init(&redirects->mutex, NULL);
	redirects->diag = diag_open(false);
	if (redirects->diag < 0) {
		redirects_free(redirects);
		return NULL;
	}
	redirects->netns = cookie(redirects->diag, SO_NETNS_COOKIE);
	return redirects;
}

void redirects_free(struct redirects *redirects)
{
	if (redirects == NULL)
		return;
	for (u32 i = 0; i < SLOTS; i++)
		mem_free(redirects->slots[i]);
	if (redirects->diag >= 0)
		close(redirects->diag);
	mem_free(redirects);
}

/* Under the mutex: the oldest goes, but those that are being made. */
static bool put(struct redirects *redirects, struct redirect *redirect)
{
	for (u32 i = 0; i < SLOTS; i++) {
		u32 slot = (redirects->next + i) % SLOTS;
		struct redirect *old = redirects->slots[slot];

		if (old != NULL && old->fd >= 0)
			continue;
		mem_free(old);
		redirects->slots[slot] = redirect;
		redirects->next = (slot + 1) % SLOTS;
		redirect->slot = slot;
		return true;
	}
	return false;
}

static void complete(struct redirect *redirect)
{
	static const u8 any[16];
	struct diag_id *id = &redirect->id;
	int interface = 0;
	socklen_t len = sizeof(interface);

	if (!address_of_socket(redirect->fd, getsockname, &id->local))
		return;
	/* Nowhere in particular is this machine. */
	if (memcmp(id->remote.ip, any, sizeof(any)) == 0)
		memcpy(id->remote.ip, id->local.ip, sizeof(any));
	if (getsockopt(redirect->fd, SOL_SOCKET, SO_BINDTOIFINDEX, &interface, &len) == 0)
		id->interface = (u32)interface;
}

struct redirect *redirect_begin(const struct call *call)
{
	struct redirects *redirects = call->server->options->redirects;
	const struct net_event *event = &call->event;
	struct redirect *redirect;
	bool kept;

	if (redirects == NULL || !call->redirected || call->type != SOCK_STREAM ||
	    cookie(call->socket, SO_NETNS_COOKIE) != redirects->netns)
		return NULL;
	redirect = mem_zalloc(sizeof(*redirect) + event->redirect_context_len);
	if (redirect == NULL)
		return NULL;
	redirect->fd = call->socket;
	redirect->id.cookie = cookie(call->socket, SO_COOKIE);
	redirect->id.remote = event->remote;
	redirect->origin = call->origin;
	redirect->process = call->target->tgid;
	redirect->context_len = event->redirect_context_len;
	if (redirect->context_len > 0)
		memcpy(redirect->context, event->redirect_context, redirect->context_len);
	(void)pthread_mutex_lock(&redirects->mutex);
	kept = put(redirects, redirect);
	(void)pthread_mutex_unlock(&redirects->mutex);
	if (kept)
		return redirect;
	mem_free(redirect);
	return NULL;
}

void redirect_end(const struct call *call, struct redirect *redirect)
{
	struct redirects *redirects = call->server->options->redirects;

	if (redirect == NULL)
		return;
	(void)pthread_mutex_lock(&redirects->mutex);
	complete(redirect);
	redirect->fd = -1;
	(void)pthread_mutex_unlock(&redirects->mutex);
}

/* --- asking --- */

/* IPv4 is IPv4, whichever sockets the two sides have. */
static struct net_address plain(struct net_address address)
{
	static const u8 mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (address.family == NET_IP6 && memcmp(address.ip, mapped, sizeof(mapped)) == 0) {
		memcpy(address.ip, address.ip + sizeof(mapped), 4);
		memset(address.ip + 4, 0, sizeof(mapped));
		address.family = NET_IP4;
	}
	return address;
}

static bool same_address(const struct net_address *a, const struct net_address *b)
{
	struct net_address x = plain(*a), y = plain(*b);

	return x.family == y.family && x.port == y.port && memcmp(x.ip, y.ip, sizeof(x.ip)) == 0;
}

/* Under the mutex. */
static const struct redirect *find(struct redirects *redirects,
				   const struct redirect_question *question)
{
	for (u32 i = 1; i <= SLOTS; i++) {
		u32 slot = (redirects->next + SLOTS - i) % SLOTS;
		struct redirect *redirect = redirects->slots[slot];

		if (redirect == NULL)
			continue;
		if (redirect->fd >= 0)
			complete(redirect);
		if (redirect->id.local.port == question->local.port &&
		    same_address(&redirect->id.local, &question->local) &&
		    same_address(&redirect->id.remote, &question->remote) &&
		    diag_ask(redirects->diag, &redirect->id) != DIAG_NONE)
			return redirect;
	}
	return NULL;
}

bool redirects_find(struct redirects *redirects, const struct redirect_question *question,
		    struct redirect_answer *ret_answer)
{
	const struct redirect *redirect;

	if (redirects == NULL || question->netns != redirects->netns)
		return false;
	(void)pthread_mutex_lock(&redirects->mutex);
	redirect = find(redirects, question);
	if (redirect != NULL) {
		memset(ret_answer, 0, sizeof(*ret_answer));
		ret_answer->origin = plain(redirect->origin);
		ret_answer->process = redirect->process;
		ret_answer->context_len = redirect->context_len;
		memcpy(ret_answer->context, redirect->context, redirect->context_len);
	}
	(void)pthread_mutex_unlock(&redirects->mutex);
	return redirect != NULL;
}
