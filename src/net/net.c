/* SPDX-License-Identifier: MIT */
/* Which hooks there are, and an event's way through their programs. */
#include "base/mem.h"
#include "base/str.h"
#include "net/internal.h"

/* No verdict has this number: the chain does not stop. */
#define GOES_ON 0xffffffffu

enum { BIND_PERMIT_SOFT, BIND_DENY, BIND_REDIRECT, BIND_PERMIT_HARD };
static const u32 bind_order[] = { BIND_PERMIT_SOFT, BIND_PERMIT_HARD, BIND_REDIRECT, BIND_DENY };
static const struct hook_verdicts bind_verdicts = { .order = bind_order,
						    .count = ARRAY_COUNT(bind_order),
						    .stop = BIND_DENY,
						    .other = BIND_DENY,
						    .nothing = BIND_PERMIT_SOFT };

enum { REJECT, PROCEED_SOFT, PROCEED_HARD };
static const u32 sock_addr_order[] = { PROCEED_SOFT, PROCEED_HARD, REJECT };
static const struct hook_verdicts sock_addr_verdicts = { .order = sock_addr_order,
							 .count = ARRAY_COUNT(sock_addr_order),
							 .stop = REJECT,
							 .other = REJECT,
							 .nothing = PROCEED_SOFT };

/* Linux: bit 0 permits; all programs run. Bit 1, "without CAP_NET_BIND_SERVICE", gives no right
 * here: what a process may do is its own. */
static const u32 linux_order[] = { 1, 3, 2, 0 };
static const struct hook_verdicts linux_verdicts = { .order = linux_order,
						     .count = ARRAY_COUNT(linux_order),
						     .stop = GOES_ON,
						     .other = 0,
						     .nothing = 1 };

/* NET_NO_FAMILY: for both. */
struct hook_row {
	enum dialect dialect;
	enum net_operation operation;
	enum net_family family;
	const char *type, *attach;
	enum net_layout layout;
	enum hook_mode mode;
	const struct hook_verdicts *verdicts; /* NULL: what programs say changes nothing */
};

#define W_ADDR_ONE(operation, family, attach, mode)                                               \
	{                                                                                         \
		DIALECT_WINDOWS, operation, family, "sock_addr", attach, NET_WIN_SOCK_ADDR, mode, \
			&sock_addr_verdicts                                                       \
	}
#define W_ADDR(operation, text, mode)                               \
	W_ADDR_ONE(operation, NET_IP4, "cgroup_inet4_" text, mode), \
		W_ADDR_ONE(operation, NET_IP6, "cgroup_inet6_" text, mode)
#define W_OPS(operation)                                                                 \
	{                                                                                \
		DIALECT_WINDOWS, operation, NET_NO_FAMILY, "sockops", "cgroup_sock_ops", \
			NET_WIN_SOCK_OPS, HOOK_SINGLE_EACH, NULL                         \
	}
#define L_ADDR(operation, four, six)                                                           \
	{ DIALECT_LINUX, operation,	    NET_IP4,	"cgroup_sock_addr",                    \
	  four,		 NET_LNX_SOCK_ADDR, HOOK_MULTI, &linux_verdicts },                     \
	{                                                                                      \
		DIALECT_LINUX, operation, NET_IP6, "cgroup_sock_addr", six, NET_LNX_SOCK_ADDR, \
			HOOK_MULTI, &linux_verdicts                                            \
	}
#define L_OPS(operation)                                                                \
	{                                                                               \
		DIALECT_LINUX, operation, NET_NO_FAMILY, "sock_ops", "cgroup_sock_ops", \
			NET_LNX_SOCK_OPS, HOOK_MULTI, NULL                              \
	}

/* Rows of one attach type stand together: they share a hook. */
static const struct hook_row rows[] = {
	{ DIALECT_WINDOWS, NET_BIND, NET_NO_FAMILY, "bind", "bind", NET_WIN_BIND, HOOK_SINGLE,
	  &bind_verdicts },
	W_ADDR(NET_BIND, "bind", HOOK_MULTI),
	/* What is sent without a connection is one of a moment. */
	W_ADDR_ONE(NET_CONNECT, NET_IP4, "cgroup_inet4_connect", HOOK_MULTI),
	W_ADDR_ONE(NET_SEND, NET_IP4, "cgroup_inet4_connect", HOOK_MULTI),
	W_ADDR_ONE(NET_CONNECT, NET_IP6, "cgroup_inet6_connect", HOOK_MULTI),
	W_ADDR_ONE(NET_SEND, NET_IP6, "cgroup_inet6_connect", HOOK_MULTI),
	W_ADDR(NET_CONNECT_AUTHORIZE, "connect_authorization", HOOK_MULTI),
	W_ADDR(NET_LISTEN, "listen", HOOK_SINGLE_EACH),
	W_ADDR(NET_ACCEPT, "recv_accept", HOOK_SINGLE_EACH),
	W_OPS(NET_ESTABLISHED_ACTIVE),
	W_OPS(NET_ESTABLISHED_PASSIVE),
	W_OPS(NET_DELETED),
	L_ADDR(NET_BIND, "cgroup_inet4_bind", "cgroup_inet6_bind"),
	L_ADDR(NET_CONNECT, "cgroup_inet4_connect", "cgroup_inet6_connect"),
	L_ADDR(NET_SEND, "cgroup_udp4_sendmsg", "cgroup_udp6_sendmsg"),
	L_OPS(NET_ESTABLISHED_ACTIVE),
	L_OPS(NET_ESTABLISHED_PASSIVE),
};

struct net {
	struct runtime *rt;
	enum dialect dialect;
	struct provider *programs[NET_PROGRAMS];
	struct hook *hooks[ARRAY_COUNT(rows)]; /* NULL: of the other dialect */
};

static bool shares_hook(size_t i)
{
	return i > 0 && rows[i].dialect == rows[i - 1].dialect &&
	       str_eq(rows[i].attach, rows[i - 1].attach);
}

static bool wants_done(const struct hook_row *row)
{
	return row->dialect == DIALECT_WINDOWS &&
	       (row->operation == NET_CONNECT || row->operation == NET_SEND);
}

static int make_hook(struct net *net, size_t i, struct error *err)
{
	const struct hook_row *row = &rows[i];
	const struct spec_attach_type *attach = spec_find_attach(NULL, row->dialect, row->attach);
	const struct spec_prog_type *type = spec_find_type(NULL, row->dialect, row->type);
	struct hook_options options = {
		.size = sizeof(options),
		.mode = row->mode,
		.has_param = row->mode != HOOK_SINGLE,
		.link_type = row->mode == HOOK_SINGLE ? EXT_LINK_PLAIN : EXT_LINK_CGROUP,
		.verdicts = row->verdicts,
		.done = wants_done(row) ? net_is_redirected : NULL,
		.prepare = net_fill_details,
	};

	if (attach == NULL || type == NULL)
		return error_set(err, ERR_NOENT, "no attach type %s", row->attach);
	options.attach_type = attach->guid;
	options.attach_number = attach->number;
	options.prog_type = type->guid;
	return hook_new(net->rt, &options, &net->hooks[i], err);
}

int net_start(struct runtime *rt, struct net **ret_net, struct error *err)
{
	struct net *net = mem_zalloc(sizeof(*net));
	int r;

	if (net == NULL)
		return error_set(err, ERR_NOMEM, "no memory for the hooks of sockets");
	net->rt = rt;
	net->dialect = runtime_dialect(rt);
	r = net_register_programs(rt, net->programs, err);
	for (size_t i = 0; r == 0 && i < ARRAY_COUNT(rows); i++)
		if (rows[i].dialect == net->dialect && !shares_hook(i))
			r = make_hook(net, i, err);
		else if (rows[i].dialect == net->dialect)
			net->hooks[i] = net->hooks[i - 1];
	if (r < 0) {
		net_stop(net);
		return r;
	}
	*ret_net = net;
	return 0;
}

void net_stop(struct net *net)
{
	if (net == NULL)
		return;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if (!shares_hook(i))
			hook_free(net->hooks[i]);
	for (size_t i = 0; i < ARRAY_COUNT(net->programs); i++)
		runtime_unregister(net->rt, net->programs[i]);
	mem_free(net);
}

bool net_has_hook(const struct net *net, const struct spec_attach_type *attach)
{
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if (rows[i].dialect == net->dialect && attach->dialect == net->dialect &&
		    str_eq(rows[i].attach, attach->name))
			return true;
	return false;
}

static bool is_for(const struct net *net, size_t i, enum net_operation operation,
		   enum net_family family)
{
	return rows[i].dialect == net->dialect && rows[i].operation == operation &&
	       (rows[i].family == NET_NO_FAMILY || rows[i].family == family);
}

bool net_is_used(const struct net *net, enum net_operation operation, enum net_family family)
{
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if (is_for(net, i, operation, family) && hook_is_used(net->hooks[i]))
			return true;
	return false;
}

/* --- events --- */

/* What the event is about. */
static struct net_address *user_of(struct net_event *event)
{
	return event->operation == NET_BIND || event->operation == NET_LISTEN ? &event->local
									      : &event->remote;
}

static bool allows(const struct hook_row *row, u32 verdict)
{
	if (row->verdicts == NULL)
		return true;
	if (row->dialect == DIALECT_LINUX)
		return (verdict & 1) != 0;
	return row->verdicts == &bind_verdicts ? verdict != BIND_DENY : verdict != REJECT;
}

static bool may_redirect(const struct hook_row *row)
{
	return row->operation == NET_CONNECT || row->operation == NET_SEND ||
	       (row->dialect == DIALECT_LINUX && row->operation == NET_BIND);
}

static bool run_hook(struct net *net, size_t i, struct net_call *call)
{
	const struct hook_row *row = &rows[i];
	struct net_event *event = call->event;
	bool linux_ = row->dialect == DIALECT_LINUX;
	u32 verdict = 0;
	int ran;

	call->layout = row->layout;
	net_fill_context(call);
	if (hook_uses_param(net->hooks[i]))
		net_need(event, NET_COMPARTMENT);
	ran = hook_run(net->hooks[i], event->compartment, &call->context, 0, &verdict);
	if (ran < 0)
		verdict = row->verdicts == NULL ? 0 : row->verdicts->other;
	if (ran == 0)
		return true;
	if (may_redirect(row) && net_changed(call, row->layout, &call->user))
		event->redirected = true;
	if (!allows(row, verdict)) {
		if (event->retval >= 0)
			event->retval = linux_ ? ERR_PERM : ERR_ACCES;
		return false;
	}
	return row->verdicts == NULL || event->retval >= 0;
}

bool net_permits(struct net *net, struct net_event *event)
{
	struct net_address *user = user_of(event);
	struct net_call call;
	bool mapped, permitted = true;

	call.event = event;
	call.user = *user;
	event->retval = 0;
	/* The original's programs for IPv4 see what is IPv4, whatever it wears. */
	mapped = net->dialect == DIALECT_WINDOWS && net_is_mapped(user);
	if (mapped)
		net_unmap(&call.user);
	for (size_t i = 0; permitted && i < ARRAY_COUNT(rows); i++)
		if (is_for(net, i, event->operation, call.user.family) &&
		    hook_is_used(net->hooks[i]))
			permitted = run_hook(net, i, &call);
	if (mapped)
		net_map(&call.user);
	if (event->redirected)
		*user = call.user;
	return permitted;
}
