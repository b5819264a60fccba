/* SPDX-License-Identifier: MIT */
/* What the files of net/ share: contexts as programs see them, one event on its way through the
 * programs of a hook. */
#pragma once

#include "net/net.h"

#define NET_AF_INET	     2
#define NET_AF_INET6_WINDOWS 23
#define NET_AF_INET6_LINUX   10

/* bind_md_t */
struct net_win_bind {
	u64 app_id_start, app_id_end;
	u64 process_id;
	u8 address[16]; /* the beginning of a SOCKADDR */
	u8 address_len;
	u32 operation;
	u8 protocol;
};
_Static_assert(offsetof(struct net_win_bind, operation) == 44 && sizeof(struct net_win_bind) == 56,
	       "bind_md_t");

/* bpf_sock_addr_t */
struct net_win_sock_addr {
	u32 family;
	u8 source_ip[16];
	u8 source_port[2]; /* in network byte order */
	u8 pad[2];
	u8 user_ip[16];
	u8 user_port[2];
	u32 protocol;
	u32 compartment;
	u64 interface_luid;
};
_Static_assert(offsetof(struct net_win_sock_addr, user_ip) == 24 &&
		       offsetof(struct net_win_sock_addr, protocol) == 44 &&
		       sizeof(struct net_win_sock_addr) == 64,
	       "bpf_sock_addr_t");

/* bpf_sock_ops_t */
struct net_win_sock_ops {
	u32 op, family;
	u8 local_ip[16];
	u32 local_port;
	u8 remote_ip[16];
	u32 remote_port;
	u8 protocol;
	u32 compartment;
	u64 interface_luid;
};
_Static_assert(offsetof(struct net_win_sock_ops, remote_ip) == 28 &&
		       offsetof(struct net_win_sock_ops, compartment) == 52 &&
		       sizeof(struct net_win_sock_ops) == 64,
	       "bpf_sock_ops_t");

/* Linux's struct bpf_sock_addr */
struct net_lnx_sock_addr {
	u32 user_family;
	u8 user_ip4[4], user_ip6[16];
	u8 user_port[4]; /* the first two, in network byte order */
	u32 family, type, protocol;
	u8 source_ip4[4], source_ip6[16];
	u8 pad[4];
	u64 sk;
};
_Static_assert(offsetof(struct net_lnx_sock_addr, sk) == 64 &&
		       sizeof(struct net_lnx_sock_addr) == 72,
	       "bpf_sock_addr");

/* Linux's struct bpf_sock_ops, as far as it is known outside of a kernel. */
struct net_lnx_sock_ops {
	u32 op, args[4];
	u32 family;
	u8 remote_ip4[4], local_ip4[4];
	u8 remote_ip6[16], local_ip6[16];
	u8 remote_port[4]; /* the last two, in network byte order */
	u32 local_port;	   /* as a number */
	u8 rest[224 - 72];
};
_Static_assert(offsetof(struct net_lnx_sock_ops, local_port) == 68 &&
		       sizeof(struct net_lnx_sock_ops) == 224,
	       "bpf_sock_ops");

enum net_layout {
	NET_WIN_BIND,
	NET_WIN_SOCK_ADDR,
	NET_WIN_SOCK_OPS,
	NET_LNX_SOCK_ADDR,
	NET_LNX_SOCK_OPS,
};

/* An event as one hook's programs meet it. */
struct net_call {
	struct net_event *event;
	enum net_layout layout;
	struct net_address user; /* what the event is about, as the context had it at first */
	struct ctx_header header;
	union net_context {
		struct net_win_bind win_bind;
		struct net_win_sock_addr win_sock_addr;
		struct net_win_sock_ops win_sock_ops;
		struct net_lnx_sock_addr lnx_sock_addr;
		struct net_lnx_sock_ops lnx_sock_ops;
	} context;
};
_Static_assert(offsetof(struct net_call, context) ==
		       offsetof(struct net_call, header) + sizeof(struct ctx_header),
	       "the header is in front of the context");

static inline struct net_call *net_call_of(void *context)
{
	return CONTAINER_OF(context, struct net_call, context);
}

/* --- contexts.c --- */

/* IPv4 in the clothes of IPv6. */
bool net_is_mapped(const struct net_address *address);
void net_unmap(struct net_address *address);
void net_map(struct net_address *address);

/* All but details. event and layout are in call. */
void net_fill_context(struct net_call *call);
/* Has the event know these. */
void net_need(struct net_event *event, u32 details);
/* struct hook_options' prepare: details, as far as the program may load them. */
void net_fill_details(void *arg, void *context, u64 loads);
/* What programs have made of the address; false: what it was. */
bool net_changed(const struct net_call *call, enum net_layout layout, struct net_address *ret_user);
/* struct hook_options' done, for contexts of NET_WIN_SOCK_ADDR. */
bool net_is_redirected(void *arg, void *context);
/* For test runs: struct ext_program_data's. */
int net_context_create(const u8 *data, size_t data_size, const u8 *ctx, size_t ctx_size,
		       void **ret_context);
int net_bind_context_create(const u8 *data, size_t data_size, const u8 *ctx, size_t ctx_size,
			    void **ret_context);
void net_context_destroy(void *context, u8 *data, size_t *data_size, u8 *ctx, size_t *ctx_size);
void net_bind_context_destroy(void *context, u8 *data, size_t *data_size, u8 *ctx,
			      size_t *ctx_size);

/* --- helpers.c --- */

#define NET_PROGRAMS 3 /* types of a dialect, at most */
/* ret_providers: zeroed; also when it fails those that are set have to be unregistered. */
int net_register_programs(struct runtime *rt, struct provider *ret_providers[NET_PROGRAMS],
			  struct error *err) MUST_CHECK;
