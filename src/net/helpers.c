/* SPDX-License-Identifier: MIT */
/* Helpers of the socket hooks. Programs run in the process that supervises, so all that ask who is
 * at work stand in for the general ones. The context is the caller's own, whatever r1 holds. */
#include "base/str.h"
#include "net/internal.h"

/* ebpf_result_t, as helpers return it: negative. */
#define EBPF_INVALID_ARGUMENT	     6
#define EBPF_OPERATION_NOT_SUPPORTED 18

#define NET_HELPER(name)                                                                           \
	static u64 name(UNUSED u64 r1, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5, \
			void *context)

static const struct net_event *event_of(void *context)
{
	return net_call_of(context)->event;
}

static u64 ask(void *context, enum net_question question)
{
	const struct net_event *event = event_of(context);

	return event->asker == NULL ? 0 : event->asker->number(event->asker_arg, question);
}

NET_HELPER(pid_tgid)
{
	const struct net_event *event = event_of(context);

	return (u64)event->process << 32 | event->thread;
}

NET_HELPER(logon_id)
{
	return ask(context, NET_LOGON_ID);
}

NET_HELPER(is_admin)
{
	return ask(context, NET_IS_ADMIN);
}

NET_HELPER(start_key)
{
	return ask(context, NET_PROCESS_START_KEY);
}

NET_HELPER(thread_created)
{
	return ask(context, NET_THREAD_CREATED);
}

NET_HELPER(socket_cookie)
{
	return ask(context, NET_SOCKET_COOKIE);
}

NET_HELPER(netns_cookie)
{
	return ask(context, NET_NETNS_COOKIE);
}

NET_HELPER(uid_gid)
{
	return ask(context, NET_UID_GID);
}

NET_HELPER(flow_id)
{
	return event_of(context)->flow;
}

NET_HELPER(get_retval)
{
	return (u64)(s64)event_of(context)->retval;
}

/* --- with arguments --- */

static u64 set_retval(u64 retval, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		      void *context)
{
	s32 value = (s32)retval;

	if (value > 0 || value < -4095)
		return (u64)ERR_INVAL;
	net_call_of(context)->event->retval = value;
	return 0;
}

static u64 task_name(u64 buf, u64 size, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5, void *context)
{
	const struct net_event *event = event_of(context);
	char *name = (char *)(uintptr_t)buf;

	if (!ext_check_memory(context, buf, (u32)size, true))
		return (u64)ERR_FAULT;
	if ((u32)size == 0)
		return (u64)ERR_INVAL;
	memset(name, 0, (u32)size);
	if (event->asker != NULL)
		event->asker->name(event->asker_arg, name, (u32)size);
	return 0;
}

static u64 set_redirect_context(UNUSED u64 ctx, u64 data, u64 size, UNUSED u64 r4, UNUSED u64 r5,
				void *context)
{
	struct net_event *event = net_call_of(context)->event;

	if (!ext_check_memory(context, data, (u32)size, false))
		return 0;
	if (event->operation != NET_CONNECT && event->operation != NET_SEND)
		return (u64)-EBPF_OPERATION_NOT_SUPPORTED;
	if ((u32)size == 0 || (u32)size > sizeof(event->redirect_context))
		return (u64)-EBPF_INVALID_ARGUMENT;
	memcpy(event->redirect_context, (const void *)(uintptr_t)data, (u32)size);
	event->redirect_context_len = (u32)size;
	return 0;
}

/* bpf_sock_addr_network_context_t */
struct network_context {
	u32 version, interface_type, tunnel_type;
	u64 next_hop_interface_luid;
	u32 sub_interface_index;
};

static u64 get_network_context(UNUSED u64 ctx, u64 out, u64 size, UNUSED u64 r4, UNUSED u64 r5,
			       void *context)
{
	struct net_event *event = net_call_of(context)->event;
	struct network_context network;

	memset(&network, 0, sizeof(network));
	if (!ext_check_memory(context, out, (u32)size, true))
		return 0;
	if (event->operation != NET_CONNECT_AUTHORIZE)
		return (u64)-EBPF_OPERATION_NOT_SUPPORTED;
	if ((u32)size < sizeof(network))
		return (u64)-EBPF_INVALID_ARGUMENT;
	net_need(event, NET_INTERFACE_LUID);
	network.version = 1;
	network.interface_type = (u32)ask(context, NET_INTERFACE_TYPE);
	network.next_hop_interface_luid = event->interface_luid;
	memcpy((void *)(uintptr_t)out, &network, sizeof(network));
	return 0;
}

/* --- tables --- */

struct net_program {
	enum dialect dialect;
	const char *type;
	u32 helper_count;
	const struct ext_helper *helpers;
	const struct ext_helper_addresses *addresses;
	int (*context_create)(const u8 *data, size_t data_size, const u8 *ctx, size_t ctx_size,
			      void **ret_context);
	void (*context_destroy)(void *context, u8 *data, size_t *data_size, u8 *ctx,
				size_t *ctx_size);
};

#define ROW(id, text, implicit, ...)                                                    \
	{                                                                               \
		EXT_HEADER(struct ext_helper, implicit_context), id, text, RET_INTEGER, \
			{ __VA_ARGS__ }, 0, implicit                                    \
	}
#define ADDRESSES(table)                                                                      \
	{                                                                                     \
		EXT_HEADER(struct ext_helper_addresses, addresses), ARRAY_COUNT(table), table \
	}

static const struct ext_helper windows_general[] = {
	ROW(19, "bpf_get_current_pid_tgid", true, ARG_NONE),
	ROW(20, "bpf_get_current_logon_id", false, ARG_CTX),
	ROW(21, "bpf_is_current_admin", false, ARG_CTX),
	ROW(26, "bpf_get_socket_cookie", false, ARG_CTX),
	ROW(33, "bpf_get_current_process_start_key", true, ARG_NONE),
	ROW(34, "bpf_get_current_thread_create_time", true, ARG_NONE),
};
static const helper_fn windows_functions[] = { pid_tgid,      logon_id,	 is_admin,
					       socket_cookie, start_key, thread_created };
static const struct ext_helper_addresses windows_addresses = ADDRESSES(windows_functions);

static const struct ext_helper sock_addr_helpers[] = {
	ROW(0x10000, "bpf_sock_addr_get_current_pid_tgid", false, ARG_CTX),
	ROW(0x10001, "bpf_sock_addr_set_redirect_context", false, ARG_CTX, ARG_READ_MEM, ARG_SIZE),
	ROW(0x10002, "bpf_sock_addr_get_network_context", false, ARG_CTX, ARG_WRITE_MEM, ARG_SIZE),
};
static const helper_fn sock_addr_functions[] = { pid_tgid, set_redirect_context,
						 get_network_context };
static const struct ext_helper_addresses sock_addr_addresses = ADDRESSES(sock_addr_functions);

static const struct ext_helper sock_ops_helpers[] = {
	ROW(0x10000, "bpf_sock_ops_get_flow_id", false, ARG_CTX),
};
static const helper_fn sock_ops_functions[] = { flow_id };
static const struct ext_helper_addresses sock_ops_addresses = ADDRESSES(sock_ops_functions);

static const struct ext_helper linux_general[] = {
	ROW(14, "bpf_get_current_pid_tgid", true, ARG_NONE),
	ROW(15, "bpf_get_current_uid_gid", true, ARG_NONE),
	ROW(16, "bpf_get_current_comm", true, ARG_WRITE_MEM, ARG_SIZE),
	ROW(46, "bpf_get_socket_cookie", false, ARG_CTX),
	ROW(122, "bpf_get_netns_cookie", false, ARG_CTX_OR_NULL),
	ROW(186, "bpf_get_retval", true, ARG_NONE),
	ROW(187, "bpf_set_retval", true, ARG_ANYTHING),
};
static const helper_fn linux_functions[] = { pid_tgid,	   uid_gid,    task_name, socket_cookie,
					     netns_cookie, get_retval, set_retval };
static const struct ext_helper_addresses linux_addresses = ADDRESSES(linux_functions);

static const struct net_program programs[] = {
	{ DIALECT_WINDOWS, "bind", 0, NULL, NULL, net_bind_context_create,
	  net_bind_context_destroy },
	{ DIALECT_WINDOWS, "sock_addr", ARRAY_COUNT(sock_addr_helpers), sock_addr_helpers,
	  &sock_addr_addresses, net_context_create, net_context_destroy },
	{ DIALECT_WINDOWS, "sockops", ARRAY_COUNT(sock_ops_helpers), sock_ops_helpers,
	  &sock_ops_addresses, net_context_create, net_context_destroy },
	{ DIALECT_LINUX, "cgroup_sock_addr", 0, NULL, NULL, net_context_create,
	  net_context_destroy },
	{ DIALECT_LINUX, "sock_ops", 0, NULL, NULL, net_context_create, net_context_destroy },
};

static int register_program(struct runtime *rt, const struct net_program *program,
			    struct provider **ret_provider, struct error *err)
{
	bool windows = program->dialect == DIALECT_WINDOWS;
	const struct spec_prog_type *row = spec_find_type(NULL, program->dialect, program->type);
	const struct ext_context context = { row->ctx->size, row->ctx->data, row->ctx->data_end,
					     row->ctx->data_meta };
	const struct ext_program_type type = { EXT_HEADER(struct ext_program_type, is_privileged),
					       row->name,
					       &context,
					       row->guid,
					       row->number,
					       0 };
	const struct ext_program_info info = { EXT_HEADER(struct ext_program_info, global_helpers),
					       &type,
					       program->helper_count,
					       program->helpers,
					       windows ? ARRAY_COUNT(windows_general)
						       : ARRAY_COUNT(linux_general),
					       windows ? windows_general : linux_general };
	const struct ext_program_data data = {
		EXT_HEADER(struct ext_program_data, capabilities),
		&info,
		program->addresses,
		windows ? &windows_addresses : &linux_addresses,
		program->context_create,
		program->context_destroy,
		0,
		0,
	};

	return runtime_register_program(rt, &data, ret_provider, err);
}

int net_register_programs(struct runtime *rt, struct provider *ret_providers[NET_PROGRAMS],
			  struct error *err)
{
	u32 count = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_COUNT(programs); i++)
		if (programs[i].dialect == runtime_dialect(rt))
			r = register_program(rt, &programs[i], &ret_providers[count++], err);
	return r;
}
