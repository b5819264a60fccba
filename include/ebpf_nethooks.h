/* SPDX-License-Identifier: MIT */
/* Contexts, verdicts and helpers of the network hooks, Windows dialect.
 *
 * The runtime keeps 64 bytes of its own in front of every context. A program never sees them;
 * whoever calls programs with a context of its own (an extension, a test) must reserve them. */
#pragma once

#include <stdint.h>

#include "ebpf_structs.h"

/* Extensions' headers declare a helper's type with this, and then its name as a number cast to that
 * type. */
#define EBPF_HELPER(return_type, name, args) typedef return_type(*const name##_t) args

/* --- XDP: a packet as early as possible --- */

typedef struct xdp_md {
	void *data;
	void *data_end;
	uint64_t data_meta;
	uint32_t ingress_ifindex;
} xdp_md_t;

/* Not Linux's numbers: 1 passes here and drops there. */
typedef enum _xdp_action {
	XDP_PASS = 1,
	XDP_DROP = 2,
	XDP_TX = 3,	  /* back out of the interface that it came from */
	XDP_REDIRECT = 4, /* where bpf_redirect_map said */
} xdp_action_t;

typedef xdp_action_t xdp_hook_t(xdp_md_t *context);

/* Helpers of one program type are numbered from here + 1. */
#define XDP_EXT_HELPER_FN_BASE	 0xFFFF
#define BPF_FUNC_xdp_adjust_head (XDP_EXT_HELPER_FN_BASE + 1)

/* Moves the packet's start; every pointer into the packet must be computed anew. */
ORIEL_HELPER(int, bpf_xdp_adjust_head, (xdp_md_t * ctx, int delta), BPF_FUNC_xdp_adjust_head);

/* --- bind: a socket gets or gives up a local address --- */

typedef enum _bind_operation {
	BIND_OPERATION_BIND = 0,
	BIND_OPERATION_POST_BIND = 1, /* the port is known */
	BIND_OPERATION_UNBIND = 2,
} bind_operation_t;

typedef struct _bind_md {
	uint8_t *app_id_start; /* the application's path, UTF-16 */
	uint8_t *app_id_end;
	uint64_t process_id;
	uint8_t socket_address[16];
	uint8_t socket_address_length;
	bind_operation_t operation;
	uint8_t protocol; /* IPPROTO_ */
} bind_md_t;

typedef enum _bind_action {
	BIND_PERMIT_SOFT = 0, /* other filters may still refuse */
	BIND_DENY = 1,
	BIND_REDIRECT = 2,
	BIND_PERMIT_HARD = 3, /* final */
	BIND_PERMIT = BIND_PERMIT_SOFT,
} bind_action_t;

typedef bind_action_t bind_hook_t(bind_md_t *context);

/* --- sock_addr: connect, accept, bind and listen --- */

typedef enum _ebpf_sock_addr_verdict {
	BPF_SOCK_ADDR_VERDICT_REJECT = 0,
	BPF_SOCK_ADDR_VERDICT_PROCEED_SOFT = 1, /* other filters may still refuse */
	BPF_SOCK_ADDR_VERDICT_PROCEED_HARD = 2, /* final */
	BPF_SOCK_ADDR_VERDICT_PROCEED = BPF_SOCK_ADDR_VERDICT_PROCEED_SOFT,
} ebpf_sock_addr_verdict_t;

/* Addresses and ports are in network byte order. */
typedef struct bpf_sock_addr {
	uint32_t family; /* AF_INET 2, AF_INET6 23 */
	struct {
		union {
			uint32_t msg_src_ip4;
			uint32_t msg_src_ip6[4];
		};
		uint16_t msg_src_port;
	};
	struct {
		union {
			uint32_t user_ip4;
			uint32_t user_ip6[4];
		};
		uint16_t user_port;
	};
	uint32_t protocol;
	uint32_t compartment_id;
	uint64_t interface_luid;
} bpf_sock_addr_t;

typedef ebpf_sock_addr_verdict_t sock_addr_hook_t(bpf_sock_addr_t *context);

typedef struct bpf_sock_addr_network_context {
	uint32_t version; /* 1 */
	uint32_t interface_type;
	uint32_t tunnel_type;
	uint64_t next_hop_interface_luid;
	uint32_t sub_interface_index;
} bpf_sock_addr_network_context_t;

#define SOCK_ADDR_EXT_HELPER_FN_BASE 0xFFFF
typedef enum {
	BPF_FUNC_sock_addr_get_current_pid_tgid = SOCK_ADDR_EXT_HELPER_FN_BASE + 1,
	BPF_FUNC_sock_addr_set_redirect_context = SOCK_ADDR_EXT_HELPER_FN_BASE + 2,
	BPF_FUNC_sock_addr_get_network_context = SOCK_ADDR_EXT_HELPER_FN_BASE + 3,
} ebpf_sock_addr_helper_id_t;

/* As bpf_get_current_pid_tgid, which is the newer form. */
ORIEL_HELPER(uint64_t, bpf_sock_addr_get_current_pid_tgid, (const bpf_sock_addr_t *ctx),
	     BPF_FUNC_sock_addr_get_current_pid_tgid);
/* Data for the proxy that the connection is redirected to. */
ORIEL_HELPER(int, bpf_sock_addr_set_redirect_context,
	     (const bpf_sock_addr_t *ctx, void *data, uint32_t data_size),
	     BPF_FUNC_sock_addr_set_redirect_context);
ORIEL_HELPER(int, bpf_sock_addr_get_network_context,
	     (const bpf_sock_addr_t *ctx, bpf_sock_addr_network_context_t *ret, uint32_t ret_size),
	     BPF_FUNC_sock_addr_get_network_context);

/* --- sock_ops: connections come and go --- */

typedef enum _bpf_sock_op_type {
	BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB = 0,
	BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB = 1,
	BPF_SOCK_OPS_CONNECTION_DELETED_CB = 2,
} bpf_sock_op_type_t;

typedef struct _bpf_sock_ops {
	bpf_sock_op_type_t op;
	uint32_t family;
	struct {
		union {
			uint32_t local_ip4;
			uint32_t local_ip6[4];
		};
		uint32_t local_port;
	};
	struct {
		union {
			uint32_t remote_ip4;
			uint32_t remote_ip6[4];
		};
		uint32_t remote_port;
	};
	uint8_t protocol;
	uint32_t compartment_id;
	uint64_t interface_luid;
} bpf_sock_ops_t;

typedef int sock_ops_hook_t(bpf_sock_ops_t *context);

#define SOCK_OPS_EXT_HELPER_FN_BASE   0xFFFF
#define BPF_FUNC_sock_ops_get_flow_id (SOCK_OPS_EXT_HELPER_FN_BASE + 1)

/* The same for every event of one connection. */
ORIEL_HELPER(int64_t, bpf_sock_ops_get_flow_id, (bpf_sock_ops_t * ctx),
	     BPF_FUNC_sock_ops_get_flow_id);
