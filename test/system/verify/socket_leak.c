// SPDX-License-Identifier: MIT
// A socket that was found is not released on one path.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("tc")
int SocketLeak(struct __sk_buff *ctx)
{
	struct bpf_sock_tuple tuple = {};
	struct bpf_sock *sock = bpf_sk_lookup_tcp(ctx, &tuple, sizeof(tuple.ipv4), -1, 0);

	if (!sock)
		return 0;
	if (sock->family == 2)
		return 2;
	bpf_sk_release(sock);
	return 0;
} // HERE
