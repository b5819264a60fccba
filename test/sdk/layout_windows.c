/* SPDX-License-Identifier: MIT */
/* Windows dialect: where the compiler puts the fields of contexts. */
#include "bpf_helpers.h"
#include "ebpf_netevent_hooks.h"
#include "ebpf_ntos_hooks.h"
#include "net/if_ether.h"
#include "net/ip.h"
#include "net/tcp.h"
#include "net/udp.h"
#include "sample_ext_helpers.h"
#include "layout.h"

#define FIELD(type, name) LAYOUT_FIELD(type, name, name)
const struct layout layouts[] SEC("layout") = {
	FIELD(bind_md_t, app_id_start),
	FIELD(bind_md_t, app_id_end),
	FIELD(bind_md_t, process_id),
	FIELD(bind_md_t, socket_address),
	FIELD(bind_md_t, socket_address_length),
	FIELD(bind_md_t, operation),
	FIELD(bind_md_t, protocol),
	LAYOUT_END(bind_md_t),
	FIELD(xdp_md_t, data),
	FIELD(xdp_md_t, data_end),
	FIELD(xdp_md_t, data_meta),
	FIELD(xdp_md_t, ingress_ifindex),
	LAYOUT_END(xdp_md_t),
	FIELD(bpf_sock_addr_t, family),
	LAYOUT_FIELD(bpf_sock_addr_t, msg_src_ip, msg_src_ip6),
	FIELD(bpf_sock_addr_t, msg_src_port),
	LAYOUT_FIELD(bpf_sock_addr_t, user_ip, user_ip6),
	FIELD(bpf_sock_addr_t, user_port),
	FIELD(bpf_sock_addr_t, protocol),
	FIELD(bpf_sock_addr_t, compartment_id),
	FIELD(bpf_sock_addr_t, interface_luid),
	LAYOUT_END(bpf_sock_addr_t),
	FIELD(bpf_sock_ops_t, op),
	FIELD(bpf_sock_ops_t, family),
	LAYOUT_FIELD(bpf_sock_ops_t, local_ip, local_ip6),
	FIELD(bpf_sock_ops_t, local_port),
	LAYOUT_FIELD(bpf_sock_ops_t, remote_ip, remote_ip6),
	FIELD(bpf_sock_ops_t, remote_port),
	FIELD(bpf_sock_ops_t, protocol),
	FIELD(bpf_sock_ops_t, compartment_id),
	FIELD(bpf_sock_ops_t, interface_luid),
	LAYOUT_END(bpf_sock_ops_t),
	FIELD(netevent_event_md_t, data_meta),
	FIELD(netevent_event_md_t, data),
	FIELD(netevent_event_md_t, data_end),
	LAYOUT_END(netevent_event_md_t),
	FIELD(process_md_t, command_start),
	FIELD(process_md_t, command_end),
	FIELD(process_md_t, process_id),
	FIELD(process_md_t, parent_process_id),
	FIELD(process_md_t, creating_process_id),
	FIELD(process_md_t, creating_thread_id),
	FIELD(process_md_t, creation_time),
	FIELD(process_md_t, exit_time),
	FIELD(process_md_t, process_exit_code),
	FIELD(process_md_t, operation),
	FIELD(process_md_t, token_sid_size),
	FIELD(process_md_t, token_sid),
	LAYOUT_END(process_md_t),
	FIELD(sample_program_context_t, data_start),
	FIELD(sample_program_context_t, data_end),
	FIELD(sample_program_context_t, uint32_data),
	FIELD(sample_program_context_t, uint16_data),
	FIELD(sample_program_context_t, helper_data_1),
	FIELD(sample_program_context_t, helper_data_2),
	LAYOUT_END(sample_program_context_t),
};

/* What the wire and the loader fix. */
_Static_assert(sizeof(ETHERNET_HEADER) == 14 && offsetof(ETHERNET_HEADER, Type) == 12, "ethernet");
_Static_assert(sizeof(IPV4_HEADER) == 20 && offsetof(IPV4_HEADER, frag_off) == 6 &&
		       offsetof(IPV4_HEADER, DestinationAddress) == 16,
	       "ipv4");
_Static_assert(sizeof(IPV6_HEADER) == 40 && offsetof(IPV6_HEADER, NextHeader) == 6 &&
		       offsetof(IPV6_HEADER, DestinationAddress) == 24,
	       "ipv6");
_Static_assert(sizeof(UDP_HEADER) == 8 && FIELD_OFFSET(UDP_HEADER, checksum) == 6, "udp");
_Static_assert(sizeof(struct tcphdr) == 20 && FIELD_OFFSET(struct tcphdr, window) == 14, "tcp");
_Static_assert(sizeof(ebpf_map_definition_in_file_t) == 32, "legacy map record");
_Static_assert(sizeof(bpf_sock_addr_network_context_t) == 32 &&
		       offsetof(bpf_sock_addr_network_context_t, next_hop_interface_luid) == 16,
	       "network context");
