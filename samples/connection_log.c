/* SPDX-License-Identifier: MIT */
/* Who connects where: a line for each connection, and a table.
 *
 * Teaches: the helper that tells which process is at work; a hook that sees addresses as they are
 * when all redirections have been made; a value that is changed in place.
 *
 * docs/connection-log.md shows it at work. */
#include "bpf_endian.h"
#include "bpf_helpers.h"

struct connection {
	uint32_t process;
	uint16_t port; /* in this machine's byte order */
	uint16_t family;
	uint8_t ip[16]; /* IPv4: the first four */
};

struct connections {
	uint64_t count;
	uint64_t last; /* nanoseconds since the machine started */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, struct connection);
	__type(value, struct connections);
	__uint(max_entries, 4096);
} made SEC(".maps");

static __always_inline int note(const struct connection *connection)
{
	struct connections *known = bpf_map_lookup_elem(&made, connection);
	struct connections first = { .count = 1, .last = bpf_ktime_get_boot_ns() };

	if (known != NULL) {
		__sync_fetch_and_add(&known->count, 1);
		known->last = first.last;
	} else {
		bpf_map_update_elem(&made, connection, &first, BPF_ANY);
	}
	bpf_printk("%u connects to port %u", connection->process, connection->port);
	return BPF_SOCK_ADDR_VERDICT_PROCEED;
}

static __always_inline void fill(const bpf_sock_addr_t *ctx, struct connection *connection)
{
	connection->process = (uint32_t)(bpf_get_current_pid_tgid() >> 32);
	connection->port = bpf_ntohs(ctx->user_port);
	connection->family = (uint16_t)ctx->family;
}

SEC("cgroup/connect_authorization4")
int LogConnect4(bpf_sock_addr_t *ctx)
{
	struct connection connection = { 0 };

	fill(ctx, &connection);
	memcpy(connection.ip, &ctx->user_ip4, sizeof(ctx->user_ip4));
	return note(&connection);
}

SEC("cgroup/connect_authorization6")
int LogConnect6(bpf_sock_addr_t *ctx)
{
	struct connection connection = { 0 };

	fill(ctx, &connection);
	memcpy(connection.ip, ctx->user_ip6, sizeof(connection.ip));
	return note(&connection);
}
