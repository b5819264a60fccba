/* SPDX-License-Identifier: MIT */
/* Events as contexts of both dialects, and what programs have changed in those. */
#include "base/mem.h"
#include "base/str.h"
#include "net/internal.h"
#include "os/os.h"

static void put_port(u8 bytes[2], u16 port)
{
	bytes[0] = (u8)(port >> 8);
	bytes[1] = (u8)port;
}

static u16 get_port(const u8 bytes[2])
{
	return (u16)(bytes[0] << 8 | bytes[1]);
}

/* --- IPv4 in IPv6 --- */

static const u8 mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

bool net_is_mapped(const struct net_address *address)
{
	return address->family == NET_IP6 &&
	       memcmp(address->ip, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

void net_unmap(struct net_address *address)
{
	memcpy(address->ip, address->ip + 12, 4);
	memset(address->ip + 4, 0, 12);
	address->family = NET_IP4;
}

void net_map(struct net_address *address)
{
	memcpy(address->ip + 12, address->ip, 4);
	memcpy(address->ip, mapped_prefix, sizeof(mapped_prefix));
	address->family = NET_IP6;
}

static size_t ip_len(const struct net_address *address)
{
	return address->family == NET_IP4 ? 4 : 16;
}

static u32 family_of(const struct net_address *address, u32 inet6)
{
	return address->family == NET_IP4 ? NET_AF_INET : address->family == NET_IP6 ? inet6 : 0;
}

/* --- Windows --- */

static void fill_win_bind(struct net_call *call)
{
	struct net_win_bind *ctx = &call->context.win_bind;
	const struct net_event *event = call->event;
	u16 family = (u16)family_of(&call->user, NET_AF_INET6_WINDOWS);

	ctx->process_id = event->process;
	memcpy(ctx->address, &family, sizeof(family));
	put_port(ctx->address + 2, call->user.port);
	/* A SOCKADDR_IN6 has its flow label before the address, and more of that than fits. */
	if (call->user.family == NET_IP4)
		memcpy(ctx->address + 4, call->user.ip, 4);
	else
		memcpy(ctx->address + 8, call->user.ip, 8);
	ctx->address_len = sizeof(ctx->address);
}

static void fill_win_sock_addr(struct net_call *call)
{
	struct net_win_sock_addr *ctx = &call->context.win_sock_addr;

	ctx->family = family_of(&call->user, NET_AF_INET6_WINDOWS);
	memcpy(ctx->user_ip, call->user.ip, ip_len(&call->user));
	put_port(ctx->user_port, call->user.port);
}

static void put_win_source(struct net_call *call)
{
	struct net_win_sock_addr *ctx = &call->context.win_sock_addr;
	struct net_address source = call->event->local;

	if (call->user.family == NET_IP4 && net_is_mapped(&source))
		net_unmap(&source);
	if (call->event->operation == NET_BIND || source.family != call->user.family)
		return;
	memcpy(ctx->source_ip, source.ip, ip_len(&source));
	put_port(ctx->source_port, source.port);
}

static void fill_win_sock_ops(struct net_call *call)
{
	struct net_win_sock_ops *ctx = &call->context.win_sock_ops;
	const struct net_event *event = call->event;
	struct net_address local;

	net_need(call->event, NET_LOCAL);
	local = event->local;
	if (call->user.family == NET_IP4 && net_is_mapped(&local))
		net_unmap(&local);
	ctx->op = (u32)(event->operation - NET_ESTABLISHED_ACTIVE);
	ctx->family = family_of(&call->user, NET_AF_INET6_WINDOWS);
	memcpy(ctx->remote_ip, call->user.ip, ip_len(&call->user));
	put_port((u8 *)&ctx->remote_port, call->user.port);
	memcpy(ctx->local_ip, local.ip, ip_len(&local));
	put_port((u8 *)&ctx->local_port, local.port);
}

/* --- Linux --- */

static void fill_lnx_sock_addr(struct net_call *call)
{
	struct net_lnx_sock_addr *ctx = &call->context.lnx_sock_addr;
	const struct net_event *event = call->event;

	ctx->user_family = ctx->family = family_of(&call->user, NET_AF_INET6_LINUX);
	ctx->type = event->socket_type;
	put_port(ctx->user_port, call->user.port);
	if (call->user.family == NET_IP4)
		memcpy(ctx->user_ip4, call->user.ip, 4);
	else
		memcpy(ctx->user_ip6, call->user.ip, 16);
	if (event->operation != NET_SEND)
		return;
	net_need(call->event, NET_LOCAL);
	if (event->local.family != call->user.family)
		return;
	if (call->user.family == NET_IP4)
		memcpy(ctx->source_ip4, event->local.ip, 4);
	else
		memcpy(ctx->source_ip6, event->local.ip, 16);
}

#define LNX_ACTIVE_ESTABLISHED 4

static void fill_lnx_sock_ops(struct net_call *call)
{
	struct net_lnx_sock_ops *ctx = &call->context.lnx_sock_ops;
	const struct net_event *event = call->event;

	net_need(call->event, NET_LOCAL);
	ctx->op = LNX_ACTIVE_ESTABLISHED + (u32)(event->operation - NET_ESTABLISHED_ACTIVE);
	ctx->family = family_of(&call->user, NET_AF_INET6_LINUX);
	put_port(ctx->remote_port + 2, call->user.port);
	ctx->local_port = event->local.port;
	if (call->user.family == NET_IP4) {
		memcpy(ctx->remote_ip4, call->user.ip, 4);
		memcpy(ctx->local_ip4, event->local.ip, 4);
	} else {
		memcpy(ctx->remote_ip6, call->user.ip, 16);
		memcpy(ctx->local_ip6, event->local.ip, 16);
	}
}

void net_fill_context(struct net_call *call)
{
	memset(&call->context, 0, sizeof(call->context));
	switch (call->layout) {
	case NET_WIN_BIND: fill_win_bind(call); break;
	case NET_WIN_SOCK_ADDR: fill_win_sock_addr(call); break;
	case NET_WIN_SOCK_OPS: fill_win_sock_ops(call); break;
	case NET_LNX_SOCK_ADDR: fill_lnx_sock_addr(call); break;
	case NET_LNX_SOCK_OPS: fill_lnx_sock_ops(call); break;
	}
}

/* --- what is expensive to know --- */

#define NET_LAYOUTS (NET_LNX_SOCK_OPS + 1)
#define DETAILS	    4

/* Of four bytes, or twice as many. */
#define FOUR(type, field)  (1ull << offsetof(struct type, field) / 4)
#define EIGHT(type, field) (3ull << offsetof(struct type, field) / 4)

static const struct {
	u64 loads;
	u32 detail;
} details[NET_LAYOUTS][DETAILS] = {
	[NET_WIN_BIND] = { { EIGHT(net_win_bind, app_id_start) | EIGHT(net_win_bind, app_id_end),
			     NET_APP_ID },
			   { FOUR(net_win_bind, protocol), NET_PROTOCOL } },
	[NET_WIN_SOCK_ADDR] = { { 31ull << offsetof(struct net_win_sock_addr, source_ip) / 4,
				  NET_LOCAL },
				{ FOUR(net_win_sock_addr, protocol), NET_PROTOCOL },
				{ FOUR(net_win_sock_addr, compartment), NET_COMPARTMENT },
				{ EIGHT(net_win_sock_addr, interface_luid), NET_INTERFACE_LUID } },
	[NET_WIN_SOCK_OPS] = { { FOUR(net_win_sock_ops, protocol), NET_PROTOCOL },
			       { FOUR(net_win_sock_ops, compartment), NET_COMPARTMENT },
			       { EIGHT(net_win_sock_ops, interface_luid), NET_INTERFACE_LUID } },
	[NET_LNX_SOCK_ADDR] = { { FOUR(net_lnx_sock_addr, protocol), NET_PROTOCOL } },
};

void net_need(struct net_event *event, u32 wanted)
{
	u32 missing = wanted & ~event->known;

	if (missing == 0 || event->asker == NULL || event->asker->tell == NULL)
		return;
	event->known |= missing;
	event->asker->tell(event->asker_arg, event, missing);
}

static void put_details(struct net_call *call, u32 wanted)
{
	const struct net_event *event = call->event;
	union net_context *ctx = &call->context;

	switch (call->layout) {
	case NET_WIN_BIND:
		ctx->win_bind.protocol = event->protocol;
		if ((wanted & NET_APP_ID) == 0)
			break;
		ctx->win_bind.app_id_start = (u64)(uintptr_t)event->app_id;
		ctx->win_bind.app_id_end =
			ctx->win_bind.app_id_start + event->app_id_len * sizeof(u16);
		break;
	case NET_WIN_SOCK_ADDR:
		put_win_source(call);
		ctx->win_sock_addr.protocol = event->protocol;
		ctx->win_sock_addr.compartment = event->compartment;
		ctx->win_sock_addr.interface_luid = event->interface_luid;
		break;
	case NET_WIN_SOCK_OPS:
		ctx->win_sock_ops.protocol = event->protocol;
		ctx->win_sock_ops.compartment = event->compartment;
		ctx->win_sock_ops.interface_luid = event->interface_luid;
		break;
	case NET_LNX_SOCK_ADDR: ctx->lnx_sock_addr.protocol = event->protocol; break;
	case NET_LNX_SOCK_OPS: break;
	}
}

void net_fill_details(UNUSED void *arg, void *context, u64 loads)
{
	struct net_call *call = net_call_of(context);
	u32 wanted = 0;

	for (u32 i = 0; i < DETAILS; i++)
		if ((details[call->layout][i].loads & loads) != 0)
			wanted |= details[call->layout][i].detail;
	if (wanted == 0)
		return;
	net_need(call->event, wanted);
	put_details(call, wanted);
}

/* --- and back --- */

bool net_changed(const struct net_call *call, enum net_layout layout, struct net_address *ret_user)
{
	struct net_address now = call->user;
	const u8 *ip, *port;

	if (layout == NET_WIN_SOCK_ADDR) {
		ip = call->context.win_sock_addr.user_ip;
		port = call->context.win_sock_addr.user_port;
	} else if (layout == NET_LNX_SOCK_ADDR) {
		ip = now.family == NET_IP4 ? call->context.lnx_sock_addr.user_ip4
					   : call->context.lnx_sock_addr.user_ip6;
		port = call->context.lnx_sock_addr.user_port;
	} else {
		return false;
	}
	memcpy(now.ip, ip, ip_len(&now));
	now.port = get_port(port);
	if (now.port == call->user.port && memcmp(now.ip, call->user.ip, sizeof(now.ip)) == 0)
		return false;
	*ret_user = now;
	return true;
}

bool net_is_redirected(UNUSED void *arg, void *context)
{
	struct net_address user;

	return net_changed(net_call_of(context), NET_WIN_SOCK_ADDR, &user);
}

/* --- test runs --- */

struct made_call {
	struct net_event event;
	struct net_call call;
	u32 data_size;
	u8 data[];
};

static struct made_call *made_of(void *context)
{
	return CONTAINER_OF(net_call_of(context), struct made_call, call);
}

int net_context_create(const u8 *data, size_t data_size, const u8 *ctx, size_t ctx_size,
		       void **ret_context)
{
	struct made_call *made;

	if (ctx_size > sizeof(union net_context) || data_size > UINT32_MAX)
		return ERR_INVAL;
	made = mem_zalloc(sizeof(*made) + data_size);
	if (made == NULL)
		return ERR_NOMEM;
	made->call.event = &made->event;
	made->event.process = os_process_id();
	made->event.thread = os_thread_id();
	made->data_size = (u32)data_size;
	if (ctx_size > 0)
		memcpy(&made->call.context, ctx, ctx_size);
	if (data_size > 0)
		memcpy(made->data, data, data_size);
	*ret_context = &made->call.context;
	return 0;
}

int net_bind_context_create(const u8 *data, size_t data_size, const u8 *ctx, size_t ctx_size,
			    void **ret_context)
{
	void *context = NULL;
	int r = net_context_create(data, data_size, ctx, ctx_size, &context);

	if (r == 0) {
		struct net_win_bind *bind = context;

		bind->app_id_start = (u64)(uintptr_t)made_of(context)->data;
		bind->app_id_end = bind->app_id_start + data_size;
		*ret_context = context;
	}
	return r;
}

void net_context_destroy(void *context, u8 *data, size_t *data_size, u8 *ctx, size_t *ctx_size)
{
	struct made_call *made = made_of(context);

	*data_size = MIN(*data_size, (size_t)made->data_size);
	if (*data_size > 0)
		memcpy(data, made->data, *data_size);
	*ctx_size = MIN(*ctx_size, sizeof(made->call.context));
	if (*ctx_size > 0)
		memcpy(ctx, &made->call.context, *ctx_size);
	mem_free(made);
}

void net_bind_context_destroy(void *context, u8 *data, size_t *data_size, u8 *ctx, size_t *ctx_size)
{
	struct net_win_bind *bind = context;

	/* Addresses are nobody's business. */
	bind->app_id_start = bind->app_id_end = 0;
	net_context_destroy(context, data, data_size, ctx, ctx_size);
}
